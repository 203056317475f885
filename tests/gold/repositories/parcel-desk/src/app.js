/** The application: its routes, its health, and what it answers where something is wrong. */

import express from "express";

import { RefusedError } from "./errors.js";
import { parcelRoutes } from "./routes/parcels.js";
import { ParcelStore } from "./store.js";

/**
 * Put the application together.
 *
 * @param {ParcelStore} [store] - a new one if left out.
 * @returns {express.Express}
 */
export function createApp(store = new ParcelStore()) {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "100kb" }));
  app.get("/health", (_request, response) => {
    response.json({ status: "ok" });
  });
  app.use("/api/parcels", parcelRoutes(store));
  app.use((_request, response) => {
    response.status(404).json({ error: "there is nothing here" });
  });
  app.use(answerError);
  return app;
}

function answerError(error, _request, response, next) {
  if (response.headersSent) return next(error);
  const refused = error instanceof RefusedError || error.type === "entity.parse.failed";
  const status = refused ? error.status : 500;
  return response.status(status).json({ error: refused ? error.message : "something went wrong" });
}
