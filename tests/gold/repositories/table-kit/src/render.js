/** Writes a table for people: columns under each other, numbers to the right. */

/**
 * Write a table as text.
 *
 * @param {import("./table.js").Table} table
 * @returns {string} a line for the columns, one of dashes, and one for each record.
 */
export function render(table) {
  const rows = table.rows();
  const widths = table.columns.map((_, place) => Math.max(...rows.map((row) => row[place].length)));
  const right = table.columns.map((name) => table.column(name).every(isNumber));
  const lines = rows.map((row) =>
    row
      .map((text, place) => (right[place] ? text.padStart(widths[place]) : text.padEnd(widths[place])))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function isNumber(text) {
  return text.trim() === "" || Number.isFinite(Number(text));
}
