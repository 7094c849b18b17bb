// A statement saves itself whole while its one author writes; without this there is a button.
import { saver, shelf } from "./saving.js";

const UNSENT = "unsent";
const form = document.querySelector("form[data-autosave]");
if (form) start();

function start() {
  const kept = shelf(form);
  let version = 0; // of what was typed; sent and saved are the latest that went and came back
  let sent = 0;
  let saved = 0;
  const written = () =>
    [...new FormData(form)].filter(([name]) => !["csrf", "command_id", "step", "seat", "entry"].includes(name));

  const saving = saver(form, {
    waits: () => version > saved,
    body() {
      sent = version;
      return new FormData(form);
    },
    taken(answer) {
      saved = sent;
      if (version > saved) {
        saving.later();
        return;
      }
      kept.drop(UNSENT);
      saving.say("saved", answer.saved);
    },
  });

  form.addEventListener("input", () => {
    version += 1;
    kept.put(UNSENT, written());
    saving.typed();
  });
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) {
      kept.drop(UNSENT);
      return;
    }
    event.preventDefault(); // an error page of the browser would have nothing of it
    event.stopPropagation();
    saving.say("offline");
  });

  const [[, unsent] = []] = kept.all();
  if (!unsent) return;
  for (const one of form.elements) {
    const values = unsent.filter(([name]) => name === one.name).map(([, value]) => value);
    if (one.type === "checkbox" || one.type === "radio") one.checked = values.includes(one.value);
    else if (values.length) one.value = values[0];
  }
  form.dispatchEvent(new Event("change"));
  version += 1;
  saving.save();
}
