// Bodies that become others between real programs: nginx with and without gzip, curl that takes all codings, slow clients, bombs.

import { expect, setDefaultTimeout } from "bun:test";
import { brotliCompressSync, gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { Client } from "./harness/client.ts";
import { Nginx } from "./harness/nginx.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { peakBytes } from "./harness/processes.ts";
import { curl, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["nginx", "curl"]);

/** Some MB that compress about as well as pages do. */
const lines = Array.from(
  { length: 60_000 },
  (_, line) => `<p id="${line}">${(line * 7919) % 65_536} one ${line % 97}</p>\n`,
);
const page = lines.join("");
const short = "<p>one and one</p>".repeat(100);
const files = { "page.html": page, "short.html": short, "tiny.html": "one", "image.bin": page.slice(0, 5000) };
const headOf = (text: string): string => text.slice(0, text.indexOf("\r\n\r\n"));

async function start(room: Room, pool: object, more = ""): Promise<{ nginx: Nginx; sluice: Sluice }> {
  const nginx = await Nginx.start(room, files, `types { text/html html; } ${more}`);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [nginx.address], ...pool } } });
  return { nginx, sluice };
}

test("what curl opens is what nginx sent, in every coding, for long bodies and short ones, kept alive and not", async () => {
  await using room = new Room();
  const { sluice } = await start(room, { compress: true });
  for (const coding of ["gzip", "br", "zstd"])
    for (const [path, content] of [
      ["page.html", page],
      ["short.html", short],
    ] as const) {
      const plain = ["-H", `Accept-Encoding: ${coding}`, `${sluice.url}/${path}`];
      const coded = await curl("-i", ...plain);
      expect(headOf(coded.out)).toContain(`Content-Encoding: ${coding}\r\n`);
      expect(headOf(coded.out)).toMatch(/ETag: W\//);
      expect(headOf(coded.out)).not.toMatch(/Content-Length|Accept-Ranges/);
      expect(coded.bytes.length).toBeLessThan(content.length / 2);
      const opened = await curl("--compressed", ...plain);
      expect(opened.out === content).toBe(true);
    }
  const best = await curl("-I", "--compressed", `${sluice.url}/page.html`);
  expect(best.out).toContain("Content-Encoding: zstd\r\n");
  for (const path of ["tiny.html", "image.bin"])
    expect((await curl("-i", "--compressed", `${sluice.url}/${path}`)).out).not.toContain("Content-Encoding");
  const none = await curl("-i", `${sluice.url}/page.html`);
  expect(headOf(none.out)).toContain("Vary: Accept-Encoding");
  expect(none.out.endsWith(page)).toBe(true);
});

test("a conditional request and a part of a file mean the same as without compression", async () => {
  await using room = new Room();
  const { sluice } = await start(room, { compress: true });
  const etag = /ETag: (\S+)/.exec((await curl("-I", "--compressed", `${sluice.url}/page.html`)).out)![1]!;
  const again = await curl("-i", "--compressed", "-H", `If-None-Match: ${etag}`, `${sluice.url}/page.html`);
  expect(again.out).toMatch(/^HTTP\/1\.1 304 /);
  const part = await curl("-i", "--compressed", "-r", "3-5", `${sluice.url}/page.html`);
  expect(part.out).toMatch(/^HTTP\/1\.1 206 [\s\S]*\r\n\r\nid=$/);
});

test("text is replaced in what nginx has compressed and in what it has not", async () => {
  const replace = [
    { find: " one ", by: " two " },
    { pattern: 'id="([0-9]+)"', by: 'name="$1"', longest: "64b" },
  ];
  const changed = page.replaceAll(" one ", " two ").replaceAll(/id="([0-9]+)"/g, 'name="$1"');
  for (const gzip of ["on", "off"]) {
    await using inner = new Room();
    const { sluice, nginx } = await start(inner, { replace }, `gzip ${gzip}; gzip_proxied any;`);
    const plain = await curl("-i", `${sluice.url}/page.html`);
    expect(plain.out.endsWith(`\r\n\r\n${changed}`)).toBe(true);
    expect(headOf(plain.out)).not.toMatch(/Last-Modified|Accept-Ranges|Content-Length|ETag: "/);
    const coded = await curl("-i", "-H", "Accept-Encoding: gzip", `${sluice.url}/page.html`);
    expect(headOf(coded.out).includes("Content-Encoding: gzip")).toBe(gzip === "on");
    const opened = await curl("--compressed", "-H", "Accept-Encoding: gzip", `${sluice.url}/page.html`);
    expect(opened.out === changed).toBe(true);
    expect((await nginx.log(3)).length).toBe(3);
  }
});

test("events come at once, compressed or replaced", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ socket }) => {
    setTimeout(() => write(socket, "9\r\ndata: 1\n\n\r\n"), 20);
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  });
  const compress = { types: ["text/event-stream"], codings: ["gzip" as const] };
  const replace = [{ find: "data: 1", by: "data: one" }];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address], compress, replace } } });
  const plain = await Client.connect(room, sluice.port);
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await plain.saw("data: one\n\n")).toContain("Transfer-Encoding: chunked");
  const coded = await Client.connect(room, sluice.port);
  coded.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  const opened = await until("the event to be there", () => {
    const { bytes } = coded;
    const at = bytes.indexOf("\r\n\r\n") + 4;
    const line = bytes.indexOf("\r\n", at);
    if (at === 3 || line === -1) return undefined;
    const pieces: Buffer[] = [];
    for (let place = at; place < bytes.length; ) {
      const end = bytes.indexOf("\r\n", place);
      const size = Number.parseInt(bytes.subarray(place, end).toString(), 16);
      pieces.push(bytes.subarray(end + 2, end + 2 + size));
      place = end + 4 + size;
    }
    const text = gunzipSync(Buffer.concat(pieces), { finishFlush: 2 }).toString();
    return text === "" ? undefined : text;
  });
  expect(opened).toBe("data: one\n\n");
});

test("what does not open, or is cut off, is never passed on as whole", async () => {
  await using room = new Room();
  const whole = { gzip: gzipSync(short), br: brotliCompressSync(short), zstd: zstdCompressSync(short) };
  const origin = new Origin(room, ({ target }) => {
    const [, coding = "gzip", kind] = target.split("/");
    const bytes = whole[coding as keyof typeof whole];
    const body =
      kind === "cut" ? bytes.subarray(0, bytes.length - 5) : kind === "bad" ? Buffer.from("no such thing") : bytes;
    return ok(body, "Content-Type: text/html", `Content-Encoding: ${coding}`);
  });
  const replace = [{ find: "one", by: "two" }];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address], replace } } });
  for (const coding of Object.keys(whole)) {
    expect((await curl(`${sluice.url}/${coding}/good`)).out).toBe(short.replaceAll("one", "two"));
    for (const kind of ["cut", "bad"]) {
      const broken = await curl("-H", "Connection: close", `${sluice.url}/${coding}/${kind}`);
      expect([coding, kind, broken.code === 0]).toEqual([coding, kind, false]);
    }
  }
});

test("a bomb under a client that does not read costs little memory, and it goes when the client does", async () => {
  await using room = new Room();
  const bomb = gzipSync(Buffer.alloc(300_000_000));
  const origin = new Origin(room, () => ok(bomb, "Content-Type: text/html", "Content-Encoding: gzip"));
  const replace = [{ find: "one", by: "two" }];
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address], replace } } });
  const [worker = 0] = await sluice.workers();
  await curl("-o", room.path("warm"), "-r", "0-1", `${sluice.url}/`);
  const before = peakBytes(worker);
  const clients = await Promise.all([1, 2, 3, 4].map(() => Client.connect(room, sluice.port)));
  for (const client of clients) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("a head", () => (client.bytes.length > 0 ? true : undefined));
    client.socket.pause();
  }
  await until("all of them to be asked", () => (origin.asked.length >= 5 ? true : undefined));
  expect(peakBytes(worker) - before).toBeLessThan(100_000_000);
  for (const client of clients) client.socket.terminate();
  await sluice.counted(0, "sluice_server_active_requests", { pool: "app" });
});

test("copies go to another pool, preflights to nobody, and the numbers are told", async () => {
  await using room = new Room();
  const app = new Origin(room, () => ok("hello", "Access-Control-Allow-Origin: *"));
  const shadow = new Origin(room, () => ok("never seen"));
  const sluice = await Sluice.start(room, {
    pools: {
      app: { servers: [app.address], mirror: { to: "shadow", body: "1kb" } },
      shadow: { servers: [shadow.address] },
    },
  });
  expect((await curl("-d", "a=1", `${sluice.url}/x`)).out).toBe("hello");
  expect((await curl("-d", "b".repeat(2000), `${sluice.url}/x`)).out).toBe("hello");
  const copy = await shadow.request(1);
  expect([copy.method, copy.target, copy.body.toString()]).toEqual(["POST", "/x", "a=1"]);
  await sluice.counted(1, "sluice_mirrored_requests_total", { pool: "app" });
  await sluice.counted(1, "sluice_mirror_skips_total", { pool: "app" });
});
