import { expect, test } from "bun:test";
import { fleetOperations } from "./fleet.ts";
import { routesOfOperations } from "./router.ts";

test("while it starts a node knows of no fleet yet, and says so instead of that there is none", async () => {
  const routes = routesOfOperations(
    fleetOperations({ isDecided: false, answer: async () => ({ fleet: null, nodes: [] }) }),
  );
  const response = (await routes(new Request("http://x/api/v1/fleet"), "/api/v1/fleet"))!;
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining("is starting")]);
});

test("the fleet is answered at its path, and only read", async () => {
  const routes = routesOfOperations(
    fleetOperations({ isDecided: true, answer: async () => ({ fleet: null, nodes: [] }) }),
  );
  const ask = (path: string, method = "GET") => routes(new Request(`http://a${path}`, { method }), path);
  expect(await (await ask("/api/v1/fleet"))!.json()).toEqual({ fleet: null, nodes: [] });
  expect((await ask("/api/v1/fleet", "POST"))!.status).toBe(405);
  expect(ask("/api/v1/fleets")).toBeNull();
});
