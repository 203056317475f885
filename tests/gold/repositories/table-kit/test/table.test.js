/** A table holds a text for each column of each record. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Table } from "../src/table.js";

const ROWS = [["town", "people"], ["Ulm", "126"], ["Aalen", "68"]];

test("is made of rows", () => {
  const table = Table.of(ROWS);
  assert.deepEqual(table.columns, ["town", "people"]);
  assert.deepEqual(table.column("people"), ["126", "68"]);
  assert.deepEqual(table.rows(), ROWS);
});

test("cannot be changed from outside", () => {
  const table = Table.of(ROWS);
  table.columns.push("other");
  table.records[0].town = "Bonn";
  assert.deepEqual(table.rows(), ROWS);
});

test("refuses what is no table", () => {
  assert.throws(() => Table.of([]), { message: "there is no line that names the columns" });
  assert.throws(() => Table.of([["a", "a"]]), { message: 'the column "a" is there twice' });
  assert.throws(() => Table.of([["a", "b"], ["1", "2"], ["1"]]), {
    message: "line 3: 1 fields are there, 2 fields are wanted",
  });
  assert.throws(() => Table.of(ROWS).column("area"), {
    message: 'there is no column "area"; there are town, people',
  });
});
