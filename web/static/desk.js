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
