/** Parcels are kept until they are collected. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ParcelStore } from "../src/store.js";

const NOON = new Date("2025-05-01T12:00:00Z");

test("keeps parcels until they are collected", () => {
  const store = new ParcelStore(() => NOON);
  const parcel = store.receive("Ada", "small");
  assert.deepEqual(parcel, {
    id: 1,
    recipient: "Ada",
    size: "small",
    shelf: "A",
    arrived: "2025-05-01T12:00:00.000Z",
    collected: null,
  });
  assert.deepEqual(store.waiting(), [parcel]);
  assert.equal(store.collect(1).collected, "2025-05-01T12:00:00.000Z");
  assert.deepEqual(store.waiting(), []);
  assert.equal(store.find(1).collected, "2025-05-01T12:00:00.000Z");
});

test("hands no parcel out twice", () => {
  const store = new ParcelStore(() => NOON);
  store.receive("Ada", "small");
  store.collect(1);
  assert.throws(() => store.collect(1), { status: 409, message: /^parcel 1 was collected on 2025/ });
  assert.throws(() => store.collect(2), { status: 404, message: "there is no parcel 2" });
  assert.throws(() => store.find(2), { status: 404 });
});

test("gives places back that parcels have left", () => {
  const store = new ParcelStore();
  const ids = Array.from({ length: 6 }, () => store.receive("Ada", "large").id);
  assert.throws(() => store.receive("Eve", "large"), {
    status: 409,
    message: "there is no room for a large parcel",
  });
  store.collect(ids[0]);
  assert.equal(store.receive("Eve", "large").shelf, "D");
});

test("finds the parcels of a recipient", () => {
  const store = new ParcelStore();
  for (const name of ["Ada", "Eve", "ada"]) store.receive(name, "small");
  assert.deepEqual(store.waiting("ADA").map((parcel) => parcel.id), [1, 3]);
  const [first] = store.waiting();
  first.recipient = "Mallory";
  assert.equal(store.find(1).recipient, "Ada");
});
