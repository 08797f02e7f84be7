import { describe, expect, test } from "bun:test";
import { compile } from "./compile.ts";
import { judge } from "./judge.ts";
import { type Materials, noMaterials } from "./materials.ts";
import type { Gateway } from "./nginx/gateways.ts";
import type { EgressPlan, Plan } from "./plan.ts";
import { Slots } from "./slots.ts";

function withGateways(gateways: readonly Gateway[]): Materials {
  return { ...noMaterials, gateways: () => gateways };
}

function plansOf(egress: object, materials: Materials = noMaterials, proxy: object = {}): Plan {
  const listeners = { out: { listen: "127.0.0.1:3128", proxy: { egress: Object.keys(egress).at(-1), ...proxy } } };
  const judgement = judge({ listeners, egress });
  if (judgement.config === null) throw new Error(judgement.findings.map(({ message }) => message).join("\n"));
  return compile(judgement.config, new Slots(), () => undefined, 1, materials);
}

const planOf = (pool: object, materials?: Materials): EgressPlan =>
  plansOf({ ips: { members: [{ addresses: ["127.0.0.2"] }], ...pool } }, materials).egresses[0]!;

test("what is not said is as documented", () => {
  const plan = plansOf({
    other: { members: [{ addresses: ["127.0.0.3"] }] },
    ips: { members: [{ addresses: ["127.0.0.2"] }] },
  });
  expect(plan.egresses[1]).toEqual({
    name: "ips",
    slot: 1,
    members: [{ id: "127.0.0.2", door: { kind: "source", address: "127.0.0.2" }, weight: 1, tags: {} }],
    choose: "random",
    session: { lifetimeMs: 0, idleMs: 0, requestsMax: 0, bytesMax: 0 },
    pace: { intervalMs: 0, concurrencyMax: 0 },
    judge: {
      per: "target",
      strategy: { kind: "consecutive", failures: 3, withinMs: 300_000 },
      statuses: [403, 407, 429].map((status) => ({ on: { from: status, to: status }, means: "failure" })),
      bodies: [],
      coolDown: { forMs: 600_000, growth: 1, maxMs: 600_000, isTrial: true },
      hostDownAfter: 3,
    },
    quota: null,
    users: 0,
    history: { entriesMax: 1000, changesMax: 100 },
    isOwnEvidence: true,
    logs: [],
    whenNone: "refuse",
    waitMs: 5000,
    isTold: true,
  });
  expect(plan.pools.find(({ name }) => name === "out:targets")?.targets?.egress).toEqual({
    http: 1,
    https: 1,
    tunnels: 1,
  });
  expect(plan.listeners[0]?.proxy?.fields).toBe(false);
});

test("all that can be said is in the plan", () => {
  const plan = planOf({
    choose: "leastUsed",
    session: { lifetime: "10m", idle: "1m", requests: 5, bytes: "1mb" },
    perTarget: { interval: "1s", concurrency: 2 },
    judge: {
      strategy: "share",
      of: 10,
      share: 0.25,
      statuses: { "4xx": "failure", "404,410": "success", "403": "ban" },
      bodies: [
        { pattern: "capt.ha", hosts: ["*.Example.com"], types: ["Text/HTML"] },
        { find: "ok", means: "success" },
      ],
      coolDown: { time: "1m", growth: 2, max: "1h", trial: false },
      hostDown: 5,
    },
    quota: { requests: 1000, bytes: "1gb", per: "2h" },
    history: { entries: 10, changes: 0 },
    logs: [
      { path: "/l/%s", mode: "parse", every: "5m" },
      { path: "/l", format: "$status $server_port" },
      { path: "/m", format: { pattern: "(?<status>.)(?<port>.)" } },
    ],
    evidence: "both",
    whenNone: "soonest",
    wait: "0s",
    tell: false,
  });
  expect(plan).toMatchObject({
    choose: "leastUsed",
    session: { lifetimeMs: 600_000, idleMs: 60_000, requestsMax: 5, bytesMax: 1024 ** 2 },
    pace: { intervalMs: 1000, concurrencyMax: 2 },
    judge: {
      strategy: { kind: "share", of: 10, share: 0.25 },
      bodies: [
        { find: "capt.ha", isPattern: true, types: ["text/html"], means: "ban", hosts: ["*.example.com"] },
        { find: "ok", isPattern: false, means: "success", hosts: [] },
      ],
      coolDown: { forMs: 60_000, growth: 2, maxMs: 3_600_000, isTrial: false },
      hostDownAfter: 5,
    },
    quota: { requestsMax: 1000, bytesMax: 1024 ** 3, periodMs: 7_200_000 },
    history: { entriesMax: 10, changesMax: 0 },
    isOwnEvidence: true,
    logs: [
      { path: "/l/%s", format: { kind: "ipmanager" }, mode: "parse", everyMs: 300_000 },
      { path: "/l", format: { kind: "nginx", text: "$status $server_port" }, mode: "serve", everyMs: 0 },
      { path: "/m", format: { kind: "pattern", text: "(?<status>.)(?<port>.)" } },
    ],
    whenNone: "soonest",
    waitMs: 0,
    isTold: false,
  });
  // The narrowest first, whatever order a section of numbers comes in.
  expect(plan.judge.statuses.map(({ on, means }) => `${on.from}-${on.to} ${means}`)).toEqual([
    "403-403 ban",
    "404-404 success",
    "410-410 success",
    "400-499 failure",
  ]);
});

test("per member all refusals are failures, as ipmanager has it; with logs these are the evidence", () => {
  const plan = planOf({ judge: { per: "member" }, logs: [{ path: "%s.log" }], session: false });
  expect(plan.judge.statuses).toEqual([{ on: { from: 400, to: 599 }, means: "failure" }]);
  expect(plan.isOwnEvidence).toBe(false);
  expect(plan.session).toBeNull();
});

describe("members", () => {
  test("of all kinds have their doors, weights and tags, and names of their own", () => {
    const plan = planOf(
      {
        members: [
          { nginx: "a", host: "Nginx", ports: ["1-5", 9], tags: { Country: "DE" } },
          { addresses: ["203.0.113.1-2"], weight: 3 },
          {
            proxies: ["http://u:p%3A@Proxy.example:3128", "socks5://10.0.0.9:1080", "https://h:443"],
            tls: { verify: false },
          },
          { proxies: ["http://v:q@proxy.example:3128", "http://10.0.0.9:1080"] },
        ],
      },
      withGateways([
        { address: "198.51.100.1", port: 3 },
        { address: "198.51.100.2", port: 6 },
        { address: "198.51.100.3", port: 9 },
        { address: "203.0.113.2", port: 4 },
      ]),
    );
    expect(plan.members.map(({ id }) => id)).toEqual([
      "198.51.100.1",
      "198.51.100.3",
      "203.0.113.2",
      "203.0.113.1",
      "http://u@proxy.example:3128",
      "socks5://10.0.0.9:1080",
      "h:443",
      "http://v@proxy.example:3128",
      "http://10.0.0.9:1080",
    ]);
    expect(plan.members[0]).toEqual({
      id: "198.51.100.1",
      door: { kind: "gateway", address: "198.51.100.1", host: "nginx", port: 3 },
      weight: 1,
      tags: { country: "de" },
    });
    expect(plan.members[3]).toMatchObject({ door: { kind: "source", address: "203.0.113.1" }, weight: 3 });
    expect(plan.members[4]?.door).toEqual({
      ...{ kind: "proxy", protocol: "http", host: "proxy.example", port: 3128 },
      ...{ user: "u", password: "p:", tls: null },
    });
    expect(plan.members[5]?.door).toMatchObject({ protocol: "socks5", user: "", password: "" });
    expect(plan.members[6]?.door).toMatchObject({ protocol: "http", tls: { serverName: "h", verify: false } });
  });

  test("are made once for a config and its files, and anew when a file has changed", () => {
    const listeners = { out: { listen: "127.0.0.1:3128", proxy: { egress: "ips" } } };
    const config = judge({ listeners, egress: { ips: { members: [{ nginx: "a" }] } } }).config!;
    const of = (materials: Materials): readonly unknown[] =>
      compile(config, new Slots(), () => undefined, 1, materials).egresses[0]!.members;
    const one = withGateways([{ address: "198.51.100.1", port: 3 }]);
    expect(of(one)).toBe(of(one));
    expect(of(withGateways([]))).toEqual([]);
  });

  test("are the same when the config is loaded anew and says the same of them, and others where it does not", () => {
    const group = { addresses: ["127.0.0.2-9"], tags: { country: "de" } };
    const of = (members: readonly object[], more: object = {}, name = "ips"): readonly unknown[] => {
      const listeners = { out: { listen: "127.0.0.1:3128", proxy: { egress: name } } };
      const config = judge({ listeners, egress: { [name]: { members, ...more } } }).config!;
      return compile(config, new Slots(), () => undefined, 1, { ...noMaterials }).egresses[0]!.members;
    };
    const first = of([group]);
    expect(of([{ ...group }])).toBe(first);
    expect(of([group], { choose: "leastUsed" })).toBe(first);
    expect(of([group], {}, "others")).toEqual([...first]);
    const others = [
      [{ ...group, addresses: ["127.0.0.2-10"] }],
      [{ ...group, weight: 2 }],
      [{ ...group, tags: { country: "fr" } }],
      [group, { addresses: ["127.0.0.11"] }],
      [{ ...group, tags: { country: "de", city: "b" } }],
    ];
    for (const other of others) {
      of([group]);
      expect(of(other)).not.toEqual([...first]);
    }
  });

  test("ten thousand of them take a moment, and little of the plan", () => {
    const listeners = { out: { listen: "127.0.0.1:3128", proxy: { egress: "ips" } } };
    const config = judge({ listeners, egress: { ips: { members: [{ addresses: ["10.0.0.0/8"], count: 10_000 }] } } })
      .config!;
    const sinceMs = performance.now();
    const plan = compile(config, new Slots(), () => undefined);
    const tookMs = performance.now() - sinceMs;
    expect(plan.egresses[0]!.members).toHaveLength(10_000);
    expect(tookMs).toBeLessThan(1000);
    expect(JSON.stringify(plan).length).toBeLessThan(10_000 * 130);
  });
});
