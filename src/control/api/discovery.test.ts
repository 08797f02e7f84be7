import { expect, test } from "bun:test";
import type { SourceFigures } from "../discovery/standing.ts";
import { type DiscoveryAnswer, discoveryOperations } from "./discovery.ts";
import { routesOfOperations } from "./router.ts";

const figures: SourceFigures = {
  source: "file servers.txt",
  servers: [{ address: "10.0.0.1:80", weight: 2 }, { address: "10.0.0.2:80" }],
  lastSuccessMs: 60_000,
  failures: 1,
  changes: 2,
  lastChangeMs: 60_000,
  problem: { text: "does not exist", sinceMs: 62_000 },
  remarks: ["line 2 is no host:port"],
  kept: { servers: ["10.0.0.2:80"], sinceMs: 61_000, why: "does not exist" },
};

test("each pool's sources, with what they told and why they do not answer", async () => {
  const never = { ...figures, servers: [], lastSuccessMs: null, problem: null, remarks: [], kept: null };
  const routes = routesOfOperations(
    discoveryOperations(
      () => [{ pool: "app", sources: [figures, never], kept: new Map() }],
      () => 65_400,
    ),
  );
  const ask = (method: string, path = "/api/v1/discovery") => routes(new Request(`http://x${path}`, { method }), path);
  const answer = (await (await ask("GET"))!.json()) as DiscoveryAnswer;
  expect(answer).toEqual({
    pools: [
      {
        name: "app",
        sources: [
          {
            source: "file servers.txt",
            servers: [
              { address: "10.0.0.1:80", weight: 2, isKept: false },
              { address: "10.0.0.2:80", isKept: true },
            ],
            lastSuccess: "1970-01-01T00:01:00.000Z",
            ageSeconds: 5,
            problem: { text: "does not exist", since: "1970-01-01T00:01:02.000Z" },
            remarks: ["line 2 is no host:port"],
            kept: { servers: 1, since: "1970-01-01T00:01:01.000Z", why: "does not exist" },
          },
          {
            ...{ source: "file servers.txt", servers: [], lastSuccess: null, ageSeconds: null, problem: null },
            ...{ remarks: [], kept: null },
          },
        ],
      },
    ],
  });
  expect((await ask("POST"))!.status).toBe(405);
  expect(ask("GET", "/api/v1/status")).toBeNull();
});
