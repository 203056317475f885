/** A table: named columns and records that hold a text for each. */

import { TableError } from "./errors.js";

export class Table {
  #columns;
  #records;

  /**
   * @param {string[]} columns - names, each once.
   * @param {Record<string, string>[]} records - in order.
   */
  constructor(columns, records) {
    const twice = columns.find((name, place) => columns.indexOf(name) !== place);
    if (twice !== undefined) throw new TableError(`the column ${JSON.stringify(twice)} is there twice`);
    this.#columns = [...columns];
    this.#records = records.map((record) => ({ ...record }));
  }

  /** Make a table of rows, the first of which names the columns. */
  static of(rows) {
    const [columns, ...others] = rows;
    if (columns === undefined) throw new TableError("there is no line that names the columns");
    const records = others.map((row, place) => {
      if (row.length !== columns.length) {
        const wanted = `${columns.length} fields are wanted`;
        throw new TableError(`${row.length} fields are there, ${wanted}`, place + 2);
      }
      return Object.fromEntries(columns.map((name, index) => [name, row[index]]));
    });
    return new Table(columns, records);
  }

  get columns() {
    return [...this.#columns];
  }

  get records() {
    return this.#records.map((record) => ({ ...record }));
  }

  /** The rows, with the columns' names first. */
  rows() {
    return [this.columns, ...this.#records.map((record) => this.#columns.map((name) => record[name]))];
  }

  /** The texts of one column. */
  column(name) {
    this.require(name);
    return this.#records.map((record) => record[name]);
  }

  /** Refuse a column that is not there. */
  require(name) {
    if (!this.#columns.includes(name)) {
      const known = this.#columns.join(", ");
      throw new TableError(`there is no column ${JSON.stringify(name)}; there are ${known}`);
    }
  }
}
