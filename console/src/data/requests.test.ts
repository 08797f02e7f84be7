import { expect, test } from "bun:test";
import type { ExchangeRecord } from "../../../src/control/api/shape/exchange.ts";
import { merged, requestsMax } from "./requests.ts";

const record = (id: number): ExchangeRecord => ({ id: `0-${id}` }) as ExchangeRecord;
const ids = (records: readonly ExchangeRecord[]): string => records.map(({ id }) => id.slice(2)).join(" ");

test("what comes stands above what is known, the newest first", () => {
  expect(ids(merged([record(2), record(1)], [record(3), record(4)]))).toBe("4 3 2 1");
});

test("what comes twice, over the stream and from the recorder, stands once", () => {
  expect(ids(merged([record(2), record(1)], [record(2), record(3), record(3)]))).toBe("3 2 1");
});

test("nothing new leaves the very same rows", () => {
  const known = [record(1)];
  expect(merged(known, [])).toBe(known);
});

test("no more are kept than somebody would scroll through", () => {
  const come = Array.from({ length: requestsMax + 50 }, (_, index) => record(index));
  const rows = merged([record(-1)], come);
  expect(rows.length).toBe(requestsMax);
  expect(rows[0]!.id).toBe(`0-${requestsMax + 49}`);
});
