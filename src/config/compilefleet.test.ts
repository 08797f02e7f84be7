import { expect, test } from "bun:test";
import { readRedisPlace } from "../base/redisplace.ts";
import { compileFleet } from "./compilefleet.ts";
import { judge } from "./judge.ts";
import { value } from "./measure.ts";

const rest = { listeners: { w: { listen: ":80", use: "a" } }, pools: { a: { servers: ["s:1"] } } };
const redis = "redis://127.0.0.1:6379";
const place = value(readRedisPlace(redis));

test("an address alone is a fleet with what is usual", () => {
  const { config } = judge({ ...rest, fleet: redis });
  expect(compileFleet(config!)).toEqual({
    ...{ place, name: "default", node: null, intervalMs: 200, staleMs: 5000, whenStale: "open", hasBans: true },
  });
  expect(compileFleet(judge({ ...rest, fleet: "127.0.0.1:6379" }).config!)?.place).toEqual(place);
  expect(compileFleet(judge(rest).config!)).toBeNull();
});

test("what is written counts", () => {
  const fleet = { redis, name: "eu", node: "n1", interval: "1s", stale: "10s", whenStale: "closed", bans: false };
  expect(compileFleet(judge({ ...rest, fleet }).config!)).toEqual({
    ...{ place, name: "eu", node: "n1", intervalMs: 1000, staleMs: 10_000, whenStale: "closed", hasBans: false },
  });
});
