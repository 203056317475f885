/** CSV is read field by field. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { TableError } from "../src/errors.js";
import { parseRows } from "../src/parse.js";

test("reads fields and lines", () => {
  assert.deepEqual(parseRows("a,b\n1,\n"), [["a", "b"], ["1", ""]]);
  assert.deepEqual(parseRows("a;b\r\n\r\n1;2", ";"), [["a", "b"], ["1", "2"]]);
  assert.deepEqual(parseRows(""), []);
});

test("reads quoted fields", () => {
  assert.deepEqual(parseRows('"a,b","say ""so""","two\nlines",""\n'), [
    ["a,b", 'say "so"', "two\nlines", ""],
  ]);
});

test("refuses quotes that do not match", () => {
  assert.throws(() => parseRows('a\n"b\nc'), {
    name: "TableError",
    message: "line 2: a quoted field is never closed",
    line: 2,
  });
  assert.throws(() => parseRows('"x\ny"z'), { message: "line 2: text follows a quoted field" });
});

test("refuses a separator that is none", () => {
  for (const separator of ["", '"', ";;"]) {
    assert.throws(() => parseRows("a", separator), TableError);
  }
});
