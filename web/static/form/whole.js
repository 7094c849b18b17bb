// A form that is sent as a whole: sums, characters left and rows while it is filled in. What was typed and not sent is
// kept on this device, so that neither a lost connection nor a closed tab loses it; signing out clears it (app.js).
import { read, write } from "./answers.js";
import { refresh, rows } from "./live.js";
import { shelf } from "./saving.js";

const UNSENT = "unsent";
const form = document.querySelector("form[data-live]");
const kept = shelf(form);
const said = form.querySelector("[data-kept]");
const say = (what) => (said.textContent = said.dataset[what]);
const answers = () => [...form.querySelectorAll("[data-field]")].map(({ dataset }) => [dataset.field, read(form, dataset.field)]);

form.addEventListener("input", () => {
  refresh(form);
  kept.put(UNSENT, answers());
  say("kept");
});
form.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault(); // an error page of the browser would have nothing of it
  event.stopPropagation();
  say("offline");
});
rows(form);
const [[, unsent] = []] = kept.all();
// What the server has just sent back is newer.
if (unsent && !("written" in form.dataset)) {
  for (const [path, value] of unsent) if (value !== null && form.querySelector(`[data-field="${path}"]`)) write(form, path, value);
  say("back");
}
refresh(form);
