// A form that is sent as a whole: sums, characters left and rows while it is filled in.
import { refresh, rows } from "./live.js";

const form = document.querySelector("form[data-live]");
form.addEventListener("input", () => refresh(form));
rows(form);
refresh(form);
