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

// What a link leads to opens in the link's place, beside what it is about. What does not come, or comes
// as another page (signed out meanwhile), is followed as the link that it is.
for (const link of document.querySelectorAll("a[data-in-place]")) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.ariaBusy) return;
    link.ariaBusy = "true";
    try {
      const page = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
      const part = document.adoptNode(page.querySelector(link.dataset.inPlace));
      link.replaceWith(part);
      part.querySelector("textarea, select, [tabindex]").focus();
    } catch {
      location.assign(link.href);
    }
  });
}
