// A process that uses the board of an egress pool until it is killed, or told to stop: it holds members and pairs and lets go of them, takes
// and drops records, keeps outcomes, changes and texts. All that it reads must be something that was written in one piece: an
// outcome's fields follow from one number, a text's number means that text or nothing. Run by the test beside it: boarding.ts FOLDER SLOT SEED

import { Prng } from "../../src/base/prng.ts";
import { memberWord, recordWord } from "../../src/memory/egress.ts";
import { SharedEgressBoard } from "../../src/memory/egressboard.ts";
import { processOwner } from "../../src/owner.ts";
import { boardIds, map, shadowOf, stopWord } from "./shared.ts";

const [folder = "", slotText = "0", seed = "0"] = process.argv.slice(2);
const prng = new Prng(Number(seed));
const board = new SharedEgressBoard(map(folder, "board"), "board", processOwner());
const shadow = new Int32Array(map(folder, "shadow").buffer);
const { beats } = shadowOf(Number(slotText));
const leases: number[] = [];
const startMs = Date.UTC(2026, 0, 1);

function draw(): number {
  return board.memberOf(boardIds[prng.below(boardIds.length)]!);
}

function hold(nowMs: number): void {
  const member = draw();
  if (member === 0) return;
  if (prng.below(2) === 0) leases.push(board.hold(member, 0));
  else if (board.open()) {
    const pair = board.take("pair", member, prng.below(30), nowMs);
    if (pair !== 0) leases.push(board.hold(member, pair));
    board.close();
  }
}

function letGo(): void {
  if (leases.length > 0) board.letGo(leases.splice(prng.below(leases.length), 1)[0]!);
}

function keep(): void {
  const member = draw();
  if (member === 0) return;
  const number = prng.below(1_000_000);
  board.keep(member, {
    ...{ atMs: startMs + number, status: number % 1000, fault: number % 100, flags: number & 15 },
    ...{ durationMs: number * 3, host: number * 5, key: number * 7 },
  });
  if (!board.open()) return;
  board.keepChange(member, { atMs: startMs + number * 1000, state: 2, cause: 1, forMs: number * 1000, text: number });
  board.close();
}

function read(): void {
  const member = draw();
  if (member === 0) return;
  board.history(member, 100, (one) => {
    const number = one.atMs - startMs;
    const isWhole = one.status === number % 1000 && one.fault === number % 100 && one.flags === (number & 15);
    if (!isWhole || one.durationMs !== number * 3 || one.host !== number * 5 || one.key !== number * 7)
      throw new Error(`an outcome is a mixture: ${JSON.stringify(one)}`);
    return true;
  });
  board.changes(member, 100, ({ atMs, forMs, text, cause }) => {
    if (cause === 1 && (atMs - startMs !== text * 1000 || forMs !== text * 1000))
      throw new Error(`a change is a mixture: ${atMs} ${forMs} ${text}`);
    return true;
  });
}

function read1Text(): void {
  const text = `text ${prng.below(2000)}`;
  const number = board.textOf(text);
  const found = board.text(number);
  // Forgotten since, or the lock was not to be had.
  if (found !== null && found !== "" && found !== text) throw new Error(`${text} means ${found}`);
}

function record(nowMs: number): void {
  const name = 1 + prng.below(300);
  const found = board.find("host", name, name);
  if (found !== 0) {
    const text = board.words[found + recordWord.text]!;
    const isStill = board.words[found] === name && board.words[found + recordWord.second] === name;
    if (isStill && text !== 0 && text !== name) throw new Error(`${name} has what belongs to ${text}`);
  }
  if (!board.open()) return;
  const taken = board.take("host", name, name, nowMs);
  if (taken !== 0) board.words[taken + recordWord.text] = name;
  if (taken !== 0 && prng.below(4) === 0) board.drop("host", taken);
  const member = draw();
  if (member !== 0) board.words[member + memberWord.failures] = name;
  board.close();
}

const acts = [hold, hold, letGo, letGo, keep, read, read1Text, record];
for (let turn = 0; Atomics.load(shadow, stopWord) === 0; turn++) {
  acts[prng.below(acts.length)]!(startMs + turn);
  if (leases.length > 200) letGo();
  Atomics.add(shadow, beats, 1);
}
board.leave();
