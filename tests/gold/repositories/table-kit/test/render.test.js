/** A table is written for people. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { render } from "../src/render.js";
import { Table } from "../src/table.js";

test("writes columns under each other and numbers to the right", () => {
  const table = Table.of([["town", "people"], ["Ulm", "126"], ["Biberach", "33"]]);
  assert.deepEqual(render(table).split("\n"), [
    "town      people",
    "--------  ------",
    "Ulm          126",
    "Biberach      33",
  ]);
});

test("writes texts to the left", () => {
  const table = Table.of([["n", "note"], ["1", "x"], ["", "7 of 9"]]);
  assert.deepEqual(render(table).split("\n"), ["n  note", "-  ------", "1  x", "   7 of 9"]);
});
