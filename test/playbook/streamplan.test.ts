import { expect, test } from "bun:test";
import { routeCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { makeClient } from "./client.ts";
import { carried, carrying } from "./streams.ts";
import { get, ok } from "./words.ts";

// ---- drain, reload ----

test("a drain leaves streams to end, and cuts what has not when its time is over", () => {
  const { play, client, server } = carried();
  const other = play.connect();
  const otherServer = play.accept();
  play.take();
  play.drain();
  play.expect();
  client.sends("still here");
  play.expect(server.gets("still here"));
  client.ends();
  server.ends();
  play.take();
  play.cut();
  play.expect(otherServer.is("reset"), other.is("reset"), "report 0 up 0 down draining");
  play.expectNothingLeft();
});

test("a cut ends streams that wait or dial too", () => {
  const { play } = carried({ server: { connectionsMax: 1 } });
  play.connect();
  play.take();
  play.cut();
  expect(play.streams.map(({ fault: what }) => what!.code)).toEqual(["draining", "draining"]);
  expect(play.totals.route(0, routeCell.dropped)).toBe(1);
  expect(play.totals.route(0, routeCell.aborted)).toBe(1);
  play.expectNothingLeft();
});

test("a stream survives a reload, and goes on under the plan it began with", () => {
  const { play, client, server } = carried({ downstream: { clientIdleMs: 0, tunnelMs: 60_000 } });
  play.reload(carrying({ servers: ["two"], downstream: { clientIdleMs: 1_000, tunnelMs: 1_000 } }));
  play.pass(30_000);
  client.sends("still here");
  play.expect(server.gets("still here"));
  play.connect();
  play.expectAmong("dial two:80");
});

test("a connection that carries requests goes on with them when its listener carries something else by now", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("x"));
  play.take();
  const names = [{ kind: "exact", match: "a.example", route: 1 }] as const;
  play.reload(carrying({ isPoolless: true, pools: ["other"], listener: { names } }));
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("y"));
  play.expectAmong(client.gets(ok("y")), "report 200");
});

// ---- the PROXY header ----

test("a server that wants it is told who the client is before anything else", () => {
  const play = new Playbook(carrying({ server: { proxyProtocol: 1 } }));
  play.connect(makeClient("192.0.2.7", { port: 4321, localAddress: "198.51.100.1", localPort: 5432 }));
  play.expectAmong("dial one:80 PROXY TCP4 192.0.2.7 198.51.100.1 4321 5432\\r\\n");
});

test("each try begins with the header, in the version that its server wants", () => {
  const play = new Playbook(carrying({ servers: ["one", "two"], server: { proxyProtocol: 2 } }));
  play.connect(makeClient("::1", { localAddress: "::1" }));
  play.refuse();
  const dials = play.take().filter((line) => line.startsWith("dial"));
  expect(dials[0]).toMatch(/^dial one:80 \\r\\n\\r\\n\\u0000\\r\\nQUIT\\n!!/);
  expect(dials[1]).toBe(dials[0]!.replace("one", "two"));
});
