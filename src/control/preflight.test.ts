import { expect, test } from "bun:test";
import { judge } from "../config/judge.ts";
import type { Plan } from "../config/plan.ts";
import { fileShortage, startProblems } from "./preflight.ts";

function plan(...connectionsMax: number[]): Plan {
  return { listeners: connectionsMax.map((max) => ({ connectionsMax: max })) } as unknown as Plan; // Nothing else is read.
}

test("too few files for the promised connections are told with the number that is needed", () => {
  expect(fileShortage(plan(20_000, 4000), 2, 1024)).toBe(
    "ulimit -n is 1024, and a worker needs 13088 for its share of 24000 connections of clients and 1024 to servers; " +
      "raise it (ulimit -Hn, LimitNOFILE) or lower maxConnections",
  );
});

test("a limit that nobody has set is not blamed on the config", () => {
  expect(fileShortage(plan(20_000), 1, 1024)).toBe(
    "ulimit -n is 1024, and a worker needs 21088 for its share of 20000 connections of clients and 1024 to servers; that is what " +
      "listeners take where maxConnections does not say; set it to what you expect, or raise the limit (ulimit -Hn, LimitNOFILE)",
  );
});

test("enough files, or a system that does not tell, are no warning", () => {
  expect(fileShortage(plan(20_000), 2, 11_088)).toBeNull();
  expect(fileShortage(plan(20_000), 2, 11_087)).not.toBeNull();
  expect(fileShortage(plan(20_000), 1, Number.POSITIVE_INFINITY)).toBeNull();
  expect(fileShortage(plan(20_000), 1, null)).toBeNull();
});

test("a listener without a limit promises nothing", () => {
  expect(fileShortage(plan(10_000_000), 1, 1024 + 64)).toBeNull();
  expect(fileShortage(plan(10_000_000, 1000), 1, 1024)).toContain("a worker needs 2064");
});

test("an open admin interface without a token, and one address for both, are told together", async () => {
  const free = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  free.stop(true);
  const { config } = judge({
    listeners: { web: { listen: `0.0.0.0:${free.port}`, use: "app" } },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  // The review of a config refuses these too; a config that did not come through it must not get past here.
  const problems = await startProblems({ ...config!, admin: { listen: `0.0.0.0:${free.port}` } });
  expect(problems).toEqual([
    "the admin interface listens outside of loopback and has no token: set admin.token, or listen on 127.0.0.1",
    `the admin interface and a listener cannot both have 0.0.0.0:${free.port}`,
  ]);
});
