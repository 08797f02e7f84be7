// What it costs in our own code that a request through a forward proxy goes out by a member of an egress pool: the shipped flows on a port
// that takes everything, with connections that stand idle for each member. Beside it the same without a pool. Nanoseconds of the best round.

import { egressPlan, egressProxy } from "../../test/playbook/egresses.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import { exchanges } from "./manylines.ts";
import { bestOf } from "./world.ts";

const perRound = 50_000;
const requestWith = (fields: string): Uint8Array =>
  new TextEncoder().encode(`GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n${fields}Accept: */*\r\n\r\n`);

function run(name: string, options: PlanOptions, keys = 0): void {
  const exchange = exchanges(options);
  const plain = requestWith("");
  const requests = Array.from({ length: keys }, (_, key) => requestWith(`X-Egress-Key: key${key}\r\n`));
  let turn = 0;
  // Bytes that a flow was told are its own, and what it is asked for is taken out of them: a key's request is another each time.
  const best = bestOf(perRound, () => exchange(keys === 0 ? plain : requests[turn++ % keys]!.slice()));
  console.log(`${name.padEnd(20)} ${best.toFixed(0).padStart(6)} ns a request`);
}

const members = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
const idle = { connectionsMax: 4096, timeoutMs: 60_000 };
const session = { lifetimeMs: 3_600_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };

run("no pool", proxyPlan({ pool: { idle } }));
for (const count of [1, 300, 3000])
  for (const history of [0, 1000]) {
    const egress = egressPlan(members(count), { choose: "random", history: { entriesMax: history, changesMax: 100 } });
    run(`pool of ${count}${history > 0 ? ", history" : ""}`, egressProxy({ egress, pool: { idle } }));
  }
const keyed = egressPlan(members(300), { choose: "random", session });
const seldom = egressPlan(members(10_000), { choose: "random", history: { entriesMax: 20, changesMax: 20 } });
run("300 keys of 300", egressProxy({ egress: keyed, pool: { idle } }), 300);
run("1,000 keys of 10,000", egressProxy({ egress: seldom, pool: { idle } }), 1000);
