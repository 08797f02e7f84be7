import { expect, test } from "bun:test";
import type { Connection } from "../redis/connection.ts";
import { type Reply, ReplyError } from "../redis/resp.ts";
import { arm, changedBy } from "./notices.ts";

const sets = ["shop", "shop:eu", "api"];

test("a push tells of the sets whose members or drained ones have changed, and of no others", () => {
  const of = (...push: readonly Reply[]): readonly string[] | null => changedBy(push, sets);
  expect(of("invalidate", ["shop"])).toEqual(["shop"]);
  expect(of("invalidate", ["api:draining", "shop:eu"])).toEqual(["shop:eu", "api"]);
  expect(of("invalidate", ["shop:leases", "shop:views", "shopping"])).toEqual([]);
  expect(of("invalidate", null)).toBeNull();
  expect(of("message", "shop:changes", "1")).toEqual(["shop"]);
  expect(of("message", "__keyspace@0__:api", "sadd")).toEqual(["api"]);
  expect(of("message", "__keyspace@0__:shop:eu:draining", "srem")).toEqual(["shop:eu"]);
  expect(of("message", "__keyspace@0__:other", "sadd")).toEqual([]);
  expect(of("pong", "")).toEqual([]);
});

/** A connection that refuses commands that begin like these. */
function stand(refused: readonly string[], asked: string[] = [], hasPushes = true): Connection {
  const say = async (...words: readonly (string | number)[]): Promise<Reply> => {
    const command = words.join(" ");
    asked.push(command);
    if (refused.some((each) => command.startsWith(each))) throw new ReplyError("NOPERM no");
    return command.startsWith("CONFIG GET") ? ["notify-keyspace-events", "Ex"] : "OK";
  };
  const subscribe = async (channel: string): Promise<void> => void (await say("SUBSCRIBE", channel));
  return { ask: say, subscribe, hasPushes } as unknown as Connection; // All that is used of one.
}

test("tracking goes first, for names of which none begins with another", async () => {
  const asked: string[] = [];
  expect(await arm(stand([], asked), sets, 0)).toBe("tracking");
  expect(asked.at(-1)).toBe("CLIENT TRACKING ON BCAST PREFIX shop PREFIX api");
});

test("then events of keys, which are added to those that there are", async () => {
  const asked: string[] = [];
  expect(await arm(stand(["CLIENT"], asked), ["shop"], 3)).toBe("keyspace events");
  expect(asked).toContain("SUBSCRIBE __keyspace@3__:shop");
  expect(asked.at(-1)).toBe("CONFIG SET notify-keyspace-events ExKsge");
});

test("then our own channel, and in the end nothing but looking", async () => {
  expect(await arm(stand(["CLIENT", "CONFIG"]), sets, 0)).toBe("channel");
  expect(await arm(stand(["CLIENT", "CONFIG SET"]), sets, 0)).toBe("channel");
  expect(await arm(stand(["CLIENT", "SUBSCRIBE"]), sets, 0)).toBe("poll");
  expect(await arm(stand([], [], false), sets, 0)).toBe("poll");
  expect(await arm(stand([]), [], 0)).toBe("poll");
});
