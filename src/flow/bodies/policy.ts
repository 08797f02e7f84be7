// What a listener or a pool does with bodies, made ready for a site: media types that can be asked, patterns compiled. It decides
// nothing about a response; that is for ../bodies.ts.

import { assert } from "../../base/assert.ts";
import type { BodyPlan, CompressPlan, ReplacePlan } from "../../config/plan.ts";
import { MediaTypes } from "../../rewrite/mediatype.ts";
import { type Finder, PatternReplacement } from "../../rewrite/patternreplacement.ts";
import { madeBytesMax, type Replacement } from "../../rewrite/replacement.ts";
import { TextReplacement } from "../../rewrite/textreplacement.ts";
import { fillIn, readPattern, readReplacement } from "../../rules/expression/pattern.ts";

export interface Compression {
  readonly plan: CompressPlan;
  readonly types: MediaTypes;
}

export interface ReplaceRule {
  readonly types: MediaTypes;
  /** For one body. */
  make(): Replacement;
}

export class BodyPolicy {
  /** It says of compression whether there is some; otherwise others do. */
  readonly isCompressSaid: boolean;
  readonly compression: Compression | null;
  readonly replacements: readonly ReplaceRule[];

  constructor({ isSaid, compress, replace }: BodyPlan) {
    this.isCompressSaid = isSaid;
    this.compression = compress === null ? null : { plan: compress, types: new MediaTypes(compress.types, false) };
    this.replacements = replace.map(replaceRule);
  }
}

/** Null where there is nothing to be done, and nothing said. */
export function bodyPolicy(plan: BodyPlan): BodyPolicy | null {
  return !plan.isSaid && plan.replace.length === 0 ? null : new BodyPolicy(plan);
}

function replaceRule(plan: ReplacePlan): ReplaceRule {
  const types = new MediaTypes(plan.types, true);
  const { find, by, isPattern, matchBytesMax } = plan;
  if (!isPattern) {
    const [text, instead] = [Buffer.from(find), Buffer.from(by)];
    return { types, make: () => new TextReplacement(text, instead) };
  }
  const finder = finderOf(find, by, matchBytesMax);
  return { types, make: () => new PatternReplacement(finder, matchBytesMax) };
}

/** Bodies are looked at as bytes, one a character, and so is the pattern. */
function finderOf(find: string, by: string, matchBytesMax: number): Finder {
  const read = readPattern(bytesOf(find), "");
  const parts = readReplacement(bytesOf(by));
  assert(read.ok && parts !== null, `the replacement ${JSON.stringify(find)} of a plan does not compile`);
  const { pattern } = read;
  const mostBytes = lengthOf(parts, () => matchBytesMax);
  return (text, from) => {
    const found = pattern.execFrom(text, from);
    if (found === null) return null;
    const isLong = mostBytes > madeBytesMax && lengthOf(parts, (group) => found[group]?.length ?? 0) > madeBytesMax;
    return {
      start: found.index,
      end: found.index + found[0]!.length,
      by: isLong ? null : fillIn(parts, found),
    };
  };
}

/** Of what is filled in. */
function lengthOf(parts: readonly (string | number)[], groupLength: (group: number) => number): number {
  let length = 0;
  for (const part of parts) length += typeof part === "string" ? part.length : groupLength(part);
  return length;
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
