import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, get } from "./harness/client.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);
const post = (...fields: readonly string[]): string =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;

/** Each has two readings; what follows it would be a request of its own in one of them. */
const twofold: Readonly<Record<string, string>> = {
  "Content-Length beside Transfer-Encoding": `${post("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`,
  "two lengths": post("Content-Length: 0", "Content-Length: 5"),
  "two lengths in one field": post("Content-Length: 0, 5"),
  "a signed length": post("Content-Length: +5"),
  "a hexadecimal length": post("Content-Length: 0x5"),
  "an unknown coding": `${post("Transfer-Encoding: xchunked")}0\r\n\r\n`,
  "chunked twice": `${post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")}0\r\n\r\n`,
  "chunked not last": `${post("Transfer-Encoding: chunked, identity")}0\r\n\r\n`,
  "a coding with a tab before it that hides it": `${post("Transfer-Encoding:\x0bchunked")}0\r\n\r\n`,
  "Transfer-Encoding in HTTP/1.0": "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "bare LF after a field": "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n",
  "bare LF at the end": "GET / HTTP/1.1\r\nHost: a\n\n",
  "bare CR in a value": get("/", "X: a\rContent-Length: 5"),
  "a NUL in a value": get("/", "X: a\0b"),
  "a space before the colon": post("Content-Length : 5"),
  "a folded line": get("/", "X: 1", " Content-Length: 5"),
  "a field without a colon": get("/", "Nonsense"),
  "an empty name": get("/", ": x"),
  "two Hosts": get("/", "Host: b"),
  "no Host": "GET / HTTP/1.1\r\n\r\n",
  "a space in the target": "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
  "a chunk size with a sign": `${post("Transfer-Encoding: chunked")}+5\r\nhello\r\n0\r\n\r\n`,
  "a chunk size that overflows": `${post("Transfer-Encoding: chunked")}fffffffffffffffff\r\n`,
  "a chunk that is longer than its size": `${post("Transfer-Encoding: chunked")}1\r\nhello\r\n0\r\n\r\n`,
  "a bare LF after a chunk size": `${post("Transfer-Encoding: chunked")}5\nhello\r\n0\r\n\r\n`,
};

test("what has two readings is answered 400 with a close, and nothing of it reaches the server", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const wrong: string[] = [];
  for (const [name, bytes] of Object.entries(twofold)) {
    const client = await Client.connect(room, sluice.port);
    const answer = await client.send(`${bytes}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`).over();
    const isGood = answer.startsWith("HTTP/1.1 400 ") && /\r\nConnection: close\r\n/i.test(answer);
    if (!isGood || answer.match(/HTTP\/1\.1 \d/g)!.length !== 1) wrong.push(`${name}: ${answer.split("\r\n")[0]}`);
    if (origin.received.length > 0) wrong.push(`${name} reached the server: ${origin.received}`);
    origin.received = Buffer.alloc(0);
  }
  expect(wrong).toEqual([]);
  expect(await sluice.metric("sluice_bad_requests_total")).toBeGreaterThanOrEqual(Object.keys(twofold).length - 4);
});

test("a bad chunk behind a good one ends the exchange on both sides, and what follows is no request", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(`${post("Transfer-Encoding: chunked")}5\r\nhello\r\n`);
  client.send("zz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.over()).toStartWith("HTTP/1.1 400 ");
  expect(origin.asked).toEqual([]);
  expect(origin.received.toString()).not.toContain("smuggled");
});

test("the bytes of a body are never taken for a request", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => ok(target));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  const inner = get("/inner");
  client.send(`POST /outer HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}${get("/after")}`);
  await client.saw("/after");
  expect(origin.asked.map(({ target }) => target)).toEqual(["/outer", "/after"]);
});

test("what is too much is refused by name: 431, 414, 413, 505, 405", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, {
    pools: { app: { servers: [origin.address] } },
    limits: { head: "2kb", body: "1kb", fields: 20 },
  });
  const cases: readonly (readonly [number, string])[] = [
    [431, get("/", `X: ${"a".repeat(3000)}`)],
    [431, get("/", ...Array.from({ length: 30 }, (_, index) => `X-${index}: 1`))],
    [414, `GET /${"a".repeat(3000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [413, post("Content-Length: 2000")],
    [413, `${post("Transfer-Encoding: chunked")}800\r\n${"a".repeat(2048)}\r\n0\r\n\r\n`],
    [505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"],
    [405, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"],
    [405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"],
    [417, post("Expect: 200-ok", "Content-Length: 0")],
  ];
  const statuses: [number, number][] = [];
  for (const [status, bytes] of cases) {
    const client = await Client.connect(room, sluice.port);
    const text = await client.send(bytes).saw("\r\n\r\n");
    statuses.push([status, Number(text.slice(9, 12))]);
  }
  expect(statuses.map(([, actual]) => actual)).toEqual(statuses.map(([wanted]) => wanted));
});
