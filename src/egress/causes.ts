// Why a member stands as it does, in words for people: listings, traces and logs say the same. It knows causes by their numbers, and
// no members.

import { type ChangeCause, changeCause, type MemberState, memberState } from "../memory/egress.ts";

/** `text` is a host, or what an operator said; "" and null without, or where it was forgotten. */
export function causeInWords(cause: ChangeCause, text: string | null): string {
  const hasText = text !== null && text !== "";
  const at = hasText ? ` at ${text}` : "";
  const said = hasText ? `: ${text}` : "";
  switch (cause) {
    case changeCause.none:
      return "";
    case changeCause.failures:
      return `too many failures${at}`;
    case changeCause.transport:
      return `no answers through it${hasText ? `, last${at}` : ""}`;
    case changeCause.marked:
      return `an answer that means a ban${at}`;
    case changeCause.unusable:
      return `it cannot be used from here, or refuses us${said}`;
    case changeCause.manual:
      return `by an operator${said}`;
    case changeCause.unbanned:
      return `let off by an operator${said}`;
    case changeCause.over:
      return "its time was over";
    case changeCause.trialPassed:
      return "its trial went well";
    case changeCause.acquitted:
      return `the host is down, not the address${hasText ? ` (${text})` : ""}`;
    case changeCause.trialFailed:
      return `its trial failed${at}`;
    case changeCause.usable:
      return "it can be used again";
    case changeCause.added:
      return "new in the config";
  }
}

export const stateInWords: Readonly<Record<MemberState, string>> = {
  [memberState.none]: "gone",
  [memberState.available]: "available",
  [memberState.coolingDown]: "cooling down",
  [memberState.trial]: "on trial",
  [memberState.banned]: "banned",
};
