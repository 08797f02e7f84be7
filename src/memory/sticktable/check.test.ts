import { expect, test } from "bun:test";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";
import { entryWord, shardWord } from "./layout.ts";

function filled(): StickTable {
  const table = StickTable.inMemory({
    name: "clients",
    key: { kind: "integer" },
    entriesMax: 100,
    expireMs: 0,
    isEvicting: true,
    share: null,
    store: ["gpc0"],
  });
  for (let key = 0; key < 20; key++) {
    table.key.setInteger(key);
    table.add(0, 0, 1, 1000 + key);
  }
  return table;
}

test("a table that nobody has damaged holds together", () => {
  expect(checkTable(filled())).toEqual([]);
});

type Damage = (words: Int32Array, shard: number, entry: number) => void;
const damages: readonly (readonly [string, Damage])[] = [
  ["a lock that was left", (words, shard) => void (words[shard] = 1)],
  ["a count of entries that is wrong", (words, shard) => void words[shard + shardWord.used]!--],
  ["a reference that nobody holds", (words, _, entry) => void words[entry]!++],
  ["an entry that is no more used", (words, _, entry) => void (words[entry] = 0)],
  ["a key that is in another bucket", (words, _, entry) => void (words[entry + entryWord.key] = 12_345)],
  ["an entry without older ones", (words, shard, entry) => void (words[shard + shardWord.oldest] = entry)],
  ["a wrong neighbour", (words, _, entry) => void (words[entry + entryWord.older] = entry)],
  ["an order that goes round", (words, _, entry) => void (words[entry + entryWord.newer] = entry)],
  ["a bucket that goes round", (words, _, entry) => void (words[entry + entryWord.next] = entry)],
  ["a newest that is none", (words, shard, entry) => void (words[shard + shardWord.newest] = entry)],
  ["a used entry among the free", (words, shard, entry) => void (words[shard + shardWord.free] = entry)],
  ["more entries than there are", (words, shard) => void (words[shard + shardWord.fresh] = 101)],
];

test.each(damages)("%s is found", (_, damage) => {
  const table = filled();
  const { memory, layout } = table.parts;
  damage(memory.words, layout.shardsAt, layout.entriesAt + 5 * layout.entryWords);
  expect(checkTable(table)).not.toEqual([]);
});
