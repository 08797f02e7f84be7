// What a request leaves to the collector: objects of each kind that one exchange makes in our own code, without sockets, once it is
// compiled. What an exchange needs is kept and used again, so that these are few; a closure in a function on its way shows as a scope
// (JSLexicalEnvironment) for each call, whether the closure is made or not.

import { heapStats } from "bun:jsc";
import type { RulePlan, TablePlan } from "../../src/config/plan.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { Exchange } from "../../src/flow/exchange.ts";
import { Recording } from "../../src/flow/recording.ts";
import { RecorderRing } from "../../src/memory/recorder.ts";
import { formatRecorder, recorderBytes } from "../../src/memory/recorderlayout.ts";
import { cachePlan, poolCachePlan } from "../../test/playbook/caching.ts";
import { egressPlan, egressProxy } from "../../test/playbook/egresses.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import { exchanges } from "./manylines.ts";
import { client, type Judged, makeWorld, Sink } from "./world.ts";

const warmups = 100_000;
const counted = 3000;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function run(name: string, once: () => void): void {
  for (let count = 0; count < warmups; count++) once();
  // Twice: what the first finds dead may be swept by the second only.
  Bun.gc(true);
  Bun.gc(true);
  const before = heapStats().objectTypeCounts;
  for (let count = 0; count < counted; count++) once();
  const after = heapStats().objectTypeCounts;
  const made = Object.entries(after)
    .map(([kind, count]): [string, number] => [kind, (count - (before[kind] ?? 0)) / counted])
    .filter(([, each]) => each >= 0.05)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, each]) => `${each.toFixed(1)} ${kind}`);
  console.log(`${name.padEnd(32)} ${made.join(", ") || "nothing"}`);
}

function proxied(options: PlanOptions, request: string): () => void {
  const exchange = exchanges(options);
  const [said, bytes] = [bytesOf(request), bytesOf(request)];
  return () => {
    // What a flow was told is its own: what it is asked for is taken out of it.
    bytes.set(said);
    exchange(bytes);
  };
}

/** In the world of exchange.ts: with rules, tables, a cache. */
function served(judged: Judged, request: Uint8Array, response: Uint8Array, recording?: Recording): () => void {
  const { context, port } = makeWorld(
    "http",
    (exchange) => recording?.exchange(exchange as Exchange, port.nowMs, port.wallMs),
    judged,
  );
  const downstream = new Downstream(context, context.site.listeners[0]!, new Sink(), client);
  downstream.received(request);
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  if (judged.cache !== undefined) return () => downstream.received(request);
  return () => {
    downstream.received(request);
    upstream.received(response);
  };
}

const members = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
const idle = { connectionsMax: 4096, timeoutMs: 60_000 };
const history = { entriesMax: 1000, changesMax: 100 };
const session = { lifetimeMs: 3_600_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };
const pool = egressProxy({ egress: egressPlan(members, { choose: "random", history }), pool: { idle } });
const keyed = egressProxy({ egress: egressPlan(members, { choose: "random", history, session }), pool: { idle } });
const requestTo = (host: string, fields = ""): string =>
  `GET http://${host}/x HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;

const plain = bytesOf("GET /x?y=1 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
const fields = 'Content-Type: text/plain\r\nETag: "1"\r\nCache-Control: max-age=3600\r\n';
const response = bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: 65\r\n${fields}\r\n${"x".repeat(65)}`);
const cache = { cache: cachePlan, poolCache: { ...poolCachePlan, isTold: true } };
const key = { kind: "ip", prefix6: 64 } as const;
const table: TablePlan = {
  ...{ name: "clients", key, entriesMax: 1000, expireMs: 600_000, isEvicting: true, share: null },
  store: ["http_req_rate(10s)"],
};
const usual = { name: "rule", slot: 0, mode: "enforce", place: "", condition: null, outcome: null, rules: [] } as const;
const track: RulePlan = { ...usual, effects: [{ kind: "track", table: 0, key: "src", slot: 0 }] };
const deny = { status: 403, reason: "", fields: [], body: null, isTemplate: false, retryAfterS: 0 };
const limit: RulePlan = {
  ...{ ...usual, effects: [], condition: "tracked[0].http_req_rate > 1e12" },
  outcome: { kind: "reply", reply: deny, isDenial: true },
};
const admin: RulePlan = { ...limit, condition: "path.startsWith('/admin')" };

// The first is compiled before it is counted, and then in another way: twice.
for (const name of ["reverse proxy, warming up", "reverse proxy"]) run(name, served({}, plain, response));
const ring = new Uint8Array(recorderBytes(1, 1000));
formatRecorder(ring, 1, 1000, []);
const recording = new Recording(new RecorderRing(ring, 0), false);
run("reverse proxy, recorded", served({}, plain, response, recording));
run("a path that does not match", served({ rules: { request: [admin] } }, plain, response));
run("track, one condition", served({ rules: { request: [track, limit] }, tables: [table] }, plain, response));
run("cache hit", served(cache, plain, response));
run("forward proxy, by address", proxied(proxyPlan({ pool: { idle } }), requestTo("8.8.8.8:81")));
run("forward proxy, by name", proxied(proxyPlan({ pool: { idle } }), requestTo("a.example")));
run("pool of 300, by address", proxied(pool, requestTo("8.8.8.8:81")));
run("pool of 300, by name", proxied(pool, requestTo("a.example")));
run("pool of 300, with a key", proxied(keyed, requestTo("8.8.8.8:81", "X-Egress-Key: k\r\n")));
