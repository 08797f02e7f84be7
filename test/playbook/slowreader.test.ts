// A client that reads slowly, and others that wait for what it fetches, as conversations: what has no length too goes into the cache as
// fast as its server says it, and the slow one gets all of it in its own time, in framing that holds together.

import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { cached, date, fresh } from "./caching.ts";
import { get } from "./words.ts";

const quiet = cached({ isTold: false });
const chunkedHead = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const openHead = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nConnection: close\r\n\r\n`;
const chunk = (content: string): string => `${content.length.toString(16)}\r\n${content}\r\n`;

/** All that somebody has been told since the last time, and whether something was reported. */
function heard(play: Playbook, actor: Actor): { text: string; others: string[] } {
  const start = actor.gets("");
  const lines = play.take();
  const own = lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  return {
    text: own.map((line) => JSON.parse(`"${line}"`) as string).join(""),
    others: lines.filter((line) => !line.startsWith(start)),
  };
}

/** The content of a chunked message and what follows its end; throws where the framing does not hold. */
function opened(message: string): { content: string; rest: string } {
  let at = message.indexOf("\r\n\r\n") + 4;
  expect(message.slice(0, at).toLowerCase()).toContain("transfer-encoding: chunked\r\n");
  for (let content = ""; ; ) {
    const size = /^([0-9a-f]+)\r\n/.exec(message.slice(at, at + 20));
    if (size === null) throw new Error(`no chunk begins with ${JSON.stringify(message.slice(at, at + 20))}`);
    at += size[0].length;
    const bytes = Number.parseInt(size[1]!, 16);
    content += message.slice(at, at + bytes);
    at += bytes;
    if (message.slice(at, at + 2) !== "\r\n") throw new Error("a chunk does not end where it says");
    at += 2;
    if (bytes === 0) return { content, rest: message.slice(at) };
  }
}

const [a, b] = ["a".repeat(40_000), "b".repeat(30_000)];

const cuts: readonly (readonly [string, string, string])[] = [
  ["between chunks", chunk(a), chunk(b)],
  ["inside of a chunk", `11170\r\n${a}`, `${b}\r\n`],
  ["behind the content of a chunk", `9c40\r\n${a}`, `\r\n${chunk(b)}`],
];

for (const [where, one, other] of cuts)
  test(`a slow client of a chunked body keeps nobody waiting when it stops ${where}`, () => {
    const play = new Playbook(quiet);
    const [slow, quick] = [play.connect(), play.connect()];
    slow.sends(get("/"));
    const server = play.accept();
    slow.isFull = true;
    server.sends(chunkedHead + one);
    quick.sends(get("/"));
    const before = heard(play, slow).text;
    server.sends(other);
    server.sends(`${chunk("c")}0\r\n\r\n`);
    const head = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nContent-Length: 70001\r\nAge: 0\r\n\r\n`;
    play.expect(quick.gets(`${head}${a}${b}c`), "report 200");
    slow.drains();
    const { text, others } = heard(play, slow);
    expect(opened(before + text)).toEqual({ content: `${a}${b}c`, rest: "" });
    expect(others).toEqual(["report 200"]);
    slow.sends(get("/"));
    expect(heard(play, slow).text).toEndWith(`${a}${b}c`);
  });

test("where a client stops inside of what frames chunks its server waits until it goes on", () => {
  const play = new Playbook(quiet);
  const slow = play.connect();
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(`${chunkedHead}${chunk(a)}75`);
  const { text, others } = heard(play, slow);
  expect(others).toContain(server.is("paused"));
  slow.drains();
  server.sends(`30\r\n${b}\r\n0\r\n\r\n`);
  expect(opened(text + heard(play, slow).text)).toEqual({ content: `${a}${b}`, rest: "" });
});

test("a slow client of a body that its server ends by FIN gets chunks, and is told the end", () => {
  const play = new Playbook(quiet);
  const [slow, quick] = [play.connect(), play.connect()];
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(openHead + a);
  quick.sends(get("/"));
  const before = heard(play, slow).text;
  server.sends(b);
  server.ends();
  play.pass(20);
  expect(play.take()).toContain("report 200");
  slow.drains();
  expect(opened(before + heard(play, slow).text)).toEqual({ content: a + b, rest: "" });
  slow.sends(get("/"));
  expect(heard(play, slow).text).toEndWith(a + b);
});

for (const [framing, first, rest] of [
  ["chunks", chunkedHead + chunk(a), `${chunk(b)}0\r\n\r\n`],
  ["a FIN", openHead + a, b],
] as const)
  test(`a slow client of HTTP/1.0 keeps nobody waiting for what its server ends by ${framing}`, () => {
    const play = new Playbook(quiet);
    const [slow, quick] = [play.connect(), play.connect()];
    slow.sends("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    const server = play.accept();
    slow.isFull = true;
    server.sends(first);
    quick.sends(get("/"));
    const before = heard(play, slow).text;
    server.sends(rest);
    if (framing === "a FIN") server.ends();
    play.pass(20);
    expect(play.take()).toContain("report 200");
    slow.drains();
    const { text, others } = heard(play, slow);
    const whole = before + text;
    expect(whole.slice(whole.indexOf("\r\n\r\n") + 4)).toBe(a + b);
    expect(others).toEqual(["report 200", slow.is("destroyed")]);
  });

const small = cached({ isTold: false }, {}, { objectBytesMax: 80_000 });
const c = "c".repeat(30_000);

for (const [where, parts] of [
  ["in one chunk", [`249f0\r\n${a}`, b, c.slice(1), `c${a}${"d".repeat(10_000)}\r\n0\r\n\r\n`]],
  ["in chunks of their own", [chunk(a), chunk(b), chunk(c), `${chunk(a)}${chunk("d".repeat(10_000))}0\r\n\r\n`]],
  [
    "cut anywhere",
    [`9c40\r\n${a}\r`, `\n${chunk(b)}7530\r\n`, c, `\r\n9c40\r\n${a}\r\n${chunk("d".repeat(10_000))}0\r\n\r\n`],
  ],
] as const)
  test(`what turns out too large goes on to the slow client from its server, ${where}`, () => {
    const play = new Playbook(small);
    const slow = play.connect();
    slow.sends(get("/"));
    const server = play.accept();
    slow.isFull = true;
    server.sends(chunkedHead);
    server.sends(parts[0]);
    let said = heard(play, slow).text;
    server.sends(parts[1]);
    server.sends(parts[2]);
    const { text, others } = heard(play, slow);
    said += text;
    expect(others).toEqual([server.is("paused")]);
    slow.drains();
    said += heard(play, slow).text;
    server.sends(parts[3]);
    const last = heard(play, slow);
    expect(opened(said + last.text)).toEqual({ content: `${a}${b}${c}${a}${"d".repeat(10_000)}`, rest: "" });
    expect(last.others).toContain("report 200");
    play.expectNothingLeftBut(1);
  });

test("what turns out too large goes on from its server at once where the client has taken all that came before", () => {
  const play = new Playbook(small);
  const slow = play.connect();
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(chunkedHead + chunk(a));
  let said = heard(play, slow).text;
  slow.drains();
  server.sends(chunk(b));
  server.sends(chunk(c));
  expect(server.isPaused).toBe(false);
  server.sends(`${chunk(a)}0\r\n\r\n`);
  const { text, others } = heard(play, slow);
  said += text;
  expect(opened(said)).toEqual({ content: a + b + c + a, rest: "" });
  expect(others).toEqual(["report 200"]);
});

test("what breaks off while the slow client is given the rest is seen to break off", () => {
  const play = new Playbook(quiet);
  const slow = play.connect();
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(chunkedHead + chunk(a));
  play.take();
  server.sends("7530\r\nbb");
  server.closes();
  expect(play.take()).toContain(slow.is("reset"));
  play.expectNothingLeft();
});

test("a slow client whose server's chunks make no sense is seen to be cut off, and nothing of it is stored", () => {
  const play = new Playbook(quiet);
  const [slow, other] = [play.connect(), play.connect()];
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(chunkedHead + chunk(a));
  play.take();
  server.sends("no size\r\n");
  expect(play.take()).toContain(slow.is("reset"));
  other.sends(get("/"));
  play.expect("dial one:80");
});

test("a client that leaves while it is given the rest leaves the store to be filled", () => {
  const play = new Playbook(quiet);
  const [slow, quick] = [play.connect(), play.connect()];
  slow.sends(get("/"));
  const server = play.accept();
  slow.isFull = true;
  server.sends(chunkedHead + chunk(a));
  quick.sends(get("/"));
  play.take();
  slow.closes();
  server.sends(`${chunk(b)}0\r\n\r\n`);
  expect(heard(play, quick).text).toEndWith(a + b);
});
