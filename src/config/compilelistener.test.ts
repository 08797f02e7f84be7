import { expect, test } from "bun:test";
import { compile } from "./compile.ts";
import type { ListenerInput } from "./input.ts";
import { judge } from "./judge.ts";
import type { ListenerPlan, Plan } from "./plan.ts";
import { Slots } from "./slots.ts";

const pools = { app: { servers: ["10.0.0.1:80"] }, other: { servers: ["10.0.0.2:80"] } };

function planOf(listeners: Record<string, ListenerInput>, more: object = {}): Plan {
  const { config, findings } = judge({ listeners, pools, ...more });
  if (config === null) throw new Error(JSON.stringify(findings));
  return compile(config, new Slots(), () => undefined);
}
const one = (listener: Partial<ListenerInput>, more: object = {}): ListenerPlan =>
  planOf({ a: { listen: ":80", ...listener } }, more).listeners[0]!;

test("names are tried exact first, then the longest star, then patterns as written", () => {
  const plan = planOf({
    a: {
      listen: ":443",
      mode: "tcp",
      sni: [
        { pattern: "^z[0-9]+\\.example$", use: "app" },
        { name: "*.example", use: "other" },
        { pattern: "^.*$", use: "other" },
        { name: "*.Deep.example", use: "app" },
        { name: "WWW.example", use: "app" },
      ],
    },
  });
  expect(plan.routes).toEqual([
    { slot: 0, listener: 0, pool: null },
    { slot: 1, listener: 0, pool: 0 },
    { slot: 2, listener: 0, pool: 1 },
  ]);
  expect(plan.listeners[0]).toMatchObject({
    mode: "tcp",
    route: 0,
    names: [
      { kind: "exact", match: "www.example", route: 1 },
      { kind: "wildcard", match: ".deep.example", route: 1 },
      { kind: "wildcard", match: ".example", route: 2 },
      { kind: "pattern", match: "^z[0-9]+\\.example$", route: 1 },
      { kind: "pattern", match: "^.*$", route: 2 },
    ],
  });
});

test("a pool that a listener uses twice has one route, and each listener has its own", () => {
  const slots = new Slots();
  const { config } = judge({
    listeners: {
      a: { listen: ":1", mode: "tcp", use: "app", sni: [{ name: "x", use: "app" }] },
      b: { listen: ":2", use: "app" },
      c: { listen: ":3", redirect: "https" },
    },
    pools,
  });
  const plan = compile(config!, slots, () => undefined);
  expect(slots.given.flatMap(({ kind, name }) => (kind === "routes" ? [name] : []))).toEqual(["a/app", "b/app", "c/"]);
  expect(plan.routes.map(({ listener, pool }) => [listener, pool])).toEqual([
    [0, 0],
    [1, 0],
    [2, null],
  ]);
  expect(plan.listeners.map(({ route }) => route)).toEqual([0, 1, 2]);
});

test("a redirect is answered by the listener itself", () => {
  expect(one({ redirect: "https" })).toMatchObject({ route: 0, redirect: { status: 308, port: 443 } });
  expect(one({ redirect: { port: 8443, status: 302 } }).redirect).toEqual({ status: 302, port: 8443 });
  expect(one({ redirect: {}, use: "app" }).redirect).toEqual({ status: 308, port: 443 });
});

test("timeouts that only connections have, and the shorter silence of UDP", () => {
  const timeouts = { handshake: "3s", clientIdle: "4s", tunnel: "5s" };
  expect(one({ mode: "tcp", use: "app" }, { timeouts }).timeouts).toMatchObject({
    handshakeMs: 3000,
    clientIdleMs: 4000,
    tunnelMs: 5000,
  });
  expect(one({ mode: "udp", use: "app" }, { timeouts }).timeouts).toMatchObject({
    clientIdleMs: 4000,
    tunnelMs: 60_000,
  });
  expect(one({ mode: "udp", use: "app", timeouts: { tunnel: "9s" } }).timeouts.tunnelMs).toBe(9000);
});

test("the limits of a UDP session, and of nothing else", () => {
  expect(one({ mode: "udp", use: "app" }).udp).toEqual({ requestsMax: 0, responsesMax: 0 });
  expect(one({ mode: "udp", use: "app", udp: { maxResponses: 1 } }).udp).toEqual({ requestsMax: 0, responsesMax: 1 });
  expect(one({ mode: "tcp", use: "app" }).udp).toBeNull();
});

test("PROXY headers are believed of those who are trusted", () => {
  expect(one({ use: "app", proxyProtocol: true, trustedProxies: ["10.0.0.1"] })).toMatchObject({
    proxyProtocol: true,
    forwarding: { trusted: ["10.0.0.1/32"] },
  });
});

test("whom X-Forwarded-For does not tell, and that only PROXY headers are believed", () => {
  const forwarding = { except: ["10.0.0.1", "FD00::/8"], believe: false };
  expect(one({ use: "app", forwarding }).forwarding).toMatchObject({
    areFieldsBelieved: false,
    except: ["10.0.0.1/32", "fd00::/8"],
  });
  expect(one({ use: "app" }).forwarding).toMatchObject({ areFieldsBelieved: true, except: [] });
});

test("a forward proxy tells the servers of strangers nothing of its clients, unless it is told to", () => {
  const told = ({ forwarding, requestId }: ListenerPlan): unknown[] => [
    forwarding.xForwardedFor,
    forwarding.xForwardedProto,
    forwarding.xForwardedHost,
    requestId?.header ?? null,
  ];
  const usual = [true, true, true, "x-request-id"];
  expect(told(one({ use: "app" }))).toEqual(usual);
  expect(told(one({ use: "app", proxy: true }))).toEqual(usual);
  expect(told(one({ proxy: true }))).toEqual([false, false, false, null]);
  const asked = { forwarding: { xForwardedFor: true }, requestId: {} };
  expect(told(one({ proxy: true, ...asked }))).toEqual([true, false, false, "x-request-id"]);
});
