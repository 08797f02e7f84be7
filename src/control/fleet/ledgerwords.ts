// A batch as the words of the ledger's script, and its answer read: the other side of ledgerscript.ts. What it answers is believed
// no further than that it is ours: what cannot be read is null, and the batch is brought again.

import type { Answer, Batch, Cell, Mark, Total } from "../../fleet/batch.ts";
import { widthOf } from "../../fleet/cells.ts";
import type { Reply } from "../../redis/resp.ts";

const headWords = 5;
/** Before the slots of a total: lifetime, birth, nodes. */
const totalWords = 3;

/** What stands in ARGV. */
export function wordsOf(batch: Batch): (string | number)[] {
  const { node, stream, sequence, epoch, isLate, intervalMs, aliveMs, expireMs, changes, wishes } = batch;
  return [
    ...[node, stream, sequence, epoch, isLate ? 1 : 0, intervalMs, aliveMs, expireMs],
    batch.cells.map(cellWord).join(" "),
    ...[batch.marksAfter, batch.marksMax],
    JSON.stringify(changes.map(({ key, ageMs, slots }) => [key, ageMs, ...slots])),
    JSON.stringify(wishes),
  ];
}

function cellWord({ form, isMark, periodMs, burst }: Cell): string {
  return `${form}${isMark ? "!" : ""}${periodMs},${burst}`;
}

export function answerOf(reply: Reply, batch: Batch): Answer | null {
  if (!Array.isArray(reply) || !reply.every((word): word is string => typeof word === "string")) return null;
  const [kind, ...words] = reply;
  if (kind === "foreign" && words.length === 2) return { kind, epoch: Number(words[0]), nowMs: Number(words[1]) };
  if (kind === "superseded" && words.length === 1) return { kind, nowMs: Number(words[0]) };
  const count = batch.changes.length + batch.wishes.length;
  if (kind !== "told" || reply.length < headWords + count) return null;
  const width = widthOf(batch.cells);
  const told = reply.slice(headWords);
  const marks: Mark[] = [];
  for (let index = count; index + 1 < told.length; index += 2) {
    const total = totalOf(told[index + 1]!, width);
    if (total !== null) marks.push({ key: told[index]!, total });
  }
  return {
    kind,
    nowMs: Number(reply[1]),
    countedMs: Number(reply[2]),
    totals: told.slice(0, count).map((text) => totalOf(text, width)),
    marks,
    marksTo: Number(reply[3]),
    hasMore: reply[4] === "1",
  };
}

function totalOf(text: string, width: number): Total | null {
  if (text === "") return null;
  const numbers = text.split(" ").map(Number);
  if (numbers.length !== totalWords + width || numbers.some(Number.isNaN)) return null;
  const [ttlMs, bornMs, nodes] = numbers as [number, number, number];
  return { ttlMs, bornMs, nodes, slots: numbers.slice(totalWords) };
}
