// The target of a request as it was received, for capture.req.uri: where some rule writes another, a variable keeps it from the first
// rule of a listener on. Where none does, it is the target that there is. Of an absolute one it is the path with its query.

import type { Service, Word } from "./scene.ts";

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
