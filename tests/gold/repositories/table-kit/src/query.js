/** Chooses, orders and narrows the records of a table. */

import { Table } from "./table.js";

/**
 * Keep the columns that are named, in that order.
 *
 * @param {Table} table
 * @param {string[]} names
 * @returns {Table}
 */
export function select(table, names) {
  for (const name of names) table.require(name);
  const records = table.records.map((record) =>
    Object.fromEntries(names.map((name) => [name, record[name]])),
  );
  return new Table(names, records);
}

/**
 * Keep the records in which a column holds a text.
 *
 * @param {Table} table
 * @param {string} name - of the column.
 * @param {string} text - compared without regard to case.
 * @returns {Table}
 */
export function where(table, name, text) {
  table.require(name);
  const wanted = text.toLowerCase();
  const records = table.records.filter((record) => record[name].toLowerCase() === wanted);
  return new Table(table.columns, records);
}

/**
 * Order the records by a column: numbers by their value, and before texts.
 *
 * @param {Table} table
 * @param {string} name - of the column.
 * @param {boolean} [descending]
 * @returns {Table}
 */
export function orderBy(table, name, descending = false) {
  table.require(name);
  const sign = descending ? -1 : 1;
  const records = table.records.sort((a, b) => sign * compare(a[name], b[name]));
  return new Table(table.columns, records);
}

function compare(first, second) {
  const [a, b] = [numberOf(first), numberOf(second)];
  if (a !== null && b !== null) return a - b;
  if (a !== null) return -1;
  if (b !== null) return 1;
  return first < second ? -1 : Number(first > second);
}

function numberOf(text) {
  const plain = text.trim();
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
}
