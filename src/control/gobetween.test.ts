import { afterEach, expect, test } from "bun:test";
import { judge } from "../config/judge.ts";
import { Arena } from "../memory/arena.ts";
import { Totals } from "../memory/tally.ts";
import type { AdminService } from "./adminservice.ts";
import type { ConfigService } from "./configuring/service.ts";
import { Gobetween } from "./gobetween.ts";
import { silentLog } from "./log.ts";

const open: Gobetween[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

const service = {
  unreadiness: () => "starting",
  metrics: () => "a 1\n",
  status: () => ({ version: "1.2.3" }),
  steer: (pool: string) => `no ${pool}`,
} as unknown as AdminService;

function made(gobetween: object): Gobetween {
  const { config } = judge({ listeners: {}, pools: {}, gobetween: { api: {}, ...gobetween } });
  const arena = Arena.inMemory();
  const one = new Gobetween({
    ...{ arena, totals: new Totals(arena, 1), plan: () => null, service, log: silentLog() },
    ...{ current: () => config!, configuring: {} as ConfigService },
  });
  open.push(one);
  return one;
}

test("its metrics stand behind those of Sluice where they are asked for, and the rest stays", () => {
  const told = made({ metrics: true }).serviceWithMetrics();
  expect(told.metrics()).toStartWith("a 1\n# HELP gobetween_build_info ");
  expect([told.unreadiness(), told.steer("app", "a", "drain")]).toEqual(["starting", "no app"]);
  expect(made({}).serviceWithMetrics()).toBe(service);
});

test("the API is there where its file asks for it", () => {
  const paths = made({})
    .operations()
    .map(({ method, path }) => `${method} ${path}`);
  expect(paths).toEqual([
    ...["GET /ping", "GET /", "GET /dump", "GET /servers"],
    ...["GET /servers/{name}", "POST /servers/{name}", "DELETE /servers/{name}", "GET /servers/{name}/stats"],
  ]);
});
