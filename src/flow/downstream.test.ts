// What becomes of a connection when its client ends its sending half. What else a Downstream does stands in the conversations of
// test/playbook.

import { estimateShallowMemoryUsageOf } from "bun:jsc";
import { expect, test } from "bun:test";
import { makeClient } from "../../test/playbook/client.ts";
import { get, ok, put } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { Downstream } from "./downstream.ts";

const leaving = { listener: { isAbortedByClose: true } };

test("a client that has said all gets its answer", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  client.ends();
  play.expect();
  server.sends(ok("x"));
  play.expectAmong(client.gets(ok("x")), "report 200");
});

test("where the listener says so, it has left, and its server is asked no further", () => {
  const play = new Playbook(leaving);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  client.ends();
  play.expectAmong(server.is("reset"), "report 0 client_closed");
  play.expectNothingLeft();
});

test("it has left too when no server has taken its request yet", () => {
  const play = new Playbook(leaving);
  const client = play.connect();
  client.sends(get("/"));
  play.expect("dial one:80");
  client.ends();
  expect(play.take()).toContain("report 0 client_closed");
});

test("an answer that has begun is sent to its end", () => {
  const play = new Playbook(leaving);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(ok("xy").slice(0, -1));
  play.take();
  client.ends();
  play.expect();
  server.sends("y");
  play.expectAmong(client.gets("y"), "report 200");
});

test("a body that ends with the connection's sending half is still on its way", () => {
  const play = new Playbook(leaving);
  const client = play.connect();
  client.sends(put("POST", "abc").slice(0, -1));
  play.accept();
  play.take();
  client.ends();
  expect(play.take()).toContain("report 0 client_closed");
});

test("one takes 160 bytes, and not 224, which are the runtime's next: there are as many as there are clients", () => {
  const play = new Playbook();
  const made = new Downstream(play.context, play.context.site.listeners[0]!, play.connect(), makeClient());
  expect(estimateShallowMemoryUsageOf(made)).toBeLessThanOrEqual(160);
  expect(estimateShallowMemoryUsageOf(made)).toBeGreaterThan(100);
});
