/** Reads CSV as RFC 4180 describes it: quoted fields may hold separators, quotes and line ends. */

import { TableError } from "./errors.js";

/**
 * Read a text into rows of fields.
 *
 * @param {string} text - the CSV; line ends may be `\n` or `\r\n`.
 * @param {string} [separator] - one character between fields.
 * @returns {string[][]} the rows, in order; empty lines are left out.
 * @throws {TableError} a quoted field is never closed, or text follows its end.
 */
export function parseRows(text, separator = ",") {
  if (separator.length !== 1 || separator === '"') {
    throw new TableError(`${JSON.stringify(separator)} cannot separate fields`);
  }
  const reader = new Reader(text, separator);
  const rows = [];
  while (!reader.done) {
    const row = reader.row();
    if (row.length > 1 || row[0] !== "") rows.push(row);
  }
  return rows;
}

class Reader {
  #text;
  #separator;
  #place = 0;
  #line = 1;

  constructor(text, separator) {
    this.#text = text.replaceAll("\r\n", "\n");
    this.#separator = separator;
  }

  get done() {
    return this.#place >= this.#text.length;
  }

  row() {
    const fields = [];
    for (;;) {
      fields.push(this.#text[this.#place] === '"' ? this.#quoted() : this.#plain());
      const sign = this.#text[this.#place];
      this.#place += 1;
      if (sign !== this.#separator) break;
    }
    this.#line += 1;
    return fields;
  }

  #plain() {
    const begin = this.#place;
    while (!this.#ends(this.#text[this.#place])) this.#place += 1;
    return this.#text.slice(begin, this.#place);
  }

  #quoted() {
    const opened = this.#line;
    let field = "";
    this.#place += 1;
    for (;;) {
      const sign = this.#text[this.#place];
      if (sign === undefined) throw new TableError("a quoted field is never closed", opened);
      if (sign === '"') {
        if (this.#text[this.#place + 1] !== '"') break;
        this.#place += 1;
      }
      if (sign === "\n") this.#line += 1;
      field += sign;
      this.#place += 1;
    }
    this.#place += 1;
    if (!this.#ends(this.#text[this.#place])) {
      throw new TableError("text follows a quoted field", this.#line);
    }
    return field;
  }

  #ends(sign) {
    return sign === undefined || sign === "\n" || sign === this.#separator;
  }
}
