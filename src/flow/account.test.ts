import { expect, test } from "bun:test";
import { type Fault, fault } from "../base/fault.ts";
import { bucketOf, routeCell, serverCell } from "../memory/tally.ts";
import { countExchange } from "./account.ts";
import type { Exchange } from "./exchange.ts";

const routeRow = 0;
const serverRow = 64;

/** Counts an exchange of 30 ms whose server took 20 ms of it. */
function counted(
  status: number,
  what: Fault | null,
  isAnsweredByServer: boolean,
  over: { readonly route?: object; readonly caching?: object; readonly attempt?: object } = {},
): Float64Array {
  const cells = new Float64Array(128);
  const exchange = {
    status,
    serverStatus: status,
    fault: what,
    startedMs: 1000,
    sentMs: 1010,
    respondedMs: isAnsweredByServer ? 1020 : 0,
    route: { row: routeRow, pool: { reply: null } },
    pool: { servers: [{ row: serverRow }] },
    attempt: { index: 0, soughtMs: isAnsweredByServer ? 1005 : 0 },
    ...{ caching: null, upgrade: null },
    downstream: { isOfClient: true },
    ...over,
  };
  // Counting reads these members only.
  countExchange(cells, exchange as unknown as Exchange, 1030);
  return cells;
}

test("a good exchange counts by its status, once for the route and once for the server", () => {
  const cells = counted(204, null, true);
  expect(cells[routeRow + routeCell.status2xx]).toBe(1);
  expect(cells[routeRow + routeCell.bucket + bucketOf(0.03)]).toBe(1);
  expect(cells[routeRow + routeCell.durationSum]).toBeCloseTo(0.03);
  expect(cells[serverRow + serverCell.status2xx]).toBe(1);
  expect(cells[serverRow + serverCell.durationSum]).toBeCloseTo(0.02);
  expect([routeCell.aborted, routeCell.dropped].map((cell) => cells[routeRow + cell])).toEqual([0, 0]);
});

test("an answer of our own for want of a server is dropped as well as a 5xx, and no server's", () => {
  const cells = counted(503, fault("no_server"), false);
  expect(cells[routeRow + routeCell.status5xx]).toBe(1);
  expect(cells[routeRow + routeCell.dropped]).toBe(1);
  expect(cells.subarray(serverRow).every((cell) => cell === 0)).toBe(true);
});

test("a bad request is the client's: a 4xx, and nothing was dropped", () => {
  const cells = counted(400, fault("bad_field"), false);
  expect([cells[routeRow + routeCell.status4xx], cells[routeRow + routeCell.dropped]]).toEqual([1, 0]);
});

test("a response cut short is aborted for the client, whatever its status line said", () => {
  const cells = counted(200, fault("truncated_response"), true);
  expect([cells[routeRow + routeCell.status2xx], cells[routeRow + routeCell.aborted]]).toEqual([0, 1]);
  expect(cells[routeRow + routeCell.cut]).toBe(1);
  expect(counted(200, fault("client_closed"), true)[routeRow + routeCell.cut]).toBe(0);
  expect(cells[serverRow + serverCell.status2xx]).toBe(1);
});

test("what went well and what we refused or failed are counted apart, and what its client did in neither", () => {
  const of = (...counting: Parameters<typeof counted>): [served: number, failed: number] => {
    const cells = counted(...counting);
    return [cells[routeRow + routeCell.served]!, cells[routeRow + routeCell.failed]!];
  };
  expect(of(200, null, true)).toEqual([1, 0]);
  expect(of(503, null, true)).toEqual([1, 0]);
  expect(of(101, null, true)).toEqual([1, 0]);
  for (const code of ["no_server", "connect_refused", "response_timeout", "queue_full"] as const)
    expect([code, of(503, fault(code), false)]).toEqual([code, [0, 1]]);
  expect(of(200, fault("truncated_response"), true)).toEqual([0, 1]);
  for (const code of ["denied", "rate_limited", "banned"] as const) expect(of(429, fault(code), false)).toEqual([0, 1]);
  expect(of(0, fault("rejected"), false)).toEqual([0, 1]);
  for (const code of ["client_closed", "client_stalled"] as const) {
    expect([code, of(0, fault(code), false)]).toEqual([code, [0, 0]]);
    expect([code, of(200, fault(code), true)]).toEqual([code, [0, 0]]);
  }
  expect(of(400, fault("bad_field"), false)).toEqual([0, 0]);
});

test("a status beyond 5xx counts with the 5xx", () => {
  expect(counted(999, null, true)[routeRow + routeCell.status5xx]).toBe(1);
});

test("what Sluice answers itself is counted apart; not what its pool has answered, by a server, by what it stored, or by its reply", () => {
  const own = (...counting: Parameters<typeof counted>): number => counted(...counting)[routeRow + routeCell.own]!;
  expect(own(403, fault("denied"), false)).toBe(1);
  expect(own(302, null, false)).toBe(1);
  expect(own(200, null, false, { route: { row: routeRow, pool: null } })).toBe(1);
  expect(own(200, null, true)).toBe(0);
  expect(own(503, fault("no_server"), false, { attempt: { index: 0, soughtMs: 1005 } })).toBe(0);
  expect(own(200, null, false, { caching: { shownMs: 1010 } })).toBe(0);
  expect(own(403, fault("denied"), false, { caching: { shownMs: 0 } })).toBe(1);
  expect(own(200, null, false, { route: { row: routeRow, pool: { reply: {} } } })).toBe(0);
});
