import { expect, test } from "bun:test";
import { type FaultCode, fault, faultCodes } from "../../base/fault.ts";
import type { Exchange } from "../../flow/exchange.ts";
import { cookieState, exchangeState, streamState } from "./termination.ts";

interface Happened {
  readonly sought?: boolean;
  readonly chosen?: boolean;
  readonly sent?: boolean;
  readonly answered?: boolean;
}

/** As much of an exchange as is looked at. */
function exchange(
  code: FaultCode | null,
  { sought, chosen, sent, answered }: Happened = {},
  more: object = {},
): Exchange {
  return {
    fault: code === null ? null : fault(code),
    attempt: {
      ...{ soughtMs: sought === true ? 1 : 0, chosenMs: chosen === true ? 2 : 0, count: chosen === true ? 1 : 0 },
      isSticky: false,
    },
    ...{
      sentMs: sent === true ? 3 : 0,
      respondedMs: answered === true ? 4 : 0,
      upgrade: null,
      visit: null,
      status: 200,
    },
    ...{ route: { pool: null } },
    ...more,
  } as unknown as Exchange;
}

const connected = { sought: true, chosen: true, sent: true } as const;
const state = (code: FaultCode | null, happened?: Happened): string =>
  exchangeState(exchange(code, happened), false, false);

test("what went well is two dashes, and what we have answered ourselves is local", () => {
  expect(state(null, { ...connected, answered: true })).toBe("--");
  expect(state(null)).toBe("LR");
  expect(exchangeState(exchange(null), false, true)).toBe("--");
});

test("who ended it and what was being done, as HAProxy says it", () => {
  expect([state("denied"), state("rate_limited"), state("bad_field"), state("head_timeout")]).toEqual([
    ...["PR", "PR", "PR", "cR"],
  ]);
  expect([state("no_server", { sought: true }), state("queue_timeout", { sought: true })]).toEqual(["SC", "sQ"]);
  expect([state("connect_refused", { sought: true, chosen: true }), state("connect_timeout", connected)]).toEqual([
    ...["SC", "sC"],
  ]);
  expect([
    state("server_closed", connected),
    state("response_timeout", connected),
    state("bad_response", connected),
  ]).toEqual(["SH", "sH", "PH"]);
  const answered = { ...connected, answered: true };
  expect([
    state("truncated_response", answered),
    state("read_timeout", answered),
    state("client_stalled", answered),
  ]).toEqual(["SD", "sD", "cD"]);
  expect([
    state("client_closed", { sought: true }),
    state("client_closed", { sought: true, chosen: true }),
    state("client_closed", connected),
    state("client_closed", answered),
  ]).toEqual(["CQ", "CC", "CH", "CD"]);
});

test("a tarpit, a rule that refuses an answer, a pool without servers that is a reply", () => {
  const tarpit = { visit: { ruled: { outcome: { kind: "tarpit" } } } };
  expect(exchangeState(exchange("denied", {}, tarpit), false, false)).toBe("PT");
  expect(state("denied", { ...connected, answered: true })).toBe("PH");
  const pool = { route: { pool: { reply: {}, plan: { balance: { sticky: null } } } }, status: 503 };
  expect(exchangeState(exchange(null, {}, pool), false, false)).toBe("SC");
});

test("every fault is two letters that HAProxy has", () => {
  for (const code of faultCodes)
    for (const happened of [{}, { sought: true }, connected, { ...connected, answered: true }])
      expect(state(code, happened)).toMatch(/^[CSPRIcs][RQCHDT]$/);
});

test("connections that were carried", () => {
  expect([streamState(null, true, true), streamState(fault("connect_refused"), false, true)]).toEqual(["--", "SC"]);
  expect([streamState(fault("client_closed"), true, true), streamState(fault("server_idle"), true, true)]).toEqual([
    ...["CD", "sD"],
  ]);
});

test("the cookie's letters are there where the pool has one", () => {
  const sticky = { cookie: "SRV", isPrefix: false };
  const pool = { plan: { balance: { sticky } }, backends: { byCookie: () => -1 } };
  const none = { bytes: new Uint8Array(0), fieldCount: 0 };
  const of = (more: object, happened: Happened = { ...connected, answered: true }): string =>
    cookieState(exchange(null, happened, { route: { pool }, asked: none, head: none, ...more }));
  expect(of({})).toBe("NI");
  expect(of({}, connected)).toBe("NN");
  expect(of({ attempt: { isSticky: true } })).toBe("VN");
  expect(cookieState(exchange(null))).toBe("--");
});
