// The answers of a form as they stand in its inputs: read by path, written back, rows of tables added.

/** The element that holds the field of this path (section.field). */
export const holder = (form, path) => form.querySelector(`[data-field="${path}"]`);

const inputs = (form, start) =>
  [...form.elements].filter((one) => one.name && (one.name === start || one.name.startsWith(`${start}.`)));

/** One answer: text, true/false, a list of codes, rows of a table, the parts of an address; null for files. */
export function read(form, path) {
  const found = inputs(form, path);
  if (!found.length || found[0].type === "file") return null;
  const [first] = found;
  if (first.type === "checkbox") {
    const ticked = found.filter((one) => one.checked).map((one) => one.value);
    return found.length === 1 && first.id === path ? ticked.length > 0 : ticked;
  }
  if (first.type === "radio") return found.find((one) => one.checked)?.value ?? "";
  if (first.name === path) return first.value;
  const table = form.querySelector(`table[data-table="${path}"]`);
  const rows = {};
  for (const one of found) {
    const [number, column] = table ? one.name.slice(path.length + 1).split(".") : [0, one.name.slice(path.length + 1)];
    if (one.value.trim()) (rows[number] ??= {})[column] = one.value;
  }
  return table ? Object.keys(rows).sort((a, b) => a - b).map((key) => rows[key]) : rows[0] ?? {};
}

/** Put an answer back into the inputs. */
export function write(form, path, value) {
  const table = form.querySelector(`table[data-table="${path}"]`);
  while (table && Array.isArray(value) && table.tBodies[0].rows.length < value.length) addRow(table);
  const rows = table ? [...new Set(inputs(form, path).map((one) => Number(one.name.slice(path.length + 1).split(".")[0])))] : [];
  for (const one of inputs(form, path)) {
    const rest = one.name.slice(path.length + 1).split(".");
    let text = value;
    if (table) text = (value ?? [])[rows.indexOf(Number(rest[0]))]?.[rest[1]];
    else if (one.name !== path) text = value?.[rest[0]];
    if (one.type === "checkbox" || one.type === "radio") {
      one.checked = Array.isArray(text) ? text.includes(one.value) : text === true || text === one.value;
    } else if (one.type !== "file") {
      one.value = text ?? "";
    }
  }
}

/** A blank row at the end; returns it, or null where the table is full. */
export function addRow(table) {
  const body = table.tBodies[0];
  const count = body.rows.length;
  if (count >= Number(table.dataset.mostRows ?? 100)) return null;
  const row = body.rows[count - 1].cloneNode(true);
  const start = `${table.dataset.table}.`;
  const number = (text) => text.replace(new RegExp(`(${start.replaceAll(".", "\\.")})\\d+`, "g"), `$1${count}`);
  for (const one of row.querySelectorAll("*")) {
    for (const name of ["id", "name", "value", "aria-label", "data-unit-of"]) {
      if (!one.hasAttribute(name) || (name === "value" && one.tagName !== "BUTTON")) continue;
      one.setAttribute(name, name === "aria-label" ? one.getAttribute(name).replace(/\d+(?!.*\d)/, count + 1) : number(one.getAttribute(name)));
    }
    if ("value" in one && ["INPUT", "SELECT"].includes(one.tagName)) one.value = "";
    if (one.matches("output, [data-unit-of]")) one.textContent = "";
    one.removeAttribute("aria-invalid");
  }
  row.querySelectorAll(".wrong, .grid__act > *").forEach((one) => one.remove());
  row.classList.remove("blank", "field--wrong");
  body.append(row);
  return row;
}

/** Rappen of an amount, or a whole number, as a person types it; NaN when it cannot be read. */
export function figure(text, money) {
  const plain = text.replace(/[\s'’ʼ]|CHF|Fr\./gi, "").replace(/\.?[-–—]{1,2}$/, "");
  if (!/^-?\d+([.,]\d{1,2})?$/.test(plain) || (!money && /[.,]/.test(plain))) return NaN;
  return money ? Math.round(Number(plain.replace(",", ".")) * 100) : Number(plain);
}

/** CHF 12'345.50 from Rappen. */
export function chf(rappen) {
  const [francs, rest] = (Math.abs(rappen) / 100).toFixed(2).split(".");
  return `CHF ${rappen < 0 ? "-" : ""}${francs.replace(/\B(?=(\d{3})+$)/g, "'")}.${rest}`;
}
