/** Parcels through the interface, with what is refused. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ParcelStore } from "../src/store.js";
import { withClient } from "./client.js";

test("receives a parcel and hands it out", () =>
  withClient(new ParcelStore(), async (ask) => {
    const created = await ask("POST", "/api/parcels", { recipient: "Ada", size: "medium" });
    assert.equal(created.status, 201);
    assert.equal(created.body.shelf, "C");
    assert.deepEqual((await ask("GET", "/api/parcels/1")).body, created.body);
    const collected = await ask("POST", "/api/parcels/1/collect");
    assert.equal(collected.status, 200);
    assert.notEqual(collected.body.collected, null);
    assert.equal((await ask("POST", "/api/parcels/1/collect")).status, 409);
  }));

test("lists what waits for a recipient", () =>
  withClient(new ParcelStore(), async (ask) => {
    for (const recipient of ["Ada", "Eve", "Ada"]) {
      await ask("POST", "/api/parcels", { recipient, size: "small" });
    }
    const page = await ask("GET", "/api/parcels?recipient=ada&limit=1&offset=1");
    assert.equal(page.body.total, 2);
    assert.deepEqual(page.body.items.map((parcel) => parcel.id), [3]);
    assert.equal((await ask("GET", "/api/parcels")).body.items.length, 3);
    assert.equal((await ask("GET", "/api/parcels?offset=1")).body.items.length, 2);
  }));

test("refuses what is no parcel", () =>
  withClient(new ParcelStore(), async (ask) => {
    for (const wrong of [{}, { recipient: "Ada", size: "huge" }, { recipient: " ", size: "small" }]) {
      assert.equal((await ask("POST", "/api/parcels", wrong)).status, 422);
    }
    const broken = await ask("POST", "/api/parcels", "{");
    assert.equal(broken.status, 400);
    for (const query of ["limit=0", "limit=201", "offset=-1", "recipient="]) {
      assert.equal((await ask("GET", `/api/parcels?${query}`)).status, 422, query);
    }
  }));

test("does not find what is not there", () =>
  withClient(new ParcelStore(), async (ask) => {
    for (const path of ["/api/parcels/9", "/api/parcels/one", "/api/other"]) {
      const missing = await ask("GET", path);
      assert.equal(missing.status, 404);
      assert.match(missing.body.error, /^there is no/);
    }
  }));

test("says that it is well", () =>
  withClient(new ParcelStore(), async (ask) => {
    assert.deepEqual((await ask("GET", "/health")).body, { status: "ok" });
  }));
