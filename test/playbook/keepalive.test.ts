import { expect, test } from "bun:test";
import { serverCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { get, ok } from "./words.ts";

test("a request goes to a server and its response comes back, byte for byte", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/%41?q=%zz&a=%2f", "X-Odd:  b\tc  ", "Cookie: a=1"));
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/%41?q=%zz&a=%2f", "X-Odd:  b\tc  ", "Cookie: a=1")));
  server.sends("HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok");
  play.expect(
    client.gets("HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok"),
    "report 200",
  );
});

test("both connections are used again", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1"));
  play.expect("dial one:80");
  const server = play.accept();
  server.sends(ok("1"));
  play.expect(server.gets(get("/1")), client.gets(ok("1")), "report 200");
  client.sends(get("/2"));
  play.expect(server.gets(get("/2")));
  server.sends(ok("2"));
  play.expect(client.gets(ok("2")), "report 200");
  expect(play.totals.server(0, serverCell.idle)).toBe(1);
});

test("pipelined requests are answered in order, one at a time", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1") + get("/2") + get("/3"));
  play.expect(client.is("paused"), "dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/1")));
  server.sends(ok("1"));
  play.expect(client.gets(ok("1")), "report 200", server.gets(get("/2")));
  server.sends(ok("2"));
  play.expect(client.gets(ok("2")), "report 200", client.is("resumed"), server.gets(get("/3")));
  server.sends(ok("3"));
  play.expect(client.gets(ok("3")), "report 200");
});

test("a pipelined upload behind a request is read on, over a connection that is reused", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(`${get("/1")}PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab`);
  play.expect(client.is("paused"), "dial one:80");
  const server = play.accept();
  server.sends(ok("1"));
  play.take();
  expect(client.isPaused).toBe(false);
  client.sends("cd");
  play.expect(server.gets("cd"));
});

test("a client that pipelines and does not read is not read on either", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1") + get("/2"));
  const server = play.accept();
  client.isFull = true;
  server.sends(ok("1"));
  play.take();
  expect(client.isPaused).toBe(true);
  client.drains();
  play.expect(client.is("resumed"), server.gets(get("/2")));
});

test("the last request that a connection may carry is answered with a close", () => {
  const play = new Playbook({ limits: { requestsPerConnectionMax: 2 } });
  const client = play.connect();
  client.sends(get("/1"));
  const server = play.accept();
  server.sends(ok("1"));
  play.expectAmong(client.gets(ok("1")));
  client.sends(get("/2"));
  server.sends(ok("2"));
  play.expectAmong(
    client.gets("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n2"),
    client.is("ended"),
  );
});

test("Connection: close from the client ends its connection, not the server's", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/", "Connection: close"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/")));
  server.sends(ok("1"));
  play.expect(
    client.gets("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1"),
    "report 200",
    client.is("destroyed"),
  );
  expect(play.totals.server(0, serverCell.idle)).toBe(1);
});

test("Connection: close from the server ends its connection, not the client's", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1");
  play.expect(client.gets(ok("1")), server.is("destroyed"), "report 200");
  client.sends(get("/"));
  play.expect("dial one:80");
});

test("a server's connection that was paused for a slow client is read again by the next exchange", () => {
  const play = new Playbook();
  const slow = play.connect();
  slow.sends(get("/1"));
  const server = play.accept();
  slow.isFull = true;
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  play.expectAmong(server.is("paused"));
  server.sends("cd");
  play.expect(slow.gets("cd"), server.is("resumed"), "report 200");
  const other = play.connect();
  other.sends(get("/2"));
  play.expect(server.gets(get("/2")));
  expect(server.isPaused).toBe(false);
});
