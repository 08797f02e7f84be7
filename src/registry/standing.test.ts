import { expect, test } from "bun:test";
import { readRedisPlace } from "../base/redisplace.ts";
import { value } from "../config/measure.ts";
import type { Told } from "./registry.ts";
import { StandingRegistry } from "./standing.ts";

const away = {
  place: value(readRedisPlace("redis://:secret@127.0.0.1:1")),
  pollMs: 60_000,
  timeoutMs: 1000,
  isNotified: true,
};

test("who watches goes on watching when another registry takes its place, and again when the first is back", async () => {
  const registry = new StandingRegistry();
  const tolds: Told[] = [];
  const next = async (count: number): Promise<Told> => {
    while (tolds.length < count) await new Promise((resolve) => setImmediate(resolve));
    return tolds.at(-1)!;
  };
  try {
    await registry.add("app", "10.0.0.1:80");
    const stop = registry.watch("app", (told) => tolds.push(told));
    expect(await next(1)).toMatchObject({ ok: true, servers: [{ address: "10.0.0.1:80" }] });
    registry.adopt(away);
    expect(await next(2)).toEqual({ ok: false, problem: "connection refused" });
    expect(registry.status()).toEqual({
      ...{ place: "127.0.0.1:1", notice: "poll", problem: "connection refused", outages: 1 },
    });
    registry.adopt({ ...away });
    registry.adopt(null);
    expect(await next(3)).toMatchObject({ ok: true, servers: [{ address: "10.0.0.1:80" }] });
    stop();
    await registry.add("app", "10.0.0.2:80");
    expect(tolds.length).toBe(3);
  } finally {
    registry.close();
  }
});
