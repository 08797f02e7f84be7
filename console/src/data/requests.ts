// Requests as they end: those that the flight recorder has first, then one after the other as they come, filtered by the server. Between two
// pictures they are gathered, so that a hundred a second cost four drawings; no more are kept than somebody would scroll through.
// Held, they wait and are counted.

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ExchangeRecord, ExchangesAnswer } from "../../../src/control/api/shape/exchange.ts";
import { ask } from "./api.ts";
import { follow } from "./events.ts";

export const requestsMax = 2000;
const firstCount = 500;
const drawEveryMs = 250;
/** A second: more than anybody reads. */
const rate = 100;

export interface LiveRequests {
  /** The newest first. */
  readonly rows: ReadonlySignal<readonly ExchangeRecord[]>;
  /** Of asking or of listening; null: all is well. */
  readonly problem: ReadonlySignal<string | null>;
  readonly isOn: ReadonlySignal<boolean>;
  readonly isKnown: ReadonlySignal<boolean>;
  /** That the server left out because they came faster than they could be sent. */
  readonly dropped: ReadonlySignal<number>;
  readonly isHeld: ReadonlySignal<boolean>;
  /** How many have come since it is held. */
  readonly waiting: ReadonlySignal<number>;
  hold(is: boolean): void;
}

/** The newest before those that are known, each once, and the oldest of too many left out. */
export function merged(known: readonly ExchangeRecord[], come: readonly ExchangeRecord[]): readonly ExchangeRecord[] {
  if (come.length === 0) return known;
  const ids = new Set(known.slice(0, requestsMax).map(({ id }) => id));
  const fresh = new Map<string, ExchangeRecord>();
  for (const record of come) if (!ids.has(record.id)) fresh.set(record.id, record);
  return [...[...fresh.values()].reverse(), ...known].slice(0, requestsMax);
}

export function useRequests(query: Readonly<Record<string, string>>): LiveRequests {
  const asked = new URLSearchParams(query).toString();
  const rows = useSignal<readonly ExchangeRecord[]>([]);
  const problem = useSignal<string | null>(null);
  const [isOn, isKnown, isHeld] = [useSignal(true), useSignal(false), useSignal(false)];
  const [dropped, waiting] = [useSignal(0), useSignal(0)];
  const come = useRef<ExchangeRecord[]>([]);
  const draw = (): void => {
    waiting.value = isHeld.value ? come.current.length : 0;
    if (isHeld.value) return;
    rows.value = merged(rows.value, come.current.splice(0));
  };
  useEffect(() => {
    const ending = new AbortController();
    [rows.value, dropped.value, problem.value] = [[], 0, null];
    [isKnown.value, come.current] = [false, []];
    const begin = async (): Promise<void> => {
      try {
        const path = `/api/v1/requests?${new URLSearchParams({ ...query, limit: String(firstCount) })}`;
        const { requests, isOn: is } = await ask<ExchangesAnswer>(path, { signal: ending.signal });
        rows.value = merged(rows.value, [...requests].reverse());
        [isOn.value, isKnown.value] = [is, true];
      } catch (error) {
        if (!ending.signal.aborted) problem.value = (error as Error).message;
      }
    };
    const stop = follow({
      path: `/api/v1/events?topics=requests&rate=${rate}${asked === "" ? "" : `&${asked}`}`,
      told: ({ name, data }) => {
        if (name === "request") come.current.push(JSON.parse(data) as ExchangeRecord);
        else if (name === "dropped") dropped.value += countOf(data);
        if (come.current.length > requestsMax) come.current.splice(0, come.current.length - requestsMax);
      },
      changed: (next) => {
        problem.value = next;
        // What ended while nobody listened is in the recorder.
        if (next === null) void begin();
      },
    });
    const timer = setInterval(draw, drawEveryMs);
    return () => {
      ending.abort();
      stop();
      clearInterval(timer);
    };
  }, [asked]);
  const hold = (is: boolean): void => {
    isHeld.value = is;
    draw();
  };
  return { rows, problem, isOn, isKnown, dropped, isHeld, waiting, hold };
}

/** The data is a number, or an object with one. */
function countOf(data: string): number {
  const told = JSON.parse(data) as number | Readonly<Record<string, unknown>>;
  if (typeof told === "number") return told;
  return Object.values(told).find((value) => typeof value === "number") ?? 0;
}
