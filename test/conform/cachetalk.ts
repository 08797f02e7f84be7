// How rules of caches are asked in conversations: what a first response says, then what becomes of a second request.

import { expect, test } from "bun:test";
import { dateOf, policyOf } from "../cacheheads.ts";
import { type Answer, CacheModel } from "./cachemodel.ts";

export type Fields = readonly string[];

export interface Second {
  readonly status?: number;
  readonly policy?: Parameters<typeof policyOf>[0];
  readonly first?: Fields;
  readonly asks?: Fields;
  readonly waitS?: number;
  readonly answer?: Answer | null;
}

/** What becomes of the second of two requests for one URL, the first of which was answered with these fields. */
export function second(fields: Fields, said: Second = {}): string {
  const { status = 200, policy, first = [], asks = [], waitS = 3, answer = { fields: [] } } = said;
  const model = new CacheModel(policyOf(policy));
  model.ask("GET /", first, { status, fields, body: "0123456789A" });
  model.passes(waitS);
  return model.ask("GET /", asks, answer);
}

export const isHit = (fields: Fields, said: Second = {}): boolean =>
  second(fields, said) === `hit ${said.status ?? 200}`;
export const now: string = `Date: ${dateOf(0)}`;
export const cc = (value: string): string => `Cache-Control: ${value}`;

export function table(rows: readonly (readonly [boolean, Fields, Second?])[]): void {
  for (const [wanted, fields, said] of rows)
    test(`${wanted ? "reused" : "not reused"}: ${fields.join(" | ")}${said === undefined ? "" : ` ${JSON.stringify(said)}`}`, () =>
      expect(isHit(fields, said)).toBe(wanted));
}
