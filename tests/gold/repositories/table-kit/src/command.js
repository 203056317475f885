/** The command `table-kit`: what it does with its arguments and a text. */

import { parseArgs } from "node:util";

import { TableError } from "./errors.js";
import { formatRows } from "./format.js";
import { parseRows } from "./parse.js";
import { orderBy, select, where } from "./query.js";
import { render } from "./render.js";
import { sumBy, summarise } from "./summary.js";
import { Table } from "./table.js";

const OPTIONS = {
  columns: { type: "string" },
  where: { type: "string" },
  order: { type: "string" },
  descending: { type: "boolean" },
  separator: { type: "string" },
  sum: { type: "string" },
  by: { type: "string" },
  csv: { type: "boolean" },
};

/**
 * Run the command.
 *
 * @param {string[]} args - its arguments.
 * @param {string} text - the CSV that it reads.
 * @returns {{output: string, error: string, code: number}} 0 when all is well, 1 when the table is
 *   wrong, 2 when the arguments are.
 */
export function run(args, text) {
  let options;
  try {
    options = parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    return { output: "", error: `${error.message}\n`, code: 2 };
  }
  try {
    return { output: answer(options, text), error: "", code: 0 };
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    return { output: "", error: `${error.message}\n`, code: 1 };
  }
}

function answer(options, text) {
  let table = Table.of(parseRows(text, options.separator ?? ","));
  if (options.where !== undefined) {
    const [name, ...rest] = options.where.split("=");
    if (rest.length === 0) throw new TableError("--where wants column=text");
    table = where(table, name, rest.join("="));
  }
  if (options.sum !== undefined) return sums(table, options.sum, options.by);
  if (options.order !== undefined) table = orderBy(table, options.order, options.descending);
  if (options.columns !== undefined) table = select(table, options.columns.split(","));
  return options.csv ? formatRows(table.rows()) : `${render(table)}\n`;
}

function sums(table, name, key) {
  if (key === undefined) {
    const found = summarise(table, name);
    return `${Object.entries(found).map(([what, number]) => `${what}: ${number}`).join("\n")}\n`;
  }
  const lines = [...sumBy(table, key, name)].map(([group, number]) => `${group}: ${number}\n`);
  return lines.join("");
}
