import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { noMaterials } from "../config/materials.ts";
import { Slots } from "../config/slots.ts";
import { Arena } from "../memory/arena.ts";
import { listenerCell, routeCell, Tally, Totals } from "../memory/tally.ts";
import { listenerStatus, removedStatus } from "./status.ts";

function stage() {
  const { config } = judge({
    listeners: {
      web: {
        ...{ listen: ":8443", use: "app", rules: [{ if: "path == '/two'", use: "two" }] },
        tls: { certificates: "a.pem", clientCertificate: { ca: "ca.pem" } },
      },
      plain: { listen: ":8080", redirect: "https" },
      mail: {
        listen: ":465",
        mode: "tcp",
        use: "one",
        sni: [
          { name: "a.test", use: "two" },
          { name: "b.test", use: "two" },
          { name: "c.test", use: "one" },
        ],
      },
    },
    pools: { app: { servers: ["127.0.0.1:1"] }, one: { servers: ["127.0.0.1:2"] }, two: { servers: ["127.0.0.1:3"] } },
  });
  const dated = (notAfterMs: number) => ({
    file: `/${notAfterMs}.pem`,
    names: [],
    chain: { id: `c${notAfterMs}`, text: "" },
    key: { id: `k${notAfterMs}`, text: "" },
    keyKind: "ec",
    notBeforeMs: 0,
    notAfterMs,
  });
  const materials = {
    ...noMaterials,
    certificatesOf: () => [dated(2_000_000), dated(1_000_000)],
    authorities: () => ({ id: "ca", text: "" }),
  };
  const plan = compile(config!, new Slots(), () => undefined, 1, materials);
  const arena = Arena.inMemory();
  return { plan, arena, tally: new Tally(arena, 0), totals: new Totals(arena, 1) };
}

test("each listener says what it is, where it sends things, and what it refused", () => {
  const { plan, tally, totals } = stage();
  const web = tally.listenerRow(plan.listeners[0]!.slot);
  tally.cells[web + listenerCell.refusedLimit] = 1;
  tally.cells[web + listenerCell.refusedPreamble] = 2;
  tally.cells[web + listenerCell.handshakeFailures] = 4;
  expect(listenerStatus(plan, totals)).toMatchObject([
    {
      name: "web",
      mode: "http",
      pool: "app",
      pools: ["app", "two"],
      redirect: false,
      tls: { certificates: 2, notAfter: "1970-01-01T00:16:40.000Z", clientCertificate: "required" },
      refused: 7,
    },
    { name: "plain", pool: "", pools: [], redirect: true, tls: null },
    { name: "mail", mode: "tcp", pool: "one", pools: ["one", "two"], redirect: false },
  ]);
});

test("sessions of all names are counted once each, with those under way", () => {
  const { plan, tally, totals } = stage();
  const mail = plan.listeners[2]!;
  const rows = new Set([mail.route, ...mail.names.map(({ route }) => route)].map((route) => plan.routes[route]!.slot));
  for (const slot of rows) {
    tally.cells[tally.routeRow(slot) + routeCell.sessions] = 10;
    tally.cells[tally.routeRow(slot) + routeCell.open] = 1;
  }
  expect(rows.size).toBe(2);
  expect(listenerStatus(plan, totals)[2]).toMatchObject({ sessions: 22, requests: 0 });
});

test("requests that a rule sends to another pool are requests of the listener", () => {
  const { plan, tally, totals } = stage();
  const own = plan.routes.filter(({ listener }) => listener === 0);
  expect(own.length).toBe(2);
  for (const { slot } of own) tally.cells[tally.routeRow(slot) + routeCell.status2xx] = 5;
  expect(listenerStatus(plan, totals)[0]).toMatchObject({ requests: 10 });
});

test("servers that have left the plan are told while what they were given goes on, and not while the plan in force has them", () => {
  const { plan, tally, totals, arena } = stage();
  const server = plan.pools[0]!.servers[0]!;
  const removed = [
    { pool: "app", server, sinceMs: 1000 },
    { pool: "old", server: { ...server, name: "gone:1", slot: 40 }, sinceMs: 2000 },
  ];
  const count = (slot: number, active: number): void => void Atomics.store(arena.words, tally.activeWord(slot), active);
  for (const [slot, active] of [[server.slot, 1] as const, [40, 2] as const, [41, 1] as const]) count(slot, active);
  const told = { pool: "old", name: "gone:1", address: "127.0.0.1:1", since: "1970-01-01T00:00:02.000Z" };
  expect(removedStatus(plan, removed, totals)).toEqual([{ ...told, active: 2 }]);
  count(40, 0);
  expect(removedStatus(plan, removed, totals)).toEqual([]);
});

test("requests of a listener are those that have ended and upgraded connections that go on", () => {
  const { plan, tally, totals } = stage();
  const row = tally.routeRow(plan.routes[plan.listeners[0]!.route]!.slot);
  tally.cells[row + routeCell.status2xx] = 5;
  tally.cells[row + routeCell.aborted] = 1;
  tally.cells[row + routeCell.open] = 3;
  expect(listenerStatus(plan, totals)[0]).toMatchObject({ requests: 9, sessions: 0 });
});
