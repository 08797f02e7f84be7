// How what is stored is shown, as conversations: in slices, at the pace of clients and rules, and until they leave.

import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, date } from "../../../test/playbook/caching.ts";
import { rule, rules } from "../../../test/playbook/rules.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

const fresh = "Cache-Control: max-age=60";
const quiet = cached({ isTold: false });

function filled(body: string, options = quiet, ...fields: string[]): { play: Playbook; client: Actor; server: Actor } {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok(body, date, fresh, 'ETag: "1"', ...fields));
  play.take();
  return { play, client, server };
}

test("a long body goes in slices, at the pace of the client, and the entry is let go of when all is said", () => {
  const body = "0123456789abcdef".repeat(40_000);
  const { play, client } = filled(body, cached({ isTold: false }, {}, { objectBytesMax: 2 ** 20 }));
  client.isFull = true;
  client.sends(get("/"));
  const sizes: number[] = [];
  const note = (): void => {
    for (const line of play.take()) if (line.includes(" gets ")) sizes.push(line.length);
  };
  note();
  expect(sizes.length).toBe(1);
  for (let turn = 0; turn < 20 && (client.isOffered || client.heldBytes > 0); turn++) {
    client.makesRoom(200_000);
    note();
  }
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.max(...sizes)).toBeLessThan(200_100);
  client.isFull = false;
  client.sends(get("/"));
  const said = play.take().join("");
  expect(said.slice(said.indexOf("\\r\\n\\r\\n") + 8)).toContain(body.slice(0, 10_000));
});

test("a client that does not take what it is shown is let go of", () => {
  const { play, client } = filled("x".repeat(600_000));
  client.isFull = true;
  client.sends(get("/"));
  play.take();
  play.pass(30_100);
  play.pass(30_100);
  play.expectAmong("report 200 client_stalled", client.is("reset"));
  play.expectNothingLeft();
});

test("a client that leaves lets go of what it is shown", () => {
  const { play, client } = filled("x".repeat(600_000));
  client.isFull = true;
  client.sends(get("/"));
  play.take();
  client.closes();
  play.expect("report 200 client_closed");
  play.expectNothingLeft();
});

/** A client that has been given the head of a stored body of letters, and what the kernel took of that in pieces. */
function offered(body: string, ...rooms: number[]): { play: Playbook; client: Actor; said: string[] } {
  const { play, client } = filled(body);
  client.isFull = true;
  client.sends(get("/"));
  const said: string[] = [];
  const note = (): void => {
    for (const line of play.take()) if (line.includes(" gets ")) said.push(line.slice(line.indexOf(" gets ") + 6));
  };
  note();
  for (const room of rooms) {
    client.makesRoom(room);
    note();
  }
  return { play, client, said };
}

const letters = "abcdefghijklmnopqrstuvwxyz".repeat(4_000);

test("what the kernel does not take stays where it is: the line holds none of it, and it is gone on with from there", () => {
  const { play, client, said } = offered(letters, 10, 0, 7, 1_000);
  expect([client.heldBytes, client.isOffered]).toEqual([0, true]);
  expect(said.slice(1).map(({ length }) => length)).toEqual([10, 7, 1_000]);
  client.isFull = false;
  client.drains();
  const [rest, report] = play.take();
  said.push(rest!.slice(rest!.indexOf(" gets ") + 6));
  expect(report).toBe("report 200");
  expect(said.join("").endsWith(`\\r\\n\\r\\n${letters}`)).toBe(true);
  client.sends(get("/"));
  play.expectAmong("report 200");
});

test("a client that takes no more of what it is offered is let go of, though nothing is held for it", () => {
  const { play, client } = offered(letters, 10);
  play.pass(29_000);
  play.expect();
  play.pass(1_200);
  play.expectAmong("report 200 client_stalled", client.is("reset"));
  play.expectNothingLeft();
});

test("a client that takes a little before each deadline is given time", () => {
  const { play, client } = offered(letters, 10);
  for (let turn = 0; turn < 5; turn++) {
    play.pass(29_000);
    client.makesRoom(1);
    play.expectAmong(client.gets(letters.charAt(16_394 + turn)));
  }
  play.pass(30_100);
  play.expectAmong("report 200 client_stalled");
});

test("a client that leaves lets go of what it is offered, and one that has what it was offered counts it", () => {
  const { play, client } = offered(letters, 10);
  client.closes();
  play.expect("report 200 client_closed");
  play.expectNothingLeft();
});

/** Asks until it is found often enough for its pages to be worth giving away, and answers how often that was. */
function askOften(client: Actor, play: Playbook): number {
  let count = 0;
  for (; client.filesTaken.length === 0 && count < 50; count++) {
    client.sends(get("/"));
    play.take();
  }
  return count;
}

test("what is found often and is long goes behind its head as pages of the cache's file, whole and in ranges", () => {
  const { play, client } = filled(letters);
  expect(askOften(client, play)).toBe(8);
  client.sends(get("/"));
  play.expect(client.gets(ok(letters, date, fresh, 'ETag: "1"', "Age: 0")), "report 200");
  expect(client.filesTaken).toEqual([3, 3]);
  client.sends(get("/", "Range: bytes=100-90099"));
  const said = play.take();
  expect(said[0]).toEndWith(`\\r\\n\\r\\n${letters.slice(100, 90_100)}`);
  expect(client.filesTaken.length).toBe(3);
});

test("nothing goes as pages that is short, chunked, slowed down or under TLS", () => {
  const { play, client } = filled(letters);
  askOften(client, play);
  const { filesTaken } = client;
  client.takesFiles = false;
  client.sends(get("/"));
  client.takesFiles = true;
  client.sends(get("/", "Range: bytes=0-20000"));
  client.sends("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  play.take();
  expect(filesTaken.length).toBe(1);
});

test("pages that are not taken at once are gone on with, and an entry that is purged meanwhile is whole to the end", () => {
  const { play, client, server } = filled(letters);
  askOften(client, play);
  client.isFull = true;
  client.roomBytes = 0;
  client.sends(get("/"));
  const said: string[] = [];
  const note = (): void => {
    for (const line of play.take()) if (line.startsWith(client.gets(""))) said.push(line.slice(client.gets("").length));
  };
  note();
  const other = play.connect();
  client.makesRoom(50_001);
  note();
  other.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  note();
  for (let path = 0; path < 60; path++) {
    other.sends(get(`/${path}`));
    server.sends(ok("z".repeat(100_000), date, fresh));
    play.take();
  }
  client.isFull = false;
  client.drains();
  note();
  expect(said.join("").split("\\r\\n\\r\\n").at(-1)).toBe(letters);
});

test("a rule slows down what is shown as it does what a server sends", () => {
  const slow = rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1_000 }] });
  const options = cached({ isTold: false }, { listener: { rules: rules({ response: [slow] }) } });
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("x".repeat(3_000), date, fresh));
  play.pass(4_000);
  play.take();
  client.sends(get("/"));
  const bytes = (): number =>
    play
      .take()
      .filter((line) => line.includes(" gets "))
      .reduce((sum, line) => sum + line.length - line.indexOf(" gets ") - 6, 0);
  play.take();
  play.pass(1_000);
  expect(Math.abs(bytes() - 1_000)).toBeLessThan(120);
  play.pass(3_000);
  const rest = play.take();
  expect(rest.at(-1)).toBe("report 200");
});

test("HTTP/1.0 is told the length, and what becomes of its connection", () => {
  const { play } = filled("0123456789");
  const old = play.connect();
  old.sends("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  play.expect(old.gets(ok("0123456789", date, fresh, 'ETag: "1"', "Age: 0", "Connection: keep-alive")), "report 200");
  old.sends("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  play.expect(
    old.gets(ok("0123456789", date, fresh, 'ETag: "1"', "Age: 0", "Connection: close")),
    "report 200",
    old.is("destroyed"),
  );
});

test("pipelined requests are answered in order from the cache and from servers", () => {
  const { play, client, server } = filled("0123456789");
  client.sends(get("/") + get("/other") + get("/"));
  const shown = ok("0123456789", date, fresh, 'ETag: "1"', "Age: 0");
  play.expect(client.is("paused"), client.gets(shown), "report 200", server.gets(get("/other")));
  server.sends(ok("other"));
  play.expectAmong("report 200");
});

test("a client that reads slowly keeps nobody waiting: what it fills goes on, and it is shown the rest in its own time", () => {
  const play = new Playbook(quiet);
  const [slow, quick] = [play.connect(), play.connect()];
  const body = "0123456789".repeat(10_000);
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(ok(body, date, fresh).slice(0, -60_000));
  quick.sends(get("/"));
  play.take();
  server.sends(body.slice(40_000, 70_000));
  server.sends(body.slice(70_000));
  play.expect(quick.gets(body.slice(40_000)), "report 200");
  slow.isFull = false;
  slow.drains();
  play.expect(slow.gets(body.slice(40_000)), "report 200");
});
