import { expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { noDate, parseDate } from "../../src/cache/httpdate.ts";
import { Ranges } from "../../src/cache/range.ts";
import { nowMs, responseFacts, responseHead } from "../cacheheads.ts";
import * as texts from "./cachetexts.ts";
import { checkCaching } from "./caching.ts";
import { Inputs } from "./inputs.ts";

test("what caches read is right and wrong, each often", () => {
  const seen = new Map<string, number>();
  const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const ranges = new Ranges();
  for (let seed = 0; seed < 2_000; seed++) {
    const inputs = new Inputs(new Prng(seed));
    const date = Buffer.from(texts.date(inputs), "latin1");
    note(`date ${parseDate(date, 0, date.length, nowMs) !== noDate}`);
    note(`dictionary ${responseFacts(responseHead(200, `CDN-Cache-Control: ${texts.dictionary(inputs)}`)).isTargeted}`);
    const range = Buffer.from(texts.range(inputs), "latin1");
    note(`range ${ranges.read(range, 0, range.length, 10)}`);
    const { control } = responseFacts(responseHead(200, `Cache-Control: ${texts.directives(inputs)}`));
    note(`directives ${control.flags !== 0} ${Math.sign(control.maxAgeS)}`);
  }
  for (const what of [
    "date true",
    "date false",
    "dictionary true",
    "dictionary false",
    "range 0",
    "range 1",
    "range 2",
    "directives true 1",
    "directives true 0",
    "directives false 1",
    "directives false -1",
  ])
    expect([what, (seen.get(what) ?? 0) > 20]).toEqual([what, true]);
});

test("some seeds hold", () => {
  for (let seed = 1; seed < 300; seed++) checkCaching(new Inputs(new Prng(seed)));
});
