import { expect, test } from "bun:test";
import type { AdminService } from "../control/adminservice.ts";
import { routesOfOperations } from "../control/api/router.ts";
import { steeringOperations } from "../control/api/steering.ts";
import { steer } from "./steer.ts";

test("who drains the last server of a pool is told what comes of it", async () => {
  const drained = new Set<string>();
  const names = ["a:1", "b:1"];
  const service = {
    status: () => ({
      pools: [{ name: "app", servers: names.map((name) => ({ name, isEligible: !drained.has(name) })) }],
    }),
    steer: (_: string, server: string, order: string) => {
      if (order === "drain") drained.add(server);
      else drained.delete(server);
      return null;
    },
  } as unknown as AdminService; // What the operations ask of it.
  const routes = routesOfOperations(steeringOperations(service));
  const fetch = async (request: Request): Promise<Response> => (await routes(request, new URL(request.url).pathname))!;
  using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  const options = { admin: `127.0.0.1:${server.port}` };
  const said: string[] = [];
  const note = (text: string): void => void said.push(text);
  const writer = { out: () => {}, err: note, note };
  expect(await steer("drain", { pool: "app", server: "a:1" }, options, writer)).toBe(0);
  expect(said).toEqual([]);
  expect(await steer("drain", { pool: "app", server: "b:1" }, options, writer)).toBe(0);
  expect(said).toEqual(["no server of pool app takes requests now: they are refused"]);
  expect(await steer("enable", { pool: "app", server: "b:1" }, options, writer)).toBe(0);
  expect(said).toHaveLength(1);
});

test("who drains a server is told which clients stay, and who puts it into maintenance that none do", async () => {
  const orders: string[] = [];
  const service = {
    status: () => ({ pools: [{ name: "app", servers: [{ name: "a:1", isEligible: true }] }] }),
    steer: (_: string, server: string, order: string) => {
      orders.push(`${order} ${server}`);
      return null;
    },
  } as unknown as AdminService; // What the operations ask of it.
  const routes = routesOfOperations(steeringOperations(service));
  const fetch = async (request: Request): Promise<Response> => (await routes(request, new URL(request.url).pathname))!;
  using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  const said: string[] = [];
  const writer = { out: (text: string): void => void said.push(text), err: () => {}, note: () => {} };
  for (const order of ["drain", "maintain", "enable"] as const)
    expect(await steer(order, { pool: "app", server: "a:1" }, { admin: `127.0.0.1:${server.port}` }, writer)).toBe(0);
  expect(orders).toEqual(["drain a:1", "maintain a:1", "enable a:1"]);
  expect(said[0]).toContain("but of clients that a cookie or a table binds to it (`sluice maintain app/a:1`");
  expect(said[1]).toContain("gets no new requests at all");
  expect(said[2]).toBe("app/a:1 is enabled");
});
