// The keys of a list: j and k go down and up, Enter opens (it is a link), / goes to the filters, ? shows this help.
"use strict";

const links = () => [...document.querySelectorAll("[data-keys] .what > a")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "j" || event.key === "k") {
    const all = links();
    const row = document.activeElement.closest("[data-keys] tbody tr");
    const here = row ? all.findIndex((link) => row.contains(link)) : -1;
    const next = event.key === "j" ? Math.min(here + 1, all.length - 1) : Math.max(here - 1, 0);
    if (all[next]) all[next].focus();
  } else if (event.key === "/") {
    document.querySelector(".filters select, .filters input:not([type=hidden])")?.focus();
    event.preventDefault();
  } else if (event.key === "?") {
    const help = document.querySelector(".keys");
    if (help) help.open = !help.open;
  }
});
