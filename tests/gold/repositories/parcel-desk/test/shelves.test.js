/** A parcel goes to the shelf that suits it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SHELVES, shelfFor } from "../src/shelves.js";

const two = [
  { name: "S", size: "small", places: 2 },
  { name: "T", size: "small", places: 2 },
  { name: "L", size: "large", places: 1 },
];

test("takes the shelf with the most room", () => {
  assert.equal(shelfFor("small", new Map(), two), "S");
  assert.equal(shelfFor("small", new Map([["S", 1]]), two), "T");
  assert.equal(shelfFor("small", new Map(), SHELVES), "A");
});

test("takes a larger shelf where the fitting ones are full", () => {
  assert.equal(shelfFor("medium", new Map(), two), "L");
  assert.equal(shelfFor("small", new Map([["S", 2], ["T", 2]]), two), "L");
  assert.equal(shelfFor("large", new Map()), "D");
});

test("finds no shelf where all are full", () => {
  assert.equal(shelfFor("large", new Map([["L", 1]]), two), null);
  assert.equal(shelfFor("small", new Map([["S", 2], ["T", 3], ["L", 1]]), two), null);
});
