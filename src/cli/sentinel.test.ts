import { expect, test } from "bun:test";
import { wantedOf } from "./sentinel.ts";

function targets(environment: Record<string, string>): readonly string[] {
  const wanted = wantedOf({}, environment);
  return "plan" in wanted ? wanted.plan.targets.map(({ member }) => member) : wanted;
}

test("without an environment it is as the original's defaults", () => {
  const wanted = wantedOf({}, {});
  expect("place" in wanted && wanted.place.shown).toBe("localhost:16379");
  expect(targets({})).toEqual([8081, 8082, 8083].map((port) => `http://host.docker.internal:${port}`));
  expect(targets({ SENTINEL_TARGETS: "" })).toEqual(targets({}));
});

test("targets are trimmed, one alone is one, and empty ones are none", () => {
  expect(targets({ SENTINEL_TARGETS: " a:1 ,b:2 " })).toEqual(["http://a:1", "http://b:2"]);
  expect(targets({ SENTINEL_TARGETS: "a:1" })).toEqual(["http://a:1"]);
  expect(targets({ SENTINEL_TARGETS: "a:1,," })).toEqual(["http://a:1"]);
  expect(targets({ SENTINEL_TARGETS: "," })[0]).toStartWith("SENTINEL_TARGETS must");
});

test("options count more than the environment, and are told by their own names", () => {
  const environment = { REDIS_URL: "r:1", SENTINEL_TARGETS: "a:1" };
  const wanted = wantedOf({ redis: "other:2", targets: "c:3", fall: "4", quorum: "2", http: "/well" }, environment);
  expect(wanted).toMatchObject({ place: { shown: "other:2" }, plan: { quorum: 2, check: { kind: "http", fall: 4 } } });
  expect(wantedOf({ every: "soon" }, environment)).toEqual([expect.stringContaining("--every must be a duration")]);
  expect(wantedOf({ http: "well" }, environment)).toEqual([expect.stringContaining("--http must be a path")]);
  expect(wantedOf({}, { ...environment, REDIS_URL: "http://x" })).toEqual([
    "REDIS_URL must be host:port, or begin with redis://, rediss:// for TLS, valkey:// or unix:, not http://",
  ]);
  expect(wantedOf({ metrics: ":9100" }, environment)).toMatchObject({
    metrics: { kind: "tcp", host: "::", port: 9100 },
  });
  expect(wantedOf({ metrics: "9100" }, environment)).toEqual([expect.stringContaining("--metrics must be an address")]);
  expect(wantedOf({ redis: "localhost" }, environment)).toEqual(["--redis must have a port: write localhost:6379"]);
  expect(wantedOf({}, { ...environment, SENTINEL_TARGETS: "a:1,a:1" })).toEqual(['target "a:1" is there already: a:1']);
});
