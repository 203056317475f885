/** Writes rows as CSV that `parseRows` reads back. */

/**
 * Write one field, in quotes where it needs them.
 *
 * @param {string} field - any text.
 * @param {string} [separator] - one character between fields.
 * @returns {string} the field as it stands in a line.
 */
export function formatField(field, separator = ",") {
  const plain = !/["\r\n]/.test(field) && !field.includes(separator);
  return plain ? field : `"${field.replaceAll('"', '""')}"`;
}

/**
 * Write rows of fields.
 *
 * @param {string[][]} rows - the rows, in order.
 * @param {string} [separator] - one character between fields.
 * @returns {string} the CSV, which ends in a line end unless there are no rows.
 */
export function formatRows(rows, separator = ",") {
  return rows
    .map((row) => {
      const line = row.map((field) => formatField(field, separator)).join(separator);
      return `${line === "" ? '""' : line}\n`;
    })
    .join("");
}
