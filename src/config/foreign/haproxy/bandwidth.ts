// `filter bwlim-out NAME default-limit 1m default-period 1s` and `set-bandwidth-limit NAME`: how fast a stream goes. Limits that many
// streams share by a table are not there.

import { quote } from "../../../base/reading.ts";
import { fault, refuse } from "./objection.ts";
import type { Made, RuleLine } from "./ruleline.ts";
import type { Word } from "./scene.ts";
import { readUnits } from "./time.ts";

/** What a rule of ours takes at least. */
const paceMin = 1024;

export function bandwidth(line: RuleLine): Made {
  const name = line.next("the name of a filter");
  const filter = line.site.proxy.statements.find(
    ({ words }) =>
      words[0]!.text === "filter" && /^bwlim-(?:in|out)$/.test(words[1]?.text ?? "") && words[2]?.text === name.text,
  );
  if (filter === undefined) return fault(name, `names a filter ${quote(name.text)}, which this proxy does not have`);
  const optionOf = (option: string): Word | undefined => {
    const at = filter.words.findIndex(({ text }) => text === option);
    return at === -1 ? undefined : filter.words[at + 1];
  };
  const shared = filter.words.find(({ text }) => text === "limit");
  if (shared !== undefined)
    return refuse(shared, "streams do not share a limit: give each one with default-limit and default-period");
  if (filter.words[1]!.text === "bwlim-in") return refuse(name, "what clients send is not slowed down");
  if (line.site.proxy.mode === "tcp")
    return refuse(name, "responses of mode http are slowed down, streams of mode tcp are not");
  let limit = optionOf("default-limit");
  let period = optionOf("default-period");
  for (let word = line.peek(); word !== null; word = line.peek()) {
    line.next("");
    if (word.text === "limit") limit = line.next("a number of bytes");
    else if (word.text === "period") period = line.next("a time");
    else return fault(word, `is no argument of set-bandwidth-limit: ${quote(word.text)}`);
  }
  if (limit === undefined || period === undefined) return fault(name, "has neither a limit nor a period");
  const pace = Math.max(Math.round((readBytes(limit) * 1000) / Math.max(readUnits(period, "ms"), 1)), paceMin);
  return { slowDown: `${pace}b/s` };
}

function readBytes(word: Word): number {
  const found = /^(\d{1,12})([kKmMgG]?)$/.exec(word.text);
  const powers: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
  if (found === null) return refuse(word, "a limit is a number of bytes such as 500k, the same for every stream");
  return Number(found[1]) * powers[found[2]!.toLowerCase()]!;
}
