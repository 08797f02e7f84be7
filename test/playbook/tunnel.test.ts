import { expect, test } from "bun:test";
import { routeCell, serverCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { get, ok } from "./words.ts";

const ask = get("/chat", "Upgrade: websocket", "Connection: keep-alive, Upgrade");
const agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

function tunnel() {
  const play = new Playbook({ downstream: { tunnelMs: 5_000 } });
  const client = play.connect();
  client.sends(ask);
  const server = play.accept();
  server.sends(agreed);
  play.take();
  return { play, client, server };
}

test("an upgrade is asked for and granted, and then bytes go both ways", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(ask);
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/chat", "Upgrade: websocket", "Connection: Upgrade")));
  server.sends(`${agreed}hello`);
  play.expect(client.gets(`${agreed}hello`));
  client.sends("GET / HTTP/1.1\r\n\r\n");
  play.expect(server.gets("GET / HTTP/1.1\r\n\r\n"));
  server.sends("bye");
  play.expect(client.gets("bye"));
});

test("an upgraded connection is one of those under way until it ends, and is counted by its status then", () => {
  const { play, client, server } = tunnel();
  const counts = (): number[] => [routeCell.open, routeCell.status1xx].map((cell) => play.totals.route(0, cell));
  expect(counts()).toEqual([1, 0]);
  client.ends();
  expect(counts()).toEqual([1, 0]);
  server.ends();
  expect(counts()).toEqual([0, 1]);
});

test("each half of a tunnel ends on its own", () => {
  const { play, client, server } = tunnel();
  client.ends();
  play.expect(server.is("ended"));
  server.sends("last words");
  play.expect(client.gets("last words"));
  server.ends();
  play.expect(server.is("destroyed"), "report 101", client.is("destroyed"));
  play.expectNothingLeft();
});

test("what the server said last still reaches a client that is slow", () => {
  const { play, client, server } = tunnel();
  client.ends();
  client.isFull = true;
  server.sends("last words");
  play.take();
  server.ends();
  play.expect(client.is("ended"));
  client.drains();
  play.expect(server.is("destroyed"), "report 101", client.is("destroyed"));
  play.expectNothingLeft();
});

test("the same when the runtime tells the server's FIN as a close", () => {
  const { play, client, server } = tunnel();
  client.ends();
  client.isFull = true;
  server.sends("last words");
  play.take();
  server.closes(false);
  play.expect(client.is("ended"));
  client.drains();
  play.expect("report 101", client.is("destroyed"));
  play.expectNothingLeft();
});

test("what a client sends ahead of the grant is held once: a server that does not take it stops the reading", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(ask);
  const server = play.accept();
  client.sends("eager");
  play.take();
  server.isFull = true;
  server.sends(agreed);
  play.expect(client.gets(agreed), client.is("resumed"), server.gets("eager"), client.is("paused"));
  server.drains();
  play.expect(client.is("resumed"));
});

test("what the client said last still reaches a server that is slow", () => {
  const { play, client, server } = tunnel();
  server.ends();
  server.isFull = true;
  client.sends("last words");
  play.expectAmong(server.gets("last words"));
  client.isPaused = false;
  client.ends();
  play.expect(server.is("ended"));
  server.drains();
  play.expect(server.is("destroyed"), "report 101", client.is("destroyed"));
  play.expectNothingLeft();
});

test("the same when the runtime tells the client's FIN as a close", () => {
  const { play, client, server } = tunnel();
  server.ends();
  server.isFull = true;
  client.sends("last words");
  play.take();
  client.closes(false);
  play.expect(server.is("ended"));
  expect(play.context.downstreams.size).toBe(1);
  server.drains();
  play.expect(server.is("destroyed"), "report 101");
  play.expectNothingLeft();
});

test("a client that is gone is not waited for longer than the silence that a tunnel may have", () => {
  const { play, client, server } = tunnel();
  server.ends();
  server.isFull = true;
  client.sends("last words");
  client.closes(false);
  play.take();
  play.pass(5_200);
  play.expect(server.is("destroyed"), "report 101 tunnel_idle");
  play.expectNothingLeft();
});

test("a reset on one side resets the other", () => {
  const one = tunnel();
  one.server.closes(true);
  one.play.expect("report 101 server_reset", one.client.is("reset"));
  const other = tunnel();
  other.client.closes(true);
  other.play.expect(other.server.is("reset"), "report 101 client_closed");
  other.play.expectNothingLeft();
});

test("a side that takes nothing stops the other's reading", () => {
  const { play, client, server } = tunnel();
  client.isFull = true;
  server.sends("much");
  play.expect(client.gets("much"), server.is("paused"));
  client.drains();
  play.expect(server.is("resumed"));
  server.isFull = true;
  client.sends("much");
  play.expect(server.gets("much"), client.is("paused"));
  server.drains();
  play.expect(client.is("resumed"));
});

test("a tunnel in which nothing is said ends after its time", () => {
  const { play, client, server } = tunnel();
  play.pass(4_000);
  client.sends("ping");
  play.expect(server.gets("ping"));
  play.pass(4_900);
  play.expect();
  play.pass(300);
  play.expect(server.is("destroyed"), "report 101 tunnel_idle", client.is("destroyed"));
  play.expectNothingLeft();
});

test("bytes that a client sends ahead of the grant go into the tunnel", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(ask);
  const server = play.accept();
  client.sends("eager");
  play.take();
  server.sends(agreed);
  play.expect(client.gets(agreed), client.is("resumed"), server.gets("eager"));
});

test("a server that does not upgrade answers as to any request", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(ask);
  const server = play.accept();
  play.take();
  server.sends(ok("no"));
  play.expect(client.gets(ok("no")), "report 200");
});

test("h2c is not asked for on a client's behalf", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMA"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/")));
});

test("101 for a request that did not ask for it is a broken answer", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(agreed);
  play.expectAmong(server.is("reset"), "report 502 bad_response");
  // The client has a whole answer, and it was ours.
  expect(play.totals.route(0, routeCell.status5xx)).toBe(1);
  expect(play.totals.route(0, routeCell.dropped)).toBe(1);
  expect(play.totals.route(0, routeCell.aborted)).toBe(0);
  expect(play.totals.server(0, serverCell.responseFailures)).toBe(1);
});
