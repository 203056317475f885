/** Adds up a column of numbers, as a whole or by the texts of another column. */

import { TableError } from "./errors.js";

/**
 * Describe the numbers of a column; empty fields do not count.
 *
 * @param {import("./table.js").Table} table
 * @param {string} name - of the column.
 * @returns {{count: number, sum: number, least: number, most: number, mean: number}}
 * @throws {TableError} a field is no number, or none is there.
 */
export function summarise(table, name) {
  const numbers = numbersOf(table.column(name), name);
  if (numbers.length === 0) throw new TableError(`the column ${JSON.stringify(name)} is empty`);
  const sum = numbers.reduce((total, number) => total + number, 0);
  return {
    count: numbers.length,
    sum,
    least: Math.min(...numbers),
    most: Math.max(...numbers),
    mean: sum / numbers.length,
  };
}

/**
 * Add up a column for each text of another one.
 *
 * @param {import("./table.js").Table} table
 * @param {string} key - the column whose texts make the groups.
 * @param {string} name - the column to add up.
 * @returns {Map<string, number>} the sums, in the order in which the groups appear.
 */
export function sumBy(table, key, name) {
  const keys = table.column(key);
  const sums = new Map();
  table.column(name).forEach((text, place) => {
    const [number] = numbersOf([text], name, place);
    if (number !== undefined) sums.set(keys[place], (sums.get(keys[place]) ?? 0) + number);
  });
  return sums;
}

function numbersOf(texts, name, before = 0) {
  const numbers = [];
  texts.forEach((text, place) => {
    if (text.trim() === "") return;
    const number = Number(text);
    if (!Number.isFinite(number)) {
      const told = `${JSON.stringify(text)} in the column ${JSON.stringify(name)} is no number`;
      throw new TableError(told, before + place + 2);
    }
    numbers.push(number);
  });
  return numbers;
}
