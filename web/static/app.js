// Some comforts; every page works without them.
"use strict";

// A form is sent once: a second click finds it on its way. The buttons stay enabled until the browser
// has read which one was pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.matches("[data-download]")) return; // the page stays: what is answered is a file
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
// Coming back by the browser's «back» shows the page as it was left: let it be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// What was written and is saved nowhere: the browser asks before another page takes its place, be it the same
// one in another language. A form that was refused, or comes back with other rows, holds such text from the
// beginning.
const unsaved = new Set();
const written = (form) => form?.matches("form[method=post]:not([data-autosave]):is([data-live], :has(textarea))");
document.addEventListener("input", ({ target }) => written(target.form) && unsaved.add(target.form));
document.addEventListener("submit", ({ target }) => unsaved.delete(target));
for (const form of document.querySelectorAll("[data-written], .summary[role=alert] ~ form")) if (written(form)) unsaved.add(form);
addEventListener("beforeunload", (event) => {
  if ([...unsaved].some((form) => form.isConnected)) event.preventDefault();
});

// What went wrong is read first: keyboard and screen reader begin there, not at the top of a page they know.
// After loading, because the browser goes to the address's fragment last.
addEventListener("load", () => {
  const wrong = document.querySelector(".summary[role=alert]");
  if (!wrong) return;
  wrong.tabIndex = -1;
  wrong.focus();
});

// What was sent has arrived where another page answers (form/saving.js).
const here = document.querySelector("form[data-key]")?.dataset.key;
for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith("foerderweg:") && !(here && key.startsWith(`foerderweg:${here}:`))) sessionStorage.removeItem(key);
}

// Printing is the browser's; where there is script, a button leads to it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Signing out leaves nothing of what was typed on this device.
document.addEventListener("submit", (event) => {
  if (!/\/(sign-out|account\/sessions)$/.test(event.target.getAttribute("action"))) return; // an input may be named «action»
  for (const key of Object.keys(localStorage)) if (key.startsWith("foerderweg:")) localStorage.removeItem(key);
});

// On the last day before a closing time, count down by the server's clock (its difference is on the page).
for (const note of document.querySelectorAll("[data-closes]")) {
  const skew = Date.parse(note.dataset.now) - Date.now();
  const closes = Date.parse(note.dataset.closes);
  const show = () => {
    const left = Math.max(0, Math.ceil((closes - Date.now() - skew) / 1000));
    if (left > 24 * 3600) return;
    const [unit, words] = left > 3600 ? [60, note.dataset.hours] : [1, note.dataset.left];
    const parts = Math.floor(left / unit);
    const clock = `${Math.floor(parts / 60)}:${String(parts % 60).padStart(2, "0")}`;
    note.textContent = left ? words.replace("%(time)s", clock) : note.dataset.over;
    if (!left) clearInterval(timer);
  };
  const timer = setInterval(show, 1000);
  show();
}
