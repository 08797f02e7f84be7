// What rules add to an exchange in our own code: the same conversation as in exchange.ts, with none, with a condition that does
// not hold, and with entries that are held and counted. One process, so that nobody else has a lock. Prints the nanoseconds of the
// best round, and what is more than without rules. The million is there before it begins, and each exchange is of another one of
// them: no entry is in any cache, which is worse than traffic is.

import type { EffectPlan, RulePlan, TablePlan } from "../../src/config/plan.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { LineFlow } from "../../src/flow/port.ts";
import { bestOf, client, type Judged, makeWorld, Sink } from "./world.ts";

const exchangesPerRound = 100_000;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const request = bytesOf(
  "GET /some/path?with=query HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: wrk\r\nAccept: */*\r\n\r\n",
);
const response = bytesOf(`HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 65\r\n\r\n${"x".repeat(65)}`);

function rule(condition: string | null, options: Partial<RulePlan> = {}): RulePlan {
  const deny = { status: 403, reason: "", fields: [], body: null, isTemplate: false, retryAfterS: 0 };
  const outcome = condition === null ? null : ({ kind: "reply", reply: deny, isDenial: true } as const);
  return { name: "rule", slot: 0, mode: "enforce", place: "", condition, effects: [], outcome, rules: [], ...options };
}

function table(...store: readonly string[]): TablePlan {
  const key = { kind: "ip", prefix6: 64 } as const;
  return { name: "clients", key, entriesMax: 204_800, expireMs: 600_000, isEvicting: true, share: null, store };
}

const track: EffectPlan = { kind: "track", table: 0, key: "src", slot: 0 };
const tracking = rule(null, { effects: [track] });

const trackingBy = (key: string): RulePlan => rule(null, { effects: [{ ...track, key }] });

const cases: readonly (readonly [string, Judged])[] = [
  ["no rules", {}],
  ["a path that does not match", { rules: { request: [rule("path.startsWith('/admin')")] } }],
  ["a mark that is read", { rules: { request: [rule("clients[src].gpc0 > 0")] }, tables: [table("gpc0")] }],
  [
    "track, one condition",
    { rules: { request: [tracking, rule("tracked[0].http_req_rate > 1e12")] }, tables: [table("http_req_rate(10s)")] },
  ],
  [
    "track, mark and two rates",
    {
      rules: { request: [rule("clients[src].gpc0 > 0"), tracking, rule("tracked[0].conn_rate > 1e12")] },
      tables: [table("gpc0", "conn_rate(100s)", "bytes_out_rate(60s)")],
    },
  ],
  [
    "track by a number",
    {
      rules: { request: [trackingBy("int(random() * 1.0)"), rule("tracked[0].http_req_rate > 1e12")] },
      tables: [{ ...table("gpc0", "http_req_rate(10s)"), key: { kind: "integer" }, entriesMax: 1_000_000 }],
    },
  ],
  [
    "track one of a million, by chance",
    {
      rules: { request: [trackingBy("int(random() * 1000000.0)"), rule("tracked[0].http_req_rate > 1e12")] },
      tables: [{ ...table("gpc0", "http_req_rate(10s)"), key: { kind: "integer" }, entriesMax: 1_000_000 }],
    },
  ],
  [
    "connection tracked, condition",
    {
      rules: { connection: [tracking], request: [rule("tracked[0].http_req_rate > 1e12")] },
      tables: [table("http_req_rate(10s)")],
    },
  ],
];

let plain = 0;
for (const [name, judged] of cases) {
  let reports = 0;
  const { context, port } = makeWorld("http", () => reports++, judged);
  const downstream: LineFlow = new Downstream(context, context.site.listeners[0]!, new Sink(), client);
  downstream.received(request);
  if (name.includes("million")) {
    const clients = context.site.world.tables[0]!;
    for (let number = 0; number < 1_000_000; number++) {
      clients.key.setInteger(number);
      clients.assign(0, 0, 1, 0);
    }
  }
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  const best = bestOf(exchangesPerRound, () => {
    port.sharedMs++;
    downstream.received(request);
    upstream.received(response);
  });
  if (plain === 0) plain = best;
  console.log(
    `${name.padEnd(33)} ${best.toFixed(0).padStart(6)} ns, ${(best - plain).toFixed(0).padStart(5)} more (${reports} reported)`,
  );
}
