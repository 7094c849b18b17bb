// A form that is sent as a whole: sums, characters left and rows while it is filled in; kept by the server meanwhile.
import { read, write } from "./answers.js";
import { refresh, rows } from "./live.js";
import { savesWhole } from "./saving.js";

const form = document.querySelector("form[data-live]");
rows(form);
if (form.dataset.autosave) {
  savesWhole(form, {
    read: () => [...form.querySelectorAll("[data-field]")].map(({ dataset }) => [dataset.field, read(form, dataset.field)]),
    write(unsent) {
      for (const [path, value] of unsent) if (value !== null && form.querySelector(`[data-field="${path}"]`)) write(form, path, value);
    },
    body() {
      const data = new FormData(form);
      data.set("press", "keep");
      return data;
    },
  });
}
form.addEventListener("input", () => refresh(form));
refresh(form);
