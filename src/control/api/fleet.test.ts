import { expect, test } from "bun:test";
import { fleetRoutes } from "./fleet.ts";

test("the fleet is answered at its path, and only read", async () => {
  const routes = fleetRoutes({ answer: async () => ({ fleet: null, nodes: [] }) });
  const ask = (path: string, method = "GET") => routes(new Request(`http://a${path}`, { method }), path);
  expect(await (await ask("/api/v1/fleet"))!.json()).toEqual({ fleet: null, nodes: [] });
  expect((await ask("/api/v1/fleet", "POST"))!.status).toBe(405);
  expect(ask("/api/v1/fleets")).toBeNull();
});
