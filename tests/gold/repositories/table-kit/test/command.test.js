/** The command answers with a text and an exit code. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "../src/command.js";
import * as offered from "../src/index.js";

const TRIPS = "car,km\nred,10\nblue,2\nred,5\n";

test("shows a table", () => {
  const { output, error, code } = run(["--order", "km", "--descending"], TRIPS);
  assert.equal(output, "car   km\n----  --\nred   10\nred    5\nblue   2\n");
  assert.deepEqual([error, code], ["", 0]);
});

test("writes the columns and records that are asked for as CSV", () => {
  const chosen = run(["--where", "car=RED", "--columns", "km", "--csv"], TRIPS);
  assert.equal(chosen.output, "km\n10\n5\n");
  assert.equal(run(["--csv", "--separator", ";"], "a;b\n1;2\n").output, "a,b\n1,2\n");
  assert.equal(run(["--where", "a=x=y", "--csv"], "a\nx=y\n").output, "a\nx=y\n");
});

test("adds up", () => {
  assert.equal(run(["--sum", "km", "--by", "car"], TRIPS).output, "red: 15\nblue: 2\n");
  assert.match(run(["--sum", "km"], TRIPS).output, /^count: 3\nsum: 17\n/);
});

test("says what is wrong with the table", () => {
  assert.deepEqual(run([], "a,b\n1\n"), {
    output: "",
    error: "line 2: 1 fields are there, 2 fields are wanted\n",
    code: 1,
  });
  assert.equal(run(["--where", "car"], TRIPS).error, "--where wants column=text\n");
});

test("says what is wrong with the arguments", () => {
  const { error, code } = run(["--colums", "a"], TRIPS);
  assert.equal(code, 2);
  assert.match(error, /--colums/);
});

test("offers everything by one module", () => {
  assert.deepEqual(Object.keys(offered).sort(), [
    "Table",
    "TableError",
    "formatField",
    "formatRows",
    "orderBy",
    "parseRows",
    "render",
    "select",
    "sumBy",
    "summarise",
    "where",
  ]);
});
