// Saves a form by itself a moment after each change: form[data-autosave] names the address, [data-saved] says
// honestly what is saved. What could not be saved is tried again; without this there is a button.
"use strict";

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const said = form.querySelector("[data-saved]");
  let timer = 0;
  let changed = false;
  let busy = false;

  const save = async () => {
    if (busy || !changed || form.dataset.sent) return;
    busy = true;
    changed = false;
    said.textContent = said.dataset.savingText;
    let again = false;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        keepalive: true,
      });
      const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer.ok) said.textContent = said.dataset.savedText.replace("%(time)s", told.saved);
      else if (told.said) said.textContent = told.said; // it is over: trying again would not help
      else again = true;
    } catch {
      again = true; // no connection
    }
    busy = false;
    if (again) {
      changed = true;
      said.textContent = said.dataset.failedText;
    }
    if (changed) timer = setTimeout(save, again ? 10000 : 1500);
  };

  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
}
