// Tick all of a list but what comes later, and what the ticked ones take of each money line. The page after says the same.
"use strict";

const francs = (rappen) => `CHF ${(rappen / 100).toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, "'")}`;

for (const form of document.querySelectorAll("[data-ticks]")) {
  const boxes = [...form.querySelectorAll("input[name=case]")];
  const usual = boxes.filter((box) => !("later" in box.dataset));
  const all = form.querySelector("[data-tick-all]");
  const sum = () => {
    all.querySelector("input").checked = usual.length > 0 && usual.every((box) => box.checked);
    for (const line of form.querySelectorAll("[data-line]")) {
      const ticked = [...line.querySelectorAll("input[name=case]:checked")];
      const needs = ticked.reduce((total, box) => total + Number(box.dataset.needs), 0);
      const said = line.querySelector("[data-ticked]");
      said.hidden = ticked.length === 0;
      said.classList.toggle("decisions__over", needs > Number(line.dataset.left));
      said.querySelector("output").textContent = `${ticked.length}, ${francs(needs)}`;
    }
  };
  all.hidden = usual.length < 2;
  all.addEventListener("change", (event) => {
    for (const box of usual) box.checked = event.target.checked;
    sum();
  });
  form.addEventListener("change", sum);
  // What is written beside a row is meant for it.
  form.addEventListener("input", ({ target }) => {
    const box = target.matches(".each") && target.closest("tr").querySelector("input[name=case]");
    if (box && target.value) box.checked = true;
  });
  sum();
}
