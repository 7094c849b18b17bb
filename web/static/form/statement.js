// A statement saves itself whole while its one author writes; without this there is a button.
import { savesWhole } from "./saving.js";

const form = document.querySelector("form[data-outcome-form][data-autosave]");
if (form) {
  savesWhole(form, {
    read: () => [...new FormData(form)].filter(([name]) => !["csrf", "command_id", "step", "seat", "entry", "seen", "back"].includes(name)),
    write(unsent) {
      for (const one of form.elements) {
        const values = unsent.filter(([name]) => name === one.name).map(([, value]) => value);
        if (one.type === "checkbox" || one.type === "radio") one.checked = values.includes(one.value);
        else if (values.length) one.value = values[0];
      }
      form.dispatchEvent(new Event("change"));
    },
    body: () => new FormData(form),
  });
}
