/** The operations on parcels below `/api/parcels`. */

import { Router } from "express";

import { RefusedError } from "../errors.js";
import { SIZES } from "../shelves.js";
import { choice, line, wholeNumber } from "../validation.js";

const PAGE = { least: 1, most: 200, otherwise: 50 };
const OFFSET = { least: 0, most: 1_000_000, otherwise: 0 };

/**
 * Make the routes over a store.
 *
 * @param {import("../store.js").ParcelStore} store
 * @returns {Router}
 */
export function parcelRoutes(store) {
  const router = Router();

  router.get("/", (request, response) => {
    const { recipient, limit, offset } = request.query;
    const begin = wholeNumber(offset, "offset", OFFSET);
    const found = store.waiting(recipient === undefined ? null : line(recipient, "recipient"));
    const end = begin + wholeNumber(limit, "limit", PAGE);
    response.json({ items: found.slice(begin, end), total: found.length });
  });

  router.post("/", (request, response) => {
    const { recipient, size } = request.body ?? {};
    const parcel = store.receive(line(recipient, "recipient"), choice(size, "size", SIZES));
    response.status(201).json(parcel);
  });

  router.get("/:parcelId", (request, response) => {
    response.json(store.find(idOf(request)));
  });

  router.post("/:parcelId/collect", (request, response) => {
    response.json(store.collect(idOf(request)));
  });

  return router;
}

function idOf(request) {
  const { parcelId } = request.params;
  if (!/^\d+$/.test(parcelId)) throw new RefusedError(404, `there is no parcel ${parcelId}`);
  return Number(parcelId);
}
