// What a backtest says of a log is what Sluice did when it wrote it: real traffic, its access log, and the same rule over that.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import type { BacktestReport } from "../../src/cli/backtesttext.ts";
import { Origin, ok } from "./harness/origin.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** Each on a connection of its own. */
function statusFrom(port: number, localAddress: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const asked = request({ port, localAddress, host: "127.0.0.1", path: "/x", agent: false }, (response) => {
    response.resume();
    response.on("end", () => resolve(response.statusCode ?? 0));
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}

async function report(words: readonly string[]): Promise<BacktestReport> {
  const { code, out, err } = await ran([...command, "backtest", ...words, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as BacktestReport;
}

test("over Sluice's own log a rule hits those that it has hit, and a threshold is found between them and others", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("fine"));
  const path = room.path("access.log");
  const sluice = await Sluice.start(room, {
    tables: { seen: { key: "ip", expire: "10m", store: ["http_req_rate(60s)"] } },
    pools: {
      app: {
        servers: [origin.address],
        rules: [{ track: "seen" }, { name: "greedy", if: "seen[src].http_req_rate > 20", deny: 429 }],
      },
    },
    accessLog: { path, format: "json", flush: "10ms" },
  });
  const counts = new Map<string, number>([
    ["127.0.9.1", 60],
    ["127.0.9.2", 30],
  ]);
  for (let client = 10; client < 32; client++) counts.set(`127.0.9.${client}`, 2);
  const denied = new Map<string, number>();
  await Promise.all(
    [...counts].map(async ([client, count]) => {
      for (let index = 0; index < count; index++)
        if ((await statusFrom(sluice.port, client)) === 429) denied.set(client, (denied.get(client) ?? 0) + 1);
    }),
  );
  expect(Object.fromEntries(denied)).toEqual({ "127.0.9.1": 40, "127.0.9.2": 10 });
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  await until("all lines", () => readFileSync(path, "utf8").split("\n").length === total + 1);

  const same = await report(["greedy", "-c", sluice.configPath, "--from", path, "--enforce"]);
  expect(same.traffic).toMatchObject({ requests: total, clients: counts.size, misread: 0, elsewhere: 0 });
  expect(same.hits).toMatchObject({ requests: 50, clients: 2 });
  expect(same.top.map(({ client, hits, peak }) => [client, hits, peak])).toEqual([
    ["127.0.9.1", 40, 60],
    ["127.0.9.2", 10, 30],
  ]);
  expect(same.refusals).toEqual({ greedy: 50 });
  expect(same.threshold?.suggested).toMatchObject({ by: "gap", below: 2, above: 30, clients: 2 });

  // Observed, nobody is refused, and those who are counted stay counted.
  const observed = await report(["pools.app.rules[1]", "-c", sluice.configPath, "--from", path]);
  expect(observed.hits).toMatchObject({ requests: 50, clients: 2 });
  expect(observed.refusals).toEqual({});
});
