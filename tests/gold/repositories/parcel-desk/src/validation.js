/** Reads values out of what a client sent, and says what is wrong with them. */

import { RefusedError } from "./errors.js";

/**
 * A text of one line.
 *
 * @param {unknown} value
 * @param {string} name - of the field, for the message.
 * @param {number} [most] - characters.
 * @returns {string} without blanks around it.
 * @throws {RefusedError} 422, it is no such text.
 */
export function line(value, name, most = 255) {
  if (typeof value !== "string" || value.trim() === "" || value.includes("\n")) {
    throw new RefusedError(422, `${name}: write one line of text, not ${JSON.stringify(value)}`);
  }
  const text = value.trim();
  if (text.length > most) {
    throw new RefusedError(422, `${name}: ${text.length} characters are too many; ${most} fit`);
  }
  return text;
}

/**
 * One of the texts that are allowed.
 *
 * @param {unknown} value
 * @param {string} name - of the field, for the message.
 * @param {readonly string[]} allowed
 * @returns {string}
 * @throws {RefusedError} 422, it is none of them.
 */
export function choice(value, name, allowed) {
  if (!allowed.includes(value)) {
    const told = `write one of ${allowed.join(", ")}, not ${JSON.stringify(value)}`;
    throw new RefusedError(422, `${name}: ${told}`);
  }
  return value;
}

/**
 * A whole number of a query.
 *
 * @param {unknown} value - the text; the default is taken where it is left out.
 * @param {string} name - of the parameter, for the message.
 * @param {{least: number, most: number, otherwise: number}} bounds
 * @returns {number}
 * @throws {RefusedError} 422, it is no such number.
 */
export function wholeNumber(value, name, { least, most, otherwise }) {
  if (value === undefined) return otherwise;
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(number >= least && number <= most)) {
    throw new RefusedError(422, `${name}: write a number from ${least} to ${most}`);
  }
  return number;
}
