// The form saves itself: each changed answer after a pause. What the server has not confirmed stays on this
// device, so that neither a lost connection nor a closed tab loses it; signing out clears it (app.js).
import { read, write } from "./answers.js";
import { refresh, rows } from "./live.js";

const PAUSE = 1200;
const RETRY = 5000;
const PATIENCE = 20000;
const form = document.querySelector("form[data-autosave]");
const status = form.querySelector("[data-saving]");
const prefix = `foerderweg:${form.dataset.key}:`;
const marks = JSON.parse(form.elements.seen.value);
const pending = new Map(); // path → {value, seen: marks of what was seen stored, and ids of own saves since}
const clashing = new Set();
let timer = 0;
let busy = false;

const say = (state, time = "") => {
  const text = status.dataset[state].replace("%(time)s", time);
  if (status.textContent !== text) status.textContent = text;
  status.dataset.state = state;
};

const fresh = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function keep(path) {
  try {
    const change = pending.get(path);
    if (change) localStorage.setItem(prefix + path, JSON.stringify(change));
    else localStorage.removeItem(prefix + path);
  } catch {
    // No room or not allowed: it is still in the page, and the server is tried all the same.
  }
}

function changed(path) {
  const value = read(form, path);
  if (value === null) return;
  pending.set(path, { value, seen: pending.get(path)?.seen ?? [marks[path] ?? ""] });
  keep(path);
  if (clashing.has(path)) return;
  if (!busy && status.dataset.state !== "offline") say("typing");
  later(PAUSE);
}

function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(save, pause);
}

async function save() {
  clearTimeout(timer);
  const batch = [...pending].filter(([path]) => !clashing.has(path));
  if (busy || !batch.length) return;
  busy = true;
  const id = fresh();
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, save_id: id });
  body.set("changes", JSON.stringify(Object.fromEntries(batch)));
  for (const [path, change] of batch) {
    change.seen = [...change.seen, id];
    keep(path);
  }
  if (status.dataset.state !== "offline") say("busy");
  const answer = await send(body);
  busy = false;
  if (answer === null) {
    later(RETRY);
    return;
  }
  if (answer.marks) taken(answer, new Map(batch.map(([path, change]) => [path, change.value])));
}

/** The server's answer; null to try again, {} when it will not take it. */
async function send(body) {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(form.dataset.autosave, { method: "POST", body, signal, redirect: "error" });
    if (response.ok) return await response.json();
    if (response.status >= 500 || response.status === 429) throw new Error(response.statusText);
    say(response.status === 401 ? "ended" : "refused");
    return {};
  } catch {
    say("offline");
    return null;
  }
}

function taken(answer, sent) {
  for (const [path, mark] of Object.entries(answer.marks)) {
    marks[path] = mark;
    const change = pending.get(path);
    if (change && !same(change.value, sent.get(path))) change.seen = [mark];
    else pending.delete(path);
    keep(path);
  }
  form.elements.seen.value = JSON.stringify(marks);
  for (const [path, clash] of Object.entries(answer.clashes)) ask(path, clash);
  for (const path of Object.keys(answer.marks)) tell(path, answer.problems);
  steps(answer.steps);
  if (clashing.size) say("clash");
  else say(pending.size ? "typing" : "saved", answer.at);
  if (pending.size > clashing.size) later(PAUSE);
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
    say(clashing.size ? "clash" : pending.size ? "typing" : "saved", now());
    save();
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
  const kept = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  for (const key of kept) {
    const path = key.slice(prefix.length);
    if (!form.querySelector(`[data-field="${path}"]`)) continue;
    const change = JSON.parse(localStorage.getItem(key));
    pending.set(path, change);
    write(form, path, change.value);
  }
  if (pending.size) save();
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
  while (busy) await new Promise((resolve) => setTimeout(resolve, 50));
  await save();
  if (!pending.size) form.requestSubmit(event.submitter);
});
// Signing out: app.js clears what is kept, and nothing must come back while the page goes.
document.querySelector('form[action$="/sign-out"]')?.addEventListener("submit", () => {
  clearTimeout(timer);
  pending.clear();
});
addEventListener("online", save);
document.addEventListener("visibilitychange", () => document.hidden && save());
rows(form);
try {
  restore();
} catch {
  // Nothing kept here can be read.
}
refresh(form);
