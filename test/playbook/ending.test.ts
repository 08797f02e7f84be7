import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { get, ok, put } from "./words.ts";

function asked(request: string, options: PlanOptions = {}) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  play.take();
  return { play, client, server };
}

// ---- the client ends its half ----

test("a client that ends after its request still gets its answer", () => {
  const { play, client, server } = asked(get("/"));
  client.ends();
  play.expect();
  server.sends(ok("1"));
  play.expect(client.gets(ok("1")), "report 200", client.is("destroyed"));
  play.expectNothingLeft();
});

test("a client that ends while its answer is held still gets all of it", () => {
  const { play, client, server } = asked(get("/"));
  client.isFull = true;
  server.sends(ok("body"));
  play.take();
  client.ends();
  play.expect(client.is("ended"));
  client.drains();
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("a client that pipelines and ends gets every answer", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1") + get("/2"));
  const server = play.accept();
  client.isFull = true;
  server.sends(ok("1"));
  play.take();
  client.drains();
  play.expect(client.is("resumed"), server.gets(get("/2")));
  client.ends();
  server.sends(ok("2"));
  play.expect(client.gets(ok("2")), "report 200", client.is("destroyed"));
});

test("a client that ends inside its request's body is cut off, and so is the server", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  client.ends();
  play.expect(server.is("reset"), "report 0 client_closed", client.is("reset"));
  play.expectNothingLeft();
});

test("a client that ends between requests, or inside a head, is closed", () => {
  const { play, client, server } = asked(get("/"));
  server.sends(ok("1"));
  play.take();
  client.ends();
  play.expect(client.is("destroyed"));
  const other = play.connect();
  other.sends("GET / HT");
  other.ends();
  play.expect(other.is("destroyed"));
  play.expectNothingLeft();
});

// ---- the client resets ----

test("a client that resets while its server is dialed leaves the connection to others", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1"));
  client.closes(true);
  play.expect("dial one:80", "report 0 client_closed");
  play.expectNothingLeft();
  const server = play.accept();
  play.expect();
  play.connect().sends(get("/2"));
  play.expect(server.gets(get("/2")));
});

test("a client that resets while a dial fails is told nothing", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1"));
  client.closes(true);
  play.refuse();
  play.expect("dial one:80", "report 0 client_closed");
});

test("a client that resets while it waits for an answer, or inside it, resets the server", () => {
  for (const answer of ["", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"]) {
    const { play, client, server } = asked(get("/"));
    if (answer !== "") server.sends(answer);
    play.take();
    client.closes(true);
    play.expect(server.is("reset"), `report ${answer === "" ? 0 : 200} client_closed`);
    play.expectNothingLeft();
  }
});

test("a client that resets between requests, or while it lingers, is forgotten", () => {
  const { play, client, server } = asked(get("/"));
  server.sends(ok("1"));
  play.take();
  client.closes(true);
  const other = play.connect();
  other.sends("nonsense\r\n\r\n");
  play.take();
  other.closes(true);
  play.pass(60_000);
  play.expect(server.is("destroyed"));
  play.expectNothingLeft();
});

// ---- the worker ends ----

test("draining closes idle connections at once and the others after their exchange", () => {
  const { play, client, server } = asked(get("/"));
  const idle = play.connect();
  play.drain();
  play.expect(idle.is("destroyed"));
  server.sends(ok("1"));
  play.expect(
    client.gets("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1"),
    server.is("destroyed"),
    "report 200",
    client.is("ended"),
  );
});

test("draining ends a connection whose answer is already under way, too", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  play.take();
  play.drain();
  server.sends("cd");
  play.expect(client.gets("cd"), server.is("destroyed"), "report 200", client.is("ended"));
});

test("draining waits for a client that is still taking its answer", () => {
  const { play, client, server } = asked(get("/"));
  client.isFull = true;
  server.sends(ok("body"));
  play.take();
  play.drain();
  play.expect(client.is("ended"));
  client.drains();
  play.expect();
  client.ends();
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("draining lets a request that has begun to arrive be answered", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHo");
  play.drain();
  play.expect();
  client.sends("st: a\r\n\r\n");
  const server = play.accept();
  play.take();
  server.sends(ok("1"));
  expect(play.take()[0]).toContain("Connection: close");
});

// ---- the plan changes ----

test("an exchange ends under the plan it began with, and the next obeys the new one", () => {
  const { play, client, server } = asked(get("/1"), { servers: ["one"], forwarding: { via: "old" } });
  play.reload({ servers: ["one"], forwarding: { via: "new" } });
  play.expect();
  server.sends(ok("1"));
  play.expect(client.gets(ok("1", "Via: 1.1 old")), "report 200");
  client.sends(get("/2"));
  play.expect(server.gets(get("/2", "Via: 1.1 new")));
});

test("a reload keeps idle connections of servers that stay and closes the others'", () => {
  const { play, client, server } = asked(get("/1"), { servers: ["one", "two"] });
  server.sends(ok("1"));
  client.sends(get("/2"));
  const other = play.accept();
  other.sends(ok("2"));
  play.take();
  play.reload({ servers: ["one"] });
  play.expect(other.is("destroyed"));
  client.sends(get("/3"));
  play.expect(server.gets(get("/3")));
});

test("a connection of a server that left the plan is closed after its exchange", () => {
  const { play, client, server } = asked(get("/1"), { servers: ["one"] });
  play.reload({ servers: ["other"] });
  server.sends(ok("1"));
  play.expect(client.gets(ok("1")), server.is("destroyed"), "report 200");
  play.expectNothingLeftBut(1);
});

test("those who wait when the plan changes are not forgotten", () => {
  const options: PlanOptions = { server: { connectionsMax: 1 } };
  const { play, server } = asked(get("/1"), options);
  const waiting = play.connect();
  waiting.sends(get("/2"));
  play.reload({ ...options, forwarding: { via: "new" } });
  server.sends(ok("1"));
  play.expectAmong(server.gets(get("/2")));
  server.sends(ok("2"));
  play.expectAmong(waiting.gets(ok("2")));
});

test("a tunnel survives a reload", () => {
  const { play, client, server } = asked(get("/", "Upgrade: x", "Connection: upgrade"));
  server.sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
  play.take();
  play.reload({ servers: ["other"] });
  play.expect();
  client.sends("ping");
  play.expect(server.gets("ping"));
});

test("an upload to a server that answers early and resets is answered all the same", () => {
  const { play, client, server } = asked(put("POST", "ab").replace("Length: 2", "Length: 9"));
  server.sends("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  play.expect(
    client.gets("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    server.is("destroyed"),
    "report 413",
    client.is("ended"),
  );
});

test("when the time to drain is over, what is under way is cut and reported, and idle clients are let go", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  const waiting = play.connect();
  waiting.sends("GET / HT");
  play.take();
  play.cut();
  play.expect(server.is("reset"), "report 200 draining", client.is("reset"), waiting.is("destroyed"));
});
