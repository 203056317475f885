/** A client of an application that runs for the length of a test. */

import { once } from "node:events";

import { createApp } from "../src/app.js";

/**
 * Serve an application on a free port while a function asks it.
 *
 * @param {import("../src/store.js").ParcelStore} store
 * @param {(ask: (method: string, path: string, body?: unknown) => Promise<{status: number, body: any}>) => Promise<void>} use
 */
export async function withClient(store, use) {
  const server = createApp(store).listen(0, "127.0.0.1");
  await once(server, "listening");
  const root = `http://127.0.0.1:${server.address().port}`;
  try {
    await use(async (method, path, body) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const response = await fetch(`${root}${path}`, {
        method,
        headers: { "Content-Type": "application/json", Connection: "close" },
        body: method === "GET" ? undefined : text,
      });
      return { status: response.status, body: await response.json() };
    });
  } finally {
    server.close();
    await once(server, "close");
  }
}
