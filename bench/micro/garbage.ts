// What a request leaves to the collector: objects of each kind that one exchange makes in our own code, without sockets, once it is
// compiled. What an exchange needs is kept and used again, so that these are few; a closure in a function on its way shows as a scope
// (JSLexicalEnvironment) for each call, whether the closure is made or not.

import { heapStats } from "bun:jsc";
import { egressPlan, egressProxy } from "../../test/playbook/egresses.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import { exchanges } from "./manylines.ts";

const warmups = 100_000;
const counted = 3000;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function run(name: string, options: PlanOptions, request: string): void {
  const exchange = exchanges(options);
  const bytes = bytesOf(request);
  for (let count = 0; count < warmups; count++) exchange(bytes);
  // Twice: what the first finds dead may be swept by the second only.
  Bun.gc(true);
  Bun.gc(true);
  const before = heapStats().objectTypeCounts;
  for (let count = 0; count < counted; count++) exchange(bytes);
  const after = heapStats().objectTypeCounts;
  const made = Object.entries(after)
    .map(([kind, count]): [string, number] => [kind, (count - (before[kind] ?? 0)) / counted])
    .filter(([, each]) => each >= 0.05)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, each]) => `${each.toFixed(1)} ${kind}`);
  console.log(`${name.padEnd(32)} ${made.join(", ") || "nothing"}`);
}

const members = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
const idle = { connectionsMax: 4096, timeoutMs: 60_000 };
const history = { entriesMax: 1000, changesMax: 100 };
const session = { lifetimeMs: 3_600_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };
const pool = egressProxy({ egress: egressPlan(members, { choose: "random", history }), pool: { idle } });
const keyed = egressProxy({ egress: egressPlan(members, { choose: "random", history, session }), pool: { idle } });
const proxied = (host: string, fields = ""): string =>
  `GET http://${host}/x HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;

// The first is compiled before it is counted, and then in another way: twice.
for (const name of ["reverse proxy, warming up", "reverse proxy"]) run(name, {}, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
run("forward proxy, by address", proxyPlan({ pool: { idle } }), proxied("8.8.8.8:81"));
run("forward proxy, by name", proxyPlan({ pool: { idle } }), proxied("a.example"));
run("pool of 300, by address", pool, proxied("8.8.8.8:81"));
run("pool of 300, by name", pool, proxied("a.example"));
run("pool of 300, with a key", keyed, proxied("8.8.8.8:81", "X-Egress-Key: k\r\n"));
