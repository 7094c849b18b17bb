// Fields that belong to other outcomes than the chosen one step aside; without this they say so themselves.
"use strict";

for (const form of document.querySelectorAll("[data-outcome-form]")) {
  const show = () => {
    const chosen = form.elements.outcome.value;
    for (const part of form.querySelectorAll("[data-outcomes]")) {
      const away = Boolean(chosen) && !part.dataset.outcomes.split(" ").includes(chosen);
      part.hidden = away;
      for (const input of part.querySelectorAll("input, select, textarea")) input.disabled = away;
    }
  };
  form.addEventListener("change", show);
  show();
}

// The weighted total of the scores as they are picked; the server computes the one that counts.
for (const line of document.querySelectorAll("[data-weights]")) {
  const weights = Object.entries(JSON.parse(line.dataset.weights));
  const form = line.closest("form");
  form.addEventListener("change", () => {
    const scores = weights.map(([name, weight]) => weight * Number(form.elements[name]?.value || NaN));
    const total = scores.reduce((sum, one) => sum + one, 0);
    line.querySelector("output").textContent = Number.isNaN(total) ? "–" : (total / 100).toFixed(2);
  });
}

// What a link leads to opens in the link's place, beside what it is about. Another page than expected (signed
// out meanwhile) is gone to; where no answer comes, nothing that was typed is left, and the link can be pressed again.
for (const link of document.querySelectorAll("a[data-in-place]")) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.ariaBusy) return;
    link.ariaBusy = "true";
    const answer = await fetch(link.href).then((found) => found.text()).catch(() => "");
    link.ariaBusy = null;
    if (!answer) return;
    const part = new DOMParser().parseFromString(answer, "text/html").querySelector(link.dataset.inPlace);
    if (!part) {
      location.assign(link.href);
      return;
    }
    link.replaceWith(document.adoptNode(part));
    part.querySelector("textarea, select, [tabindex]").focus();
  });
}
