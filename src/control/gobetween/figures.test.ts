import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import { translateGobetween } from "../../config/foreign/gobetween/gobetween.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import { Slots } from "../../config/slots.ts";
import { Arena } from "../../memory/arena.ts";
import { listenerCell, routeCell, serverCell, Tally, Totals } from "../../memory/tally.ts";
import { GobetweenFigures } from "./figures.ts";

function stage() {
  const server = (bind: string, more: object) => ({ bind, ...more });
  const list = ["10.0.0.1:80 weight=3 priority=2", "10.0.0.2:80 priority=1 sni=a.test", "10.0.0.3:80 sni=b.test"];
  const { input } = translateGobetween({
    metrics: { enabled: true, bind: "127.0.0.1:9284" },
    servers: {
      "web 1": server("127.0.0.1:3000", {
        sni: { unexpected_hostname_strategy: "any" },
        discovery: { kind: "static", static_list: list },
      }),
      names: server("127.0.0.1:3001", {
        ...{ protocol: "udp", udp: { max_responses: 1 } },
        discovery: { kind: "static", static_list: ["10.0.0.9:53"] },
      }),
    },
  });
  const { config } = judge(input);
  const plan = compile(config!, new Slots(), () => undefined, 1, noMaterials);
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  const clock = { nowMs: 0 };
  const down = new Set<number>();
  const figures = new GobetweenFigures({
    ...{ totals: new Totals(arena, 1), plan: () => plan, told: () => config!.gobetween, nowMs: () => clock.nowMs },
    isEligible: (slot) => !down.has(slot),
  });
  const add = (row: number, cell: number, value: number): void => void (tally.cells[row + cell]! += value);
  const slotsOf = (name: string): number[] =>
    plan.pools.flatMap((pool) => pool.servers.filter((each) => each.name === name).map(({ slot }) => slot));
  return { plan, tally, figures, clock, down, add, slotsOf };
}

test("a backend in several pools is one, with what its line says and the sums of both", () => {
  const { figures, tally, add, slotsOf } = stage();
  const slots = slotsOf("10.0.0.2:80");
  expect(slots.length).toBe(2);
  for (const slot of slots) {
    add(tally.serverRow(slot), serverCell.connects, 2);
    add(tally.serverRow(slot), serverCell.open, 1);
    add(tally.serverRow(slot), serverCell.connectFailures, 3);
    add(tally.serverRow(slot), serverCell.bytesReceived, 100);
    add(tally.serverRow(slot), serverCell.bytesSent, 10);
  }
  const backends = figures.find("web 1")!.backends;
  expect(backends.map(({ host, port, priority, weight, sni }) => [host, port, priority, weight, sni])).toEqual([
    ["10.0.0.1", "80", 2, 3, ""],
    ["10.0.0.2", "80", 1, 1, "a.test"],
    ["10.0.0.3", "80", 1, 1, "b.test"],
  ]);
  expect(backends[1]).toMatchObject({ total: 4, active: 2, refused: 6, rxTotal: 200, txTotal: 20, isLive: true });
});

test("one that is given nothing in any pool is not live", () => {
  const { figures, down, slotsOf } = stage();
  const [first, second] = slotsOf("10.0.0.2:80");
  const isLive = () => figures.find("web 1")!.backends.find(({ host }) => host === "10.0.0.2")!.isLive;
  down.add(first!);
  expect(isLive()).toBe(true);
  down.add(second!);
  expect(isLive()).toBe(false);
});

test("a server's bytes are those of all its ways, received from backends and sent to them", () => {
  const { figures, plan, tally, add } = stage();
  const index = plan.listeners.findIndex(({ name }) => name === "web-1");
  const ways = plan.routes.filter((route) => route.listener === index && route.pool !== null);
  expect(ways.length).toBeGreaterThan(1);
  for (const { slot } of ways) {
    add(tally.routeRow(slot), routeCell.bytesDown, 1000);
    add(tally.routeRow(slot), routeCell.bytesUp, 10);
  }
  add(tally.listenerRow(plan.listeners[index]!.slot), listenerCell.connections, 4);
  expect(figures.find("web 1")).toMatchObject({ active: 4, rxTotal: 1000 * ways.length, txTotal: 10 * ways.length });
});

test("rates are of the last two looks, and begin at nothing", () => {
  const { figures, plan, tally, clock, add } = stage();
  const route = plan.routes.find(({ listener }) => plan.listeners[listener]!.name === "names")!;
  const row = tally.routeRow(route.slot);
  const rates = () => {
    const { rxSecond, txSecond } = figures.find("names")!;
    return [rxSecond, txSecond];
  };
  add(row, routeCell.bytesDown, 5000);
  expect(rates()).toEqual([0, 0]);
  const look = (): void => {
    clock.nowMs += 2000;
    figures.look();
  };
  look();
  expect(rates()).toEqual([0, 0]);
  add(row, routeCell.bytesDown, 3000);
  add(row, routeCell.bytesUp, 200);
  look();
  expect(rates()).toEqual([1500, 100]);
  look();
  expect(rates()).toEqual([0, 0]);
});

test("of a udp server the sessions that are open are counted", () => {
  const { figures, plan, tally, add } = stage();
  const route = plan.routes.find(({ listener }) => plan.listeners[listener]!.name === "names")!;
  add(tally.routeRow(route.slot), routeCell.open, 3);
  expect(figures.find("names")!.active).toBe(3);
  expect(figures.find("nobody")).toBeNull();
  expect(figures.all().map(({ name }) => name)).toEqual(["web 1", "names"]);
});
