// An application saves itself answer by answer; where two have written the same, both versions are shown to choose.
import { read, write } from "./answers.js";
import { refresh, rows } from "./live.js";
import { saver, shelf } from "./saving.js";

const form = document.querySelector("form[data-autosave]");
const kept = shelf(form);
const marks = JSON.parse(form.elements.seen.value);
const pending = new Map(); // path → {value, seen: marks of what was seen stored, and ids of own saves since}
const clashing = new Set();
let batch = new Map(); // what is on its way: path → value

const saving = saver(form, { waits: () => pending.size > clashing.size, body, taken });

const fresh = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function keep(path) {
  const change = pending.get(path);
  if (change) kept.put(path, change);
  else kept.drop(path);
}

function changed(path) {
  const value = read(form, path);
  if (value === null) return;
  pending.set(path, { value, seen: pending.get(path)?.seen ?? [marks[path] ?? ""] });
  keep(path);
  if (!clashing.has(path)) saving.typed();
}

function body() {
  const id = fresh();
  const changes = [...pending].filter(([path]) => !clashing.has(path));
  batch = new Map(changes.map(([path, change]) => [path, change.value]));
  const said = new URLSearchParams({ csrf: form.elements.csrf.value, save_id: id });
  said.set("changes", JSON.stringify(Object.fromEntries(changes)));
  for (const [path, change] of changes) {
    change.seen = [...change.seen, id];
    keep(path);
  }
  return said;
}

function taken(answer) {
  for (const [path, mark] of Object.entries(answer.marks)) {
    marks[path] = mark;
    const change = pending.get(path);
    if (change && !same(change.value, batch.get(path))) change.seen = [mark];
    else pending.delete(path);
    keep(path);
  }
  for (const [path, table] of Object.entries(answer.joined)) join(path, table);
  form.elements.seen.value = JSON.stringify(marks);
  for (const [path, clash] of Object.entries(answer.clashes)) ask(path, clash);
  for (const path of Object.keys(answer.marks)) tell(path, answer.problems);
  steps(answer.steps);
  saving.say(clashing.size ? "clash" : pending.size ? "typing" : "saved", answer.at);
  if (pending.size > clashing.size) saving.later();
}

/** A table with the rows of both. What was typed since counts from what was sent, which had not theirs. */
function join(path, { value, sent, text }) {
  const change = pending.get(path);
  if (change) change.seen = [sent];
  else write(form, path, value);
  keep(path);
  refresh(form);
  const field = form.querySelector(`[data-field="${path}"]`);
  field.querySelector(".joined")?.remove();
  field.append(Object.assign(document.createElement("p"), { className: "joined quiet", role: "status", textContent: text }));
}

/** Both versions: theirs beside the input that holds one's own; one of them goes on. */
function ask(path, clash) {
  const field = form.querySelector(`[data-field="${path}"]`);
  field.querySelector(".clash")?.remove();
  clashing.add(path);
  const box = document.createElement("div");
  box.className = "clash note note--warning";
  box.innerHTML = clash.html; // escaped by the server's template
  const done = (value) => {
    box.remove();
    clashing.delete(path);
    marks[path] = clash.mark;
    form.elements.seen.value = JSON.stringify(marks);
    if (value === undefined) {
      pending.set(path, { value: read(form, path), seen: [clash.mark] });
    } else {
      write(form, path, value);
      pending.delete(path);
    }
    keep(path);
    refresh(form);
    saving.say(clashing.size ? "clash" : pending.size ? "typing" : "saved", now());
    saving.save();
  };
  box.querySelector("[value=mine]").addEventListener("click", () => done());
  box.querySelector("[value=theirs]").addEventListener("click", () => done(clash.value));
  field.append(box);
}

const now = () => new Date().toLocaleTimeString("de-CH", { hour: "2-digit", minute: "2-digit" });

/** What cannot be read, at its input; a text that is right again loses its mark. */
function tell(path, problems) {
  const field = form.querySelector(`[data-field="${path}"]`);
  const inside = (at) => at === path || at.startsWith(`${path}.`);
  field.querySelectorAll(".wrong[id]").forEach((one) => one.remove());
  field.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  field.querySelectorAll(".field--wrong").forEach((one) => one.classList.remove("field--wrong"));
  field.classList.remove("field--wrong");
  for (const [at, text] of Object.entries(problems).filter(([one]) => inside(one))) {
    const input = document.getElementById(at);
    if (!input) continue;
    const note = Object.assign(document.createElement("p"), { className: "wrong", id: `${at}-wrong`, textContent: text });
    (input.closest(".money") ?? input).before(note);
    input.setAttribute("aria-invalid", "true");
    const described = (input.getAttribute("aria-describedby") ?? "").split(" ");
    if (!described.includes(note.id)) input.setAttribute("aria-describedby", [...described, note.id].join(" ").trim());
    (input.closest("td") ?? field).classList.add("field--wrong");
  }
}

function steps(states) {
  for (const [code, { state, text }] of Object.entries(states)) {
    const item = document.querySelector(`.steps [data-step="${code}"]`);
    if (!item) continue;
    item.className = state === "done" ? "done" : state === "wrong" ? "wrongly" : "";
    item.querySelector(".steps__number").textContent = state === "wrong" ? "!" : item.dataset.number;
    item.querySelector(".steps__text .hidden").textContent = `, ${text}`;
  }
}

/** What a closed tab or a lost connection has left here is put back and sent; the server asks if it is older. */
function restore() {
  for (const [path, change] of kept.all()) {
    if (!form.querySelector(`[data-field="${path}"]`)) continue;
    pending.set(path, change);
    write(form, path, change.value);
  }
  saving.save();
}

form.addEventListener("input", (event) => {
  const path = event.target.closest("[data-field]")?.dataset.field;
  if (!path || event.target.name?.startsWith("keep.")) return;
  refresh(form);
  changed(path);
});

// A button sends the page only after everything is saved: without a connection nothing is lost on an error page.
form.addEventListener("submit", async (event) => {
  if (!pending.size || form.querySelector("fieldset.clash")) return;
  event.preventDefault();
  event.stopPropagation();
  await saving.save();
  await saving.save(); // what was typed while the first was on its way
  if (!pending.size) form.requestSubmit(event.submitter);
});
// Signing out: app.js clears what is kept, and nothing must come back while the page goes.
document.querySelector('form[action$="/sign-out"]')?.addEventListener("submit", () => pending.clear());
rows(form);
restore();
refresh(form);
