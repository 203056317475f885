/** Everything that the package offers. */

export { TableError } from "./errors.js";
export { formatField, formatRows } from "./format.js";
export { parseRows } from "./parse.js";
export { orderBy, select, where } from "./query.js";
export { render } from "./render.js";
export { sumBy, summarise } from "./summary.js";
export { Table } from "./table.js";
