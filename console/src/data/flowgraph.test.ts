import { describe, expect, test } from "bun:test";
import type { ListenerFigures, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { RuleRecord } from "../../../src/control/api/shape/rule.ts";
import { type FlowGraph, flowGraph } from "./flowgraph.ts";
import { figuresOf, poolOf, serverOf } from "./testing.ts";

const listener = (name: string, flows: ListenerFigures["flows"]): ListenerFigures => {
  const { requests: _, ...rest } = figuresOf(0);
  const requests = flows.reduce((sum, flow) => sum + flow.requests, 0);
  const { errors, statuses, latency, connections, bytesReceived, bytesSent } = rest;
  return {
    ...{
      name,
      mode: "http",
      address: ":80",
      requests,
      errors,
      statuses,
      latency,
      connections,
      bytesReceived,
      bytesSent,
    },
    ...{ accepted: 0, refused: 0, flows },
  };
};
const rule = (index: number, mode: RuleRecord["mode"] = "enforce"): RuleRecord => ({
  ...{ id: `listeners.web.rules[${index}]`, name: `rule ${index}`, owner: { kind: "listener", name: "web" } },
  ...{ phase: "request", mode, configuredMode: mode, condition: null, action: "deny", hits: 0, depth: 0 },
});

function graph(servers: readonly ServerFigures[], rules: readonly RuleRecord[] = []): FlowGraph {
  const requests = servers.reduce((sum, each) => sum + each.requests, 0);
  const flows = [
    { pool: "app", requests },
    { pool: "", requests: 10 },
  ];
  const pools = [poolOf("app", { requests, servers: servers.length, eligible: servers.length })];
  const figures = figuresOf(0, { requests: requests + 10, listeners: [listener("web", flows)], pools });
  return flowGraph({ figures, servers, rules, peak: requests + 10 });
}
const some = (count: number, requests: number): ServerFigures[] =>
  Array.from({ length: count }, (_, index) => serverOf("app", `s${index}`, { requests }));
const keys = ({ boxes }: FlowGraph): string[] => boxes.map(({ key }) => key);

test("traffic goes from listeners to pools and servers, and by rules where there are any", () => {
  expect(keys(graph(some(2, 30)))).toEqual(["listener:web", "pool:", "pool:app", "server:app/s0", "server:app/s1"]);
  const ruled = graph(some(2, 30), [rule(0)]);
  expect(keys(ruled)).toContain("rules:web");
  expect(ruled.ribbons.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    "listener:web > rules:web",
    "rules:web > pool:app",
    "rules:web > pool:",
    "pool:app > server:app/s0",
    "pool:app > server:app/s1",
  ]);
});

describe("ribbons", () => {
  test("are as wide as what flows, the same on both sides of a box", () => {
    const { ribbons } = graph(some(2, 30));
    const width = (from: string): number =>
      ribbons.filter((each) => each.from === from).reduce((sum, each) => sum + each.width, 0);
    expect(width("pool:app") / width("listener:web")).toBeCloseTo(60 / 70, 5);
  });

  test("end inside of their boxes and do not cover each other", () => {
    const { ribbons, boxes } = graph(some(6, 30));
    for (const side of ["from", "to"] as const)
      for (const box of boxes) {
        const own = ribbons.filter((each) => each[side] === box.key && each.width > 0);
        const spans = own
          .map((each) => [side === "from" ? each.y1 : each.y2, each.width / 2] as const)
          .map(([middle, half]) => [middle - half, middle + half] as const)
          .sort((a, b) => a[0] - b[0]);
        for (const [index, [top, bottom]] of spans.entries()) {
          expect(top).toBeGreaterThanOrEqual(box.y - 0.001);
          expect(bottom).toBeLessThanOrEqual(box.y + box.height + 0.001);
          if (index > 0) expect(top).toBeGreaterThanOrEqual(spans[index - 1]![1] - 0.001);
        }
      }
  });

  test("show what of them fails", () => {
    const { ribbons } = graph([serverOf("app", "a", { requests: 10, errors: 5 })]);
    expect(ribbons.find(({ to }) => to === "server:app/a")?.failed).toBe(0.5);
  });
});

describe("a pool of 10,000 servers", () => {
  const many = some(10_000, 1).map((each, index) => {
    if (index === 5000) return { ...each, state: "down" as const, requests: 0 };
    return index === 7000 ? { ...each, requests: 50 } : each;
  });

  test("shows those in trouble and the busiest, and the others as one", () => {
    const shown = graph(many).boxes.filter(({ column }) => column === 3);
    expect(shown.length).toBe(9);
    expect(shown.map(({ key }) => key)).toContain("server:app/s5000");
    expect(shown.map(({ key }) => key)).toContain("server:app/s7000");
    expect(shown.at(-1)?.title).toEqual({ text: "9992 more", value: 9992, state: null });
  });

  test("loses nothing of what flows", () => {
    const { ribbons } = graph(many);
    const sum = ribbons.filter(({ from }) => from === "pool:app").reduce((total, { value }) => total + value, 0);
    expect(sum).toBe(9998 + 50);
  });
});

describe("300 pools", () => {
  const names = Array.from({ length: 300 }, (_, index) => `p${index}`);
  const pools = names.map((name, index) => {
    if (index === 250) return poolOf(name, { servers: 3, eligible: 0 });
    if (index >= 260) return poolOf(name, { servers: 3, eligible: 2 });
    return poolOf(name, { servers: 3, eligible: 3, requests: index < 40 ? 100 - index : 0 });
  });
  const flows = pools.map(({ name, requests }) => ({ pool: name, requests }));
  const servers = pools.flatMap(({ name, requests }) =>
    ["a", "b", "c"].map((each) => serverOf(name, each, { requests: requests / 3 })),
  );
  const of = (
    more: Partial<Parameters<typeof flowGraph>[0]["figures"]> = {},
    former?: ReadonlySet<string>,
  ): FlowGraph => {
    const figures = figuresOf(0, { listeners: [listener("web", flows)], pools, ...more });
    return flowGraph({ figures, servers, rules: [rule(0)], peak: 1000, ...(former === undefined ? {} : { former }) });
  };

  test("are a picture of those in trouble and the busiest, with all others as one that says what is out", () => {
    const { boxes } = of();
    const shown = boxes.filter(({ column }) => column === 2).map(({ key }) => key);
    // Half of the room is for trouble, the worst of it first: one without a server, nine of the forty that are short of one.
    expect(shown.length).toBe(21);
    expect(shown.slice(0, 10)).toEqual(names.slice(0, 10).map((name) => `pool:${name}`));
    expect(shown.slice(10, 12)).toEqual(["pool:p250", "pool:p260"]);
    expect(boxes.at(-1)).toMatchObject({ key: "rest:pools", link: "#/servers", title: { text: "and 280 more" } });
    expect(boxes.at(-1)!.lines).toEqual([{ text: "31 with servers out", value: null, state: "warn" }]);
    expect(boxes.length).toBeLessThan(70);
  });

  test("lose nothing of what flows", () => {
    const { ribbons, boxes } = of();
    const sent = ribbons.filter(({ from }) => from === "rules:web").reduce((total, { value }) => total + value, 0);
    expect(sent).toBe(flows.reduce((total, { requests }) => total + requests, 0));
    expect(ribbons.filter(({ to }) => to === "rest:pools").length).toBe(1);
    const keysOf = new Set(boxes.map(({ key }) => key));
    expect(ribbons.every(({ from, to }) => keysOf.has(from) && keysOf.has(to))).toBe(true);
  });

  test("stay where they are while another has a little more to do", () => {
    const before = of();
    const next = pools.map((pool) => (pool.name === "p11" ? { ...pool, requests: 95 } : pool));
    expect(of({ pools: next }).shown).toContain("pool:p11");
    expect(of({ pools: next }, before.shown).shown).toEqual(before.shown);
  });

  test("are as few boxes and ribbons when a hundred listeners lead to them", () => {
    const listeners = Array.from({ length: 100 }, (_, index) => listener(`web${index}`, flows));
    const { boxes, ribbons } = of({ listeners });
    expect(
      boxes
        .filter(({ column }) => column === 0)
        .map(({ title }) => title.text)
        .at(-1),
    ).toBe("and 88 more");
    expect(ribbons.length).toBeLessThan(400);
  });
});

test("what Sluice answers itself is what rules, bans and refusals do: what is cached is its pool's", () => {
  const here = graph(some(2, 30)).boxes.find(({ key }) => key === "pool:")!;
  expect(here.lines.map(({ text }) => text)).toEqual(["by rules, bans, refusals"]);
});

test("servers without work are one box", () => {
  const shown = graph(some(12, 0)).boxes.filter(({ column }) => column === 3);
  expect(shown.map(({ title }) => title.text)).toEqual(["12 servers, idle"]);
});

test("servers that are all out of service are said to be out, not idle", () => {
  const all = some(6, 0).map((each) => ({ ...each, state: "down" as const }));
  const shown = graph(all).boxes.filter(({ column }) => column === 3);
  expect(shown.at(-1)!.title).toEqual({ text: "3 more, out", value: 0, state: "down" });
});

test("of many rules those with hits are shown, in the order of the config, and those that are off are not", () => {
  const rules = [rule(0, "off"), ...Array.from({ length: 9 }, (_, index) => rule(index + 1, "observe"))];
  const figures = figuresOf(0, {
    listeners: [listener("web", [])],
    rules: [
      { id: rules[9]!.id, hits: 4 },
      { id: rules[6]!.id, hits: 8 },
    ],
  });
  const { boxes } = flowGraph({ figures, servers: [], rules, peak: 1 });
  const lines = boxes.find(({ key }) => key === "rules:web")!.lines;
  expect(lines.map(({ text }) => text)).toEqual(["rule 1", "rule 2", "rule 3", "rule 6", "rule 9", "and 5 more"]);
  expect(lines[3]).toEqual({ text: "rule 6", value: 8, state: "observe" });
});

test("boxes of one column never overlap, and small changes of traffic move none of them", () => {
  const places = (requests: number): string =>
    graph(some(6, requests))
      .boxes.map(({ key, y }) => `${key} ${y}`)
      .join();
  const { boxes } = graph(some(6, 30));
  for (const column of [0, 1, 2, 3]) {
    const own = boxes.filter((box) => box.column === column).sort((a, b) => a.y - b.y);
    for (const [index, box] of own.entries())
      if (index > 0) expect(box.y).toBeGreaterThanOrEqual(own[index - 1]!.y + own[index - 1]!.height);
  }
  expect(places(30)).toBe(places(30.4));
});

test("a listener that sends nothing to a pool has no part in what fails there", () => {
  const listeners = [
    listener("web", [{ pool: "app", requests: 10 }]),
    listener("secure", [{ pool: "app", requests: 0 }]),
  ];
  const pools = [poolOf("app", { requests: 10, errors: 5 })];
  const { ribbons } = flowGraph({ figures: figuresOf(0, { listeners, pools }), servers: [], rules: [], peak: 10 });
  expect(ribbons.map(({ from, failed }) => [from, failed])).toEqual([
    ["listener:web", 0.5],
    ["listener:secure", 0],
  ]);
});
