/** Records can be chosen, ordered and narrowed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { orderBy, select, where } from "../src/query.js";
import { Table } from "../src/table.js";

const TOWNS = Table.of([
  ["town", "people"],
  ["Ulm", "126"],
  ["Aalen", "68"],
  ["Isny", "unknown"],
  ["Biberach", " 33"],
  ["Laupheim", ""],
]);

test("selects columns in the order that is asked for", () => {
  assert.deepEqual(select(TOWNS, ["people", "town"]).rows()[1], ["126", "Ulm"]);
  assert.throws(() => select(TOWNS, ["area"]), /no column "area"/);
});

test("keeps the records that hold a text", () => {
  assert.deepEqual(where(TOWNS, "town", "ULM").rows(), [["town", "people"], ["Ulm", "126"]]);
  assert.deepEqual(where(TOWNS, "town", "Bonn").records, []);
  assert.throws(() => where(TOWNS, "area", "1"), /no column/);
});

test("orders numbers by value and before texts", () => {
  const names = (table) => table.column("town");
  assert.deepEqual(names(orderBy(TOWNS, "people")), ["Biberach", "Aalen", "Ulm", "Laupheim", "Isny"]);
  assert.deepEqual(names(orderBy(TOWNS, "town", true)), ["Ulm", "Laupheim", "Isny", "Biberach", "Aalen"]);
  assert.throws(() => orderBy(TOWNS, "area"), /no column/);
});
