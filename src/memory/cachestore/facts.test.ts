import { expect, test } from "bun:test";
import { CacheStore } from "../cachestore.ts";
import { StoreFacts, writeFacts } from "./facts.ts";
import { node as N } from "./node.ts";
import { facts } from "./sample.fixture.ts";

test("facts are read as they were written, and how long the body is stands apart", () => {
  const { shard } = CacheStore.inMemory({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 16, policy: "lru" }).parts;
  const node = shard.layout.unitsAt;
  const written = {
    ...facts,
    flags: 63,
    reason: 12,
    bornMs: 1.5,
    freshForMs: -20,
    staleIfErrorMs: 2 ** 40,
    bodyBytes: 77,
  };
  shard.words[node + N.bodyBytes] = 5;
  writeFacts(shard, node, written);
  const read = new StoreFacts();
  read.read(shard, node);
  expect({ ...read }).toEqual({ ...written, bodyBytes: 5 });
});
