import { estimateShallowMemoryUsageOf } from "bun:jsc";
import { expect, test } from "bun:test";
import { makePlan, type PlanOptions } from "../../test/playbook/plan.ts";
import { get, ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { Arena } from "../memory/arena.ts";
import { serverCell, Tally } from "../memory/tally.ts";
import type { Context } from "./context.ts";
import { IdleConnections, IdleHouse } from "./idle.ts";
import { ServerSite } from "./site.ts";
import { Upstream } from "./upstream.ts";

// What test/playbook does not look at: what a connection takes of memory, and how what it says is counted and told apart.

function asked(options: PlanOptions = {}) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/1"));
  const server = play.accept();
  play.take();
  return { play, client, server };
}

const interim = "HTTP/1.1 102 Processing\r\n\r\n";

test("a connection is one line of memory", () => {
  const tally = new Tally(Arena.inMemory(), 0);
  const idle = new IdleConnections(new IdleHouse(tally, tally.serverRow(0)));
  const server = new ServerSite(makePlan().pools[0]!.servers[0]!, 0, tally, idle);
  expect(estimateShallowMemoryUsageOf(new Upstream({} as Context, server))).toBe(64);
});

test("bytes of a server count in its row, also when it leaves the plan in the middle of them", () => {
  const { play, server } = asked({ servers: ["one"] });
  expect(play.totals.server(0, serverCell.bytesSent)).toBe(get("/1").length);
  const response = ok("0123456789");
  server.sends(response.slice(0, -5));
  play.reload({ servers: ["other"] });
  server.sends(response.slice(-5));
  expect(play.totals.server(0, serverCell.bytesReceived)).toBe(response.length);
  play.expectNothingLeftBut(1);
});

test("interim responses are counted for each exchange, and whether they come together or not", () => {
  const { play, client, server } = asked();
  for (const path of ["/2", "/3"]) {
    for (let count = 0; count < 32; count++) server.sends(interim);
    server.sends(ok("1"));
    expect(play.take()).toContain("report 200");
    client.sends(get(path));
    play.expect(server.gets(get(path)));
  }
  for (let count = 0; count < 33; count++) server.sends(interim);
  expect(play.take()).toContain(server.is("reset"));
});

test("a head that comes in pieces behind an interim response is put together", () => {
  const { play, client, server } = asked();
  const text = interim + ok("1");
  for (const each of text) server.sends(each);
  expect(play.take().join("")).toContain("HTTP/1.1 200 OK");
  client.sends(get("/2"));
  play.expect(server.gets(get("/2")));
});

test("a connection that has carried one request before is lost as an old one, a fresh one is not", () => {
  const { play, client, server } = asked({ servers: ["one"] });
  server.sends(ok("1"));
  client.sends(get("/2"));
  play.take();
  server.closes(false);
  // Nobody's failure: the request goes on over a fresh one.
  const fresh = play.accept();
  expect(play.take().join("")).toContain(fresh.gets(get("/2")));
  expect(play.totals.server(0, serverCell.open)).toBe(1);
  fresh.sends(ok("2"));
  expect(play.take()).toContain("report 200");
});
