// The rhythm of a form that saves itself: after a pause, again when it failed, at once when the page goes away,
// and honest words about it. What the server has not confirmed is kept on this device, so that neither a lost
// connection nor a closed tab loses it; signing out clears it (app.js).

const PAUSE = 1200;
const RETRY = 5000;
const PATIENCE = 20000;

/** What is kept of a form on this device, by name; nothing where the browser does not allow it. */
export function shelf(form) {
  const prefix = `foerderweg:${form.dataset.key}:`;
  const quietly = (act) => {
    try {
      return act();
    } catch {
      return undefined; // no room or not allowed: it is still in the page, and the server is tried all the same
    }
  };
  return {
    put: (name, value) => quietly(() => localStorage.setItem(prefix + name, JSON.stringify(value))),
    drop: (name) => quietly(() => localStorage.removeItem(prefix + name)),
    /** Until the next page is there: an error page of the browser has nothing of it, and «back» leads here. */
    away: (name) =>
      quietly(() => {
        const text = localStorage.getItem(prefix + name);
        if (text) sessionStorage.setItem(prefix + name, text);
        localStorage.removeItem(prefix + name);
      }),
    back: (name) =>
      quietly(() => {
        const text = sessionStorage.getItem(prefix + name);
        if (text) localStorage.setItem(prefix + name, text);
        sessionStorage.removeItem(prefix + name);
        return JSON.parse(localStorage.getItem(prefix + name));
      }),
    all: () =>
      quietly(() =>
        Object.keys(localStorage)
          .filter((key) => key.startsWith(prefix))
          .map((key) => [key.slice(prefix.length), JSON.parse(localStorage.getItem(key))]),
      ) ?? [],
  };
}

/**
 * `waits()`: is there something to save? `body()`: what is sent. `taken(answer)`: the server has it, and what it said.
 * Texts stand at [data-saving]: saved, busy, typing, offline, ended (signed out), refused.
 */
export function saver(form, { waits, body, taken }) {
  const status = form.querySelector("[data-saving]");
  let timer = 0;
  let busy = null;

  const say = (state, time = "") => {
    const text = (status.dataset[state] ?? state).replace("%(time)s", time);
    if (status.textContent !== text) status.textContent = text;
    status.dataset.state = state;
  };
  const later = (pause = PAUSE) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  async function attempt() {
    if (status.dataset.state !== "offline") say("busy");
    try {
      const response = await fetch(form.dataset.autosave, {
        method: "POST",
        body: body(),
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE),
        redirect: "error",
      });
      if (response.status >= 500 || response.status === 429) throw new Error(response.statusText);
      const json = response.headers.get("Content-Type")?.includes("json");
      const answer = json ? await response.json() : {};
      if (response.ok) taken(answer);
      else say(response.status === 401 ? "ended" : answer.said || "refused");
    } catch {
      say("offline");
      later(RETRY);
    }
  }
  /** Resolves when nothing is on its way any more. */
  async function save() {
    clearTimeout(timer);
    if (busy) await busy;
    else if (waits() && !form.dataset.sent) {
      busy = attempt();
      await busy;
      busy = null;
    }
  }

  document.querySelector('form[action$="/sign-out"]')?.addEventListener("submit", () => clearTimeout(timer));
  addEventListener("online", save);
  document.addEventListener("visibilitychange", () => document.hidden && save());
  return {
    say,
    save,
    later,
    typed() {
      if (!busy && status.dataset.state !== "offline") say("typing");
      later();
    },
  };
}

/**
 * A form of one author that is sent as a whole. `read()`: what is in it, to be kept here until the server has it;
 * `write(values)`: puts that back; `body()`: what is sent. Its input `seen` says which version it began with: what was
 * kept here beside another one waits for a word. [data-written]: the server has just sent this back.
 */
export function savesWhole(form, { read, write, body }) {
  const UNSENT = "unsent";
  const kept = shelf(form);
  const stamp = form.elements.seen;
  let version = 0; // of what was typed; sent and saved are the latest that went and came back
  let sent = 0;
  let saved = 0;
  const keep = () => kept.put(UNSENT, { seen: stamp.value, values: read() });
  const saving = saver(form, {
    waits: () => version > saved,
    body() {
      sent = version;
      return body();
    },
    taken(answer) {
      saved = sent;
      stamp.value = answer.seen;
      if (version > saved) {
        keep();
        saving.later();
        return;
      }
      kept.drop(UNSENT);
      saving.say("saved", answer.saved);
    },
  });

  form.addEventListener("input", () => {
    version += 1;
    keep();
    saving.typed();
  });
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) {
      kept.away(UNSENT);
      return;
    }
    event.preventDefault(); // an error page of the browser would have nothing of it
    event.stopPropagation();
    saving.say("offline");
  });

  const written = "written" in form.dataset;
  const unsent = kept.back(UNSENT);
  const fetched = () => {
    write(unsent.values);
    version += 1;
    saving.save();
  };
  // the last save came through and its answer did not: the tab was closed, or the line was lost in between
  const arrived = unsent && JSON.stringify(unsent.values) === JSON.stringify(read());
  if (written) {
    version += 1;
    saving.save();
  } else if (arrived) kept.drop(UNSENT);
  else if (unsent && unsent.seen === stamp.value) fetched();
  else if (unsent) {
    saving.say("elsewhere");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = form.querySelector("[data-saving]").dataset.fetch;
    button.addEventListener("click", () => {
      button.remove();
      fetched();
    });
    form.querySelector("[data-saving]").after(button);
  }
}
