/** What is written is read back as it was. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatField, formatRows } from "../src/format.js";
import { parseRows } from "../src/parse.js";

test("quotes what needs it", () => {
  assert.equal(formatField("plain"), "plain");
  assert.equal(formatField("a,b"), '"a,b"');
  assert.equal(formatField("a,b", ";"), "a,b");
  assert.equal(formatField('say "so"'), '"say ""so"""');
  assert.equal(formatField("two\nlines"), '"two\nlines"');
});

test("writes rows that are read back", () => {
  const rows = [["a", "b;c"], ['"', "1\n2"], ["", ""], ["ä", " "]];
  assert.deepEqual(parseRows(formatRows(rows)), rows);
  assert.deepEqual(parseRows(formatRows(rows, ";"), ";"), rows);
  assert.equal(formatRows([]), "");
  assert.equal(formatRows([[""], ["x"]]), '""\nx\n');
});
