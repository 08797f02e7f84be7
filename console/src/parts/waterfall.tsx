// Where the time of one exchange went: its phases as bars on one axis, each with its length. What lies between two phases was spent
// by Sluice itself.

import type { VNode } from "preact";
import type { ExchangeRecord, PhaseName } from "../../../src/control/api/shape/exchange.ts";
import { took } from "../text/format.ts";

const meanings: Readonly<Record<PhaseName, string>> = {
  rules: "Authentication, rules, cache and the choice of a server",
  queue: "Waiting for a server to have room",
  connect: "Connecting to the server",
  send: "Sending the request",
  wait: "Until the head of the response came",
  receive: "Passing on the response",
};

type Timed = Pick<ExchangeRecord, "phases" | "durationMs">;

export function Waterfall({ of }: { readonly of: Timed }): VNode {
  const whole = wholeOf(of);
  return (
    <div class="waterfall">
      {of.phases.map(({ name, fromMs, toMs }) => (
        <div key={name} title={meanings[name]}>
          <span>{name}</span>
          <span class="bar-track">
            <i class={`bar ${name}`} style={barOf(fromMs, toMs, whole)} />
          </span>
          <span class="number">{took(toMs - fromMs)}</span>
        </div>
      ))}
      <div class="total">
        <span>all</span>
        <span />
        <span class="number">{took(of.durationMs)}</span>
      </div>
    </div>
  );
}

/** The same in one line, on an axis that all rows share. */
export function WaterfallLine({ of, wholeMs }: { readonly of: Timed; readonly wholeMs: number }): VNode {
  return (
    <span class="bar-track" aria-hidden="true">
      {of.phases.map(({ name, fromMs, toMs }) => (
        <i key={name} class={`bar ${name}`} style={barOf(fromMs, toMs, wholeMs)} />
      ))}
    </span>
  );
}

function wholeOf({ phases, durationMs }: Timed): number {
  return Math.max(durationMs, ...phases.map(({ toMs }) => toMs), 0.001);
}

function barOf(fromMs: number, toMs: number, whole: number): { left: string; width: string } {
  const left = Math.min(100, (fromMs / whole) * 100);
  const width = Math.min(100 - left, ((toMs - fromMs) / whole) * 100);
  return { left: `${left.toFixed(2)}%`, width: `max(2px, ${width.toFixed(2)}%)` };
}
