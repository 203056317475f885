/** Values are read, and what is wrong with them is told. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { choice, line, wholeNumber } from "../src/validation.js";

test("reads lines of text", () => {
  assert.equal(line(" Ada ", "recipient"), "Ada");
  assert.equal(line("x".repeat(255), "recipient").length, 255);
  for (const wrong of [undefined, null, 7, "", "  ", "a\nb", "x".repeat(256)]) {
    assert.throws(() => line(wrong, "recipient"), { status: 422, message: /^recipient: / });
  }
});

test("reads choices", () => {
  assert.equal(choice("a", "size", ["a", "b"]), "a");
  assert.throws(() => choice("c", "size", ["a", "b"]), {
    status: 422,
    message: 'size: write one of a, b, not "c"',
  });
});

test("reads whole numbers of a query", () => {
  const bounds = { least: 1, most: 9, otherwise: 5 };
  assert.equal(wholeNumber(undefined, "limit", bounds), 5);
  assert.equal(wholeNumber("1", "limit", bounds), 1);
  assert.equal(wholeNumber("9", "limit", bounds), 9);
  for (const wrong of ["0", "10", "-1", "1.5", "many", ""]) {
    assert.throws(() => wholeNumber(wrong, "limit", bounds), { status: 422, message: /^limit: / });
  }
});
