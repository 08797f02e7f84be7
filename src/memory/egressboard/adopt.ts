// Which members there are, as control says. Rows of those that left lose their names first, so that nobody finds them any more, then
// what is held of them, what is known of them at each host, and at last what stands in them and in their rings. New ones get
// the first rows that are free. In steps, each of which leaves the board in order and holds the lock for some microseconds; what a
// control that died in between has left is done by the next that adopts.

import { changeCause, memberState, recordWord } from "../egress.ts";
import type { IsUser } from "./carry.ts";
import { header } from "./layout.ts";
import type { BoardParts } from "./parts.ts";
import { BoardRows } from "./rows.ts";

/** Rows that are named before others are let at the board. */
const batch = 32;

/** Answers the ids without room. */
export function adopt(parts: BoardParts, ids: readonly string[], nowMs: number): string[] {
  const { file, rows } = parts;
  const fresh = new Set(ids);
  const leaving: number[] = [];
  rows.visit((row, id) => {
    if (!fresh.delete(id)) leaving.push(row);
  });
  if (!file.open()) return [...fresh];
  part(parts, leaving);
  file.close();
  for (const row of leaving) {
    if (!file.open()) return [...fresh];
    wipe(parts, row);
    file.close();
  }
  const refused = name(parts, [...fresh], nowMs);
  rows.reindex();
  file.memory.add(header.version, 1);
  return refused;
}

/** Those of others are forgotten. */
export function adoptUsers({ file, records }: BoardParts, isUser: IsUser): void {
  const { words } = file;
  const gone: number[] = [];
  records.user.visit((record) => {
    if (!isUser(words[record]!)) gone.push(record);
  });
  for (let index = 0; index < gone.length; ) {
    if (!file.open()) return;
    for (const end = Math.min(index + batch, gone.length); index < end; index++)
      if (words[gone[index]!] !== 0 && !isUser(words[gone[index]!]!)) records.user.remove(gone[index]!);
    file.close();
  }
}

/** With the lock: pairs and sessions of rows that are nobody's, whoever left them. */
export function sweep({ rows, records }: BoardParts, words: Int32Array): void {
  records.pair.visit((record) => {
    if (!rows.isNamed(words[record]!)) records.pair.remove(record);
  });
  records.session.visit((record) => {
    const state = words[record + recordWord.state]!;
    if (state !== 0 && !rows.isNamed(state - 1)) records.session.remove(record);
  });
}

/** With the lock: all but what is in flight. */
function wipe({ rows, outcomes, changes }: BoardParts, row: number): void {
  outcomes.wipe(row);
  changes.wipe(row);
  rows.wipe(row);
}

function part(parts: BoardParts, leaving: readonly number[]): void {
  const { file, rows, leases } = parts;
  for (const row of leaving) rows.unname(row);
  if (leaving.length > 0) leases.part((member) => !rows.isNamed(member));
  sweep(parts, file.words);
  file.memory.add(header.version, 1);
}

function name(parts: BoardParts, ids: readonly string[], nowMs: number): string[] {
  const { file, rows, changes } = parts;
  const { members } = file.layout.shape;
  const refused: string[] = [];
  let number = 0;
  for (let index = 0; index < ids.length; ) {
    if (!file.open()) return [...refused, ...ids.slice(index)];
    for (const end = Math.min(index + batch, ids.length); index < end; index++) {
      const id = ids[index]!;
      while (number < members && rows.isNamed(rows.rowAt(number))) number++;
      if (number >= members || !BoardRows.isId(id)) {
        refused.push(id);
        continue;
      }
      const row = rows.rowAt(number);
      // Somebody who had not heard that the former one has left may have told it something.
      wipe(parts, row);
      rows.name(row, id, nowMs);
      const { available } = memberState;
      changes.keep(row, { atMs: nowMs, state: available, cause: changeCause.added, forMs: 0, text: 0 });
    }
    file.close();
  }
  return refused;
}
