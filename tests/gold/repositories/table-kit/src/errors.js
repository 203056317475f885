/** What is wrong with a table, and where. */
export class TableError extends Error {
  /**
   * @param {string} reason - what is wrong.
   * @param {number} [line] - number of the line, from 1; 0 where it is none in particular.
   */
  constructor(reason, line = 0) {
    super(line ? `line ${line}: ${reason}` : reason);
    this.name = "TableError";
    this.line = line;
  }
}
