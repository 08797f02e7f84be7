// What is kept from one exchange and one plan to the next. All else that a context does stands in the conversations of test/playbook.

import { expect, test } from "bun:test";
import { get, ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { Downstream } from "./downstream.ts";
import type { Lease } from "./egress/lease.ts";
import type { Exchange } from "./exchange.ts";

/** Taken from what is kept and put back, so that it can be told from others. */
function kept({ context }: Playbook): Exchange {
  const exchange = context.takeExchange();
  if (exchange.listener !== undefined) context.returnExchange(exchange);
  return exchange;
}

function ended(play: Playbook): void {
  const client = play.connect();
  client.sends(get("/"));
  play.accept().sends(ok("x"));
}

test("an exchange is used again, but not under another plan: it leads to caches and tables of its own", () => {
  const play = new Playbook();
  ended(play);
  const former = kept(play);
  expect([former.listener === play.context.site.listeners[0], kept(play)]).toEqual([true, former]);
  const { desk } = play.context;
  play.reload({});
  expect([kept(play) === former, play.context.desk === desk]).toEqual([false, false]);
});

test("one that ends under another plan than it began with is not kept", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  const [downstream] = play.context.downstreams as Iterable<Downstream>;
  const former = downstream!.exchange;
  play.reload({});
  server.sends(ok("x"));
  expect([downstream!.exchange, kept(play) === former]).toEqual([null, false]);
});

test("a connection without a request is its new listener's before it asks for anything", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  play.accept().sends(ok("x"));
  const [downstream] = play.context.downstreams as Iterable<Downstream>;
  const guest = downstream!.guestNow();
  const former = guest.listener;
  play.reload({});
  expect([guest.listener === former, guest.listener === play.context.site.listeners[0]]).toEqual([false, true]);
});

test("one with a request has it obeyed as it began", () => {
  const play = new Playbook();
  play.connect().sends(get("/"));
  const [downstream] = play.context.downstreams as Iterable<Downstream>;
  const { listener } = downstream!.guestNow();
  play.reload({});
  expect([downstream!.guestNow().listener === listener, downstream!.exchange?.listener === listener]).toEqual([
    true,
    true,
  ]);
});

test("of thousands that hold a member of an egress pool some are told of at a time, each once for each sweep", () => {
  const { context } = new Playbook();
  const counts = new Map<Lease, number>();
  for (let number = 0; number < 1200; number++) {
    const lease = { tellBytes: () => void counts.set(lease, (counts.get(lease) ?? 0) + 1) } as Lease; // All that a sweep asks of it.
    context.lent.add(lease);
  }
  const [first] = context.lent;
  context.sweep();
  expect(counts.size).toBe(500);
  // The end of one that was told, and of one that was not, and the next sweep before all have been told.
  context.lent.delete(first!);
  context.lent.delete([...context.lent].at(-1)!);
  context.sweep();
  expect(counts.size).toBe(1000);
  for (let ticks = 0; ticks < 3; ticks++) context.giveUp();
  expect([counts.size, Math.max(...counts.values())]).toEqual([1199, 1]);
  context.sweep();
  expect([Math.max(...counts.values()), [...counts.values()].filter((count) => count === 2).length]).toEqual([2, 500]);
});
