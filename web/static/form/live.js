// What a form shows while it is filled in: questions that come and go, characters left, sums, units.
import { addRow, chf, figure, holder, read } from "./answers.js";

/** Bring everything up to date with what stands in the inputs. */
export function refresh(form) {
  conditions(form);
  counts(form);
  for (const table of form.querySelectorAll("table[data-table]")) sums(table);
  balances(form);
}

function conditions(form) {
  for (const field of form.querySelectorAll("[data-when]")) {
    const when = JSON.parse(field.dataset.when);
    const asked = holder(form, when.field);
    if (asked) field.hidden = asked.hidden || !holds(when, read(form, when.field));
  }
}

function holds(when, answer) {
  if (when.above !== null) return figure(answer, true) > when.above || false;
  return [].concat(answer).some((one) => when.is.includes(String(one)));
}

function counts(form) {
  for (const note of form.querySelectorAll("[data-count]")) {
    const area = document.getElementById(note.dataset.count);
    const left = Number(area.dataset.most) - [...area.value.trim().replaceAll("\r\n", "\n")].length;
    note.textContent = (left < 0 ? note.dataset.over : note.dataset.left).replace("%(n)s", Math.abs(left));
    note.classList.toggle("wrong", left < 0);
  }
}

/** A computed cell: the product of some, or the first less the second, which may be missing. */
function made({ factors, difference }, cells) {
  if (factors) return factors.split(" ").reduce((product, code) => product * cells[code], 1);
  const [all, part] = difference.split(" ");
  return cells[all] - (cells[part] || 0);
}

function sums(table) {
  const shown = (amount, type) => (type === "money" ? chf(amount) : String(amount));
  const totals = {};
  for (const row of table.tBodies[0].rows) {
    const cells = {};
    const types = {};
    // On a phone only the first blank row is shown: once it is begun, the next one is.
    if ([...row.querySelectorAll("input, select")].some((one) => one.value)) row.classList.remove("blank");
    for (const one of row.querySelectorAll("input, select")) {
      const column = one.name.split(".").pop();
      types[column] = one.closest("td").className.includes("cell--money") ? "money" : "number";
      cells[column] = figure(one.value, types[column] === "money");
    }
    for (const one of row.querySelectorAll("output.computed")) {
      const amount = made(one.dataset, cells);
      const type = one.closest("td").className.includes("cell--money") ? "money" : "number";
      one.textContent = Number.isNaN(amount) ? "–" : shown(amount, type);
      cells[one.id.split(".").pop()] = amount;
    }
    for (const [code, amount] of Object.entries(cells)) totals[code] = (totals[code] ?? 0) + (amount || 0);
    for (const unit of row.querySelectorAll("[data-unit-of]")) {
      unit.textContent = document.getElementById(unit.dataset.unitOf)?.selectedOptions[0]?.dataset.unit ?? "";
    }
  }
  for (const one of table.querySelectorAll("[data-total]")) {
    one.textContent = shown(totals[one.dataset.total] ?? 0, one.dataset.type);
  }
}

function balances(form) {
  for (const box of form.querySelectorAll("[data-balance]")) {
    let difference = 0, all = 0;
    for (const part of box.querySelectorAll("[data-part]")) {
      const [section, field, column] = part.dataset.part.split(".");
      const answer = holder(form, `${section}.${field}`) && read(form, `${section}.${field}`);
      let amount = Number(part.dataset.amount);
      if (answer !== null && column) amount = answer.reduce((sum, row) => sum + (figure(row[column] ?? "", true) || 0), 0);
      else if (answer !== null) amount = figure(answer, true) || 0;
      part.textContent = chf(amount);
      all += amount;
      difference += part.dataset.side === "left" ? amount : -amount;
    }
    box.querySelector("[data-difference]").textContent = chf(difference);
    box.querySelector("[data-open]").hidden = difference === 0;
    box.querySelector("[data-even]").hidden = difference !== 0 || !all;
  }
}

/** «Zeile hinzufügen» without a new page. */
export function rows(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest('button[value^="add:"]');
    const table = button && form.querySelector(`table[data-table="${button.value.slice(4)}"]`);
    const hidden = table && [...table.tBodies[0].rows].find((one) => one.offsetParent === null);
    hidden?.classList.remove("blank");
    const row = hidden ?? (table && addRow(table));
    if (!row) return;
    event.preventDefault();
    row.querySelector("input, select").focus();
  });
}
