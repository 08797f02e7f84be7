// The target of a request as it was received, for capture.req.uri: where some rule writes another, a variable keeps it from the first
// rule of a listener on. Where none does, it is the target that there is. Of an absolute one it is the path with its query. So with the
// method; and the status that a rule gives is what rules behind it see.

import type { Service, Word } from "./scene.ts";

/** The variable of the method as it was received, and that of the status as it is set. To HAProxy's rules set-method changes nothing. */
export const receivedMethod = "received_method";
export const givenStatus = "given_status";

export function isMethodEdited(proxies: readonly Service[]): boolean {
  return isSeenElsewhere(proxies, "set-method", /(?<!set-)\bmethod\b|METH_|%HM/);
}

export function isStatusEdited(proxies: readonly Service[]): boolean {
  return isSeenElsewhere(proxies, "set-status", /(?<!set-)\bstatus\b|%ST/);
}

/** Some line sets it, and another asks for it. */
function isSeenElsewhere(proxies: readonly Service[], action: string, asks: RegExp): boolean {
  const lines = proxies.flatMap(({ statements }) => statements.map(({ words }) => words));
  const setting = lines.filter((words) => words[1]?.text === action);
  const asking = lines.filter((words) => words.some(({ text }) => asks.test(text)));
  return asking.some((line) => setting.some((other) => other !== line));
}

/** The variable. No variable of HAProxy's has a name without a scope. */
export const receivedTarget = "received_target";

const edits = /^(?:set|replace)-(?:path|pathq|uri)$|^(?:set-query|normalize-uri)$/;
const isLegacyEdit = (words: readonly Word[]): boolean => /^reqi?rep$/.test(words[0]!.text);

export function isTargetEdited(proxies: readonly Service[]): boolean {
  return someLine(proxies, (words) => edits.test(words[1]?.text ?? "") || isLegacyEdit(words));
}

/** Whether it has to be kept. */
export function isTargetKept(proxies: readonly Service[]): boolean {
  const isAsked = someLine(proxies, (words) => words.some(({ text }) => text.includes("capture.req.uri")));
  return isAsked && isTargetEdited(proxies);
}

function someLine(proxies: readonly Service[], is: (words: readonly Word[]) => boolean): boolean {
  return proxies.some(({ statements }) => statements.some(({ words }) => is(words)));
}
