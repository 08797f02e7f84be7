// What is on a board, in words: states, why a member is in one, and times. The words of the admin interface, of metrics and of the
// log are the same ones, but that metrics write them with underscores.

import { faultCodes } from "../../base/fault.ts";
import { causeInWords, stateInWords } from "../../egress/causes.ts";
import { type ChangeCause, changeCause, type MemberState, memberState } from "../../memory/egress.ts";

export type StateWord = "none" | "available" | "coolingDown" | "trial" | "banned";
export const stateWords: readonly StateWord[] = ["available", "coolingDown", "trial", "banned"];

export type CauseWord = keyof typeof changeCause;
const causeWords = Object.keys(changeCause) as CauseWord[];
const stateNames = Object.keys(memberState) as StateWord[];

export function stateWord(state: MemberState): StateWord {
  return stateNames[state] ?? "none";
}

export function causeWord(cause: ChangeCause): CauseWord {
  return causeWords[cause] ?? "none";
}

/** As a label of metrics: cooling_down, trial_failed. */
export function labelOf(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** "cooling down", "on trial". */
export function stateText(state: StateWord): string {
  return stateInWords[memberState[state]];
}

/** Why a member is in its state. `text`: a host, or what an operator said; null where that is forgotten. */
export function whyText(cause: CauseWord, text: string | null): string {
  return causeInWords(changeCause[cause], text);
}

/** Null for 0: never. */
export function isoOf(ms: number): string | null {
  return ms > 0 && ms < 8.64e15 ? new Date(ms).toISOString() : null;
}

/** The code of a fault as it is kept; null without. */
export function faultWord(fault: number): string | null {
  return fault === 0 ? null : (faultCodes[fault - 1] ?? null);
}

/** In a few words, without what belongs to it. */
export function causeText(cause: CauseWord): string {
  return whyText(cause, null);
}
