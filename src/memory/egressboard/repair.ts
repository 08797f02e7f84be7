// A board whose lock was taken over, put right. Who died in there may have been about any of these, and this is what becomes of it:
//
//   a record that was being made or taken out   it is forgotten, and what is free is counted anew
//   a member that was coming or leaving         its row is nobody's or its own, by its name; what is nobody's is swept
//   a change of state                           a state that no longer ends, though its kind does, is over; its entry in the ring is skipped
//   a text                                      its slot is free
//   all that is held up                         counts are made anew
//
// It looks at every record and row, a ms or so; it is not on the way of traffic.

import { memberState, memberTimesMax, memberWord, pairTimesMax, recordWord } from "../egress.ts";
import { sweep } from "./adopt.ts";
import { header, kinds } from "./layout.ts";
import type { BoardParts } from "./parts.ts";

export function repair(parts: BoardParts): void {
  const { file, rows, records, leases } = parts;
  for (const kind of kinds) records[kind].repair();
  sweep(parts, file.words);
  leases.mend();
  for (let number = 0; number < rows.used; number++) {
    const row = rows.rowAt(number);
    if (!rows.isNamed(row)) continue;
    if (file.words[row + memberWord.state]! < memberState.available) available(parts, row, memberWord);
    mend(parts, row, memberWord, memberTimesMax);
  }
  records.pair.visit((record) => mend(parts, record, recordWord, pairTimesMax));
  file.memory.add(header.version, 1);
}

type StateWords = typeof memberWord | typeof recordWord;

function mend(parts: BoardParts, at: number, word: StateWords, timesMax: number): void {
  const { words, doubles, memory } = parts.file;
  const state = words[at + word.state]!;
  const isEndless = state === memberState.coolingDown && !(doubles[(at + word.untilMs) / 2]! > 0);
  if (isEndless || state < memberState.none || state > memberState.banned) available(parts, at, word);
  const [count, next] = [words[at + word.timesCount]!, words[at + word.timesNext]!];
  if (count >= 0 && count <= timesMax && next >= 0 && next < timesMax) return;
  memory.put(at + word.timesCount, 0);
  memory.put(at + word.timesNext, 0);
}

function available({ file }: BoardParts, at: number, word: StateWords): void {
  file.doubles[(at + word.untilMs) / 2] = 0;
  file.memory.put(at + word.state, memberState.available);
}
