// Active health checks of the plan: which of the five kinds it is, and what is said and awaited in bytes. That the keys fit
// the kind has been seen by reviewcheck.ts.

import { readEscaped } from "./escape.ts";
import { ms, value } from "./measure.ts";
import type { CheckPlan, ReceivePlan } from "./plan.ts";
import { readStatusRanges } from "./statusrange.ts";
import type { Check } from "./types.ts";

/** Of a check that does not say how long it may take. */
const timeoutUsualMs = 1000;
const expectDefault = [{ from: 200, to: 399 }];

export function compileCheck(check: Check): CheckPlan {
  return {
    kind: kindOf(check),
    everyMs: ms(check.every),
    ...(check.everyDown === undefined ? {} : { everyDownMs: ms(check.everyDown) }),
    ...(check.everyChanging === undefined ? {} : { everyChangingMs: ms(check.everyChanging) }),
    timeoutMs: check.timeout === undefined ? Math.min(timeoutUsualMs, ms(check.every)) : ms(check.timeout),
    rise: check.rise,
    fall: check.fall,
    http:
      check.http === undefined
        ? null
        : {
            method: check.method ?? "GET",
            path: check.http,
            host: check.host ?? "",
            expect: check.expect === undefined ? expectDefault : value(readStatusRanges(String(check.expect))),
          },
    ...(check.grpc === undefined
      ? {}
      : { grpc: { service: check.grpc === true ? "" : check.grpc, host: check.host ?? "" } }),
    ...(check.http2 === undefined ? {} : { isHttp2: check.http2 }),
    send: check.send === undefined ? null : value(readEscaped(check.send)),
    receive: compileReceive(check),
    exec: check.exec === undefined ? null : { command: commandOf(check.exec), output: check.output?.trim() ?? null },
    tls: check.tls ?? null,
    port: check.port ?? null,
  };
}

function kindOf(check: Check): CheckPlan["kind"] {
  if (check.http !== undefined) return "http";
  if (check.grpc !== undefined) return "grpc";
  if (check.exec !== undefined) return "exec";
  return check.udp === undefined ? "tcp" : "udp";
}

function compileReceive({ receive }: Check): ReceivePlan | null {
  if (receive === undefined) return null;
  if (typeof receive === "string") return { kind: "contains", match: value(readEscaped(receive)) };
  if (receive.pattern !== undefined) return { kind: "pattern", match: receive.pattern };
  if (receive.starts !== undefined) return { kind: "starts", match: value(readEscaped(receive.starts)) };
  return { kind: "contains", match: value(readEscaped(receive.contains ?? "")) };
}

/** A text's words; a list is taken as it is. */
export function commandOf(exec: string | readonly string[]): string[] {
  return typeof exec === "string" ? exec.split(/\s+/).filter((word) => word !== "") : [...exec];
}
