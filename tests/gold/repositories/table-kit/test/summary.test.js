/** Columns of numbers are added up. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { summarise, sumBy } from "../src/summary.js";
import { Table } from "../src/table.js";

const TRIPS = Table.of([["car", "km"], ["red", "10"], ["blue", "2.5"], ["red", ""], ["red", "-4"]]);

test("describes a column", () => {
  assert.deepEqual(summarise(TRIPS, "km"), { count: 3, sum: 8.5, least: -4, most: 10, mean: 8.5 / 3 });
});

test("adds up by group", () => {
  assert.deepEqual([...sumBy(TRIPS, "car", "km")], [["red", 6], ["blue", 2.5]]);
});

test("refuses what is no number", () => {
  assert.throws(() => summarise(TRIPS, "car"), {
    message: 'line 2: "red" in the column "car" is no number',
  });
  const bad = Table.of([["a", "n"], ["x", "1"], ["x", "many"]]);
  assert.throws(() => sumBy(bad, "a", "n"), { message: /^line 3: "many"/ });
  assert.throws(() => summarise(Table.of([["n"], [" "]]), "n"), { message: 'the column "n" is empty' });
});
