import { expect, setDefaultTimeout } from "bun:test";
import { Client } from "./harness/client.ts";
import { Nginx } from "./harness/nginx.ts";
import { Origin, ok } from "./harness/origin.ts";
import { curl, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);
const test = testWith(["nginx", "curl"]);
const big = crypto.getRandomValues(new Uint8Array(65_536));
const megabyte = new Uint8Array(1 << 20).map((_, index) => big[index & 0xffff]!);
const files = {
  "small.txt": "hello from nginx",
  "big.bin": megabyte,
  "page.html": "<p>one</p><!--# echo var='none' default='two' -->",
};

async function both(room: Room, more = ""): Promise<{ nginx: Nginx; sluice: Sluice }> {
  const nginx = await Nginx.start(room, files, more);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [nginx.address] } } });
  return { nginx, sluice };
}

test("a small file and a megabyte come through byte for byte", async () => {
  await using room = new Room();
  const { sluice } = await both(room);
  expect((await curl(`${sluice.url}/small.txt`)).out).toBe("hello from nginx");
  const answer = await curl(`${sluice.url}/big.bin`);
  expect(Bun.SHA256.hash(answer.bytes, "hex")).toBe(Bun.SHA256.hash(megabyte, "hex"));
});

test("Range, HEAD, 304 and 404 mean the same through Sluice", async () => {
  await using room = new Room();
  const { sluice } = await both(room);
  const part = await curl("-i", "-r", "6-9", `${sluice.url}/small.txt`);
  expect(part.out).toMatch(/^HTTP\/1\.1 206 [\s\S]*Content-Range: bytes 6-9\/16\r\n[\s\S]*\r\n\r\nfrom$/);
  const head = await curl("-I", `${sluice.url}/big.bin`);
  expect(head.out).toContain("Content-Length: 1048576\r\n");
  const etag = /ETag: (\S+)/.exec(head.out)![1]!;
  const unchanged = await curl("-i", "-H", `If-None-Match: ${etag}`, `${sluice.url}/big.bin`);
  expect(unchanged.out).toMatch(/^HTTP\/1\.1 304 [\s\S]*\r\n\r\n$/);
  const missing = await curl("-o", room.path("none"), "-w", "%{http_code}", `${sluice.url}/missing`);
  expect(missing.out).toBe("404");
});

test("HEAD, 304 and 204 leave the connection good for the next request", async () => {
  await using room = new Room();
  const { sluice, nginx } = await both(room, "location = /nothing { return 204; }");
  const client = await Client.connect(room, sluice.port);
  const requests = ["HEAD /big.bin", "GET /nothing", "HEAD /missing", "GET /small.txt"];
  client.send(requests.map((line) => `${line} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  const text = await client.saw("hello from nginx");
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 204", "HTTP/1.1 404", "HTTP/1.1 200"]);
  expect(new Set((await nginx.log(4)).map(({ connection }) => connection)).size).toBe(1);
});

test("a chunked answer of nginx comes whole, and stays chunked", async () => {
  await using room = new Room();
  const { sluice } = await both(
    room,
    "location = /page.html { ssi on; } gzip on; gzip_proxied any; gzip_min_length 1; gzip_types *;",
  );
  const answer = await curl("-i", "--raw", `${sluice.url}/page.html`);
  expect(answer.out).toMatch(/Transfer-Encoding: chunked\r\n/);
  expect((await curl(`${sluice.url}/page.html`)).out).toBe("<p>one</p>two");
  const zipped = await curl("--compressed", "-i", `${sluice.url}/big.bin`);
  expect(zipped.bytes.toString("latin1", 0, 1000)).toContain("Content-Encoding: gzip\r\n");
  const plain = await curl("--compressed", `${sluice.url}/big.bin`);
  expect(plain.bytes.equals(megabyte)).toBe(true);
});

test("one connection to nginx carries request after request", async () => {
  await using room = new Room();
  const { sluice, nginx } = await both(room);
  for (let count = 0; count < 50; count++) await (await fetch(`${sluice.url}/small.txt`)).text();
  // Even clients that come with a new connection each time.
  for (let count = 0; count < 5; count++) await curl(`${sluice.url}/small.txt`);
  const logged = await nginx.log(55);
  expect(new Set(logged.map(({ connection }) => connection)).size).toBe(1);
  expect(logged.at(-1)!.requests).toBeGreaterThanOrEqual(55);
});

test("a POST body is understood by nginx, with Content-Length and in chunks", async () => {
  await using room = new Room();
  // nginx reads a body to its end only where it does something with it: here it passes it on.
  const sink = new Origin(room, ({ body }) => ok(Bun.SHA256.hash(body, "hex")));
  const { sluice, nginx } = await both(room, `location = /upload { proxy_pass http://${sink.address}; }`);
  const path = room.write("body.bin", megabyte);
  const digest = Bun.SHA256.hash(megabyte, "hex");
  const sized = await curl("-H", "Expect:", "--data-binary", `@${path}`, `${sluice.url}/upload`);
  expect(sized.out).toBe(digest);
  const chunked = ["-H", "Expect:", "-H", "Transfer-Encoding: chunked", "--data-binary", `@${path}`];
  expect((await curl(...chunked, `${sluice.url}/upload`)).out).toBe(digest);
  const lengths = (await nginx.log(2)).map(({ body }) => body);
  expect(lengths[0]).toBeGreaterThan(1 << 20);
  // In chunks it takes a few bytes more, and those are passed on as they are.
  expect(lengths[1]!).toBeGreaterThan(lengths[0]!);
});

test("Expect: 100-continue is answered by nginx through Sluice, before the body is sent", async () => {
  await using room = new Room();
  const sink = new Origin(room, ({ body }) => ok(String(body.length)));
  const { sluice } = await both(room, `location = /upload { proxy_pass http://${sink.address}; }`);
  const path = room.write("body.bin", megabyte);
  const expecting = ["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "10", "--data-binary", `@${path}`];
  const startedMs = performance.now();
  const answer = await curl(...expecting, `${sluice.url}/upload`);
  expect(answer.err).toContain("< HTTP/1.1 100 Continue");
  expect(answer.out).toBe("1048576");
  expect(performance.now() - startedMs).toBeLessThan(9000);
});

test("a client of HTTP/1.0 gets plain bodies and, when it asks, a kept connection", async () => {
  await using room = new Room();
  const { sluice } = await both(room, "location = /page.html { ssi on; }");
  const answer = await curl("-0", "-i", `${sluice.url}/page.html`);
  expect(answer.out).not.toMatch(/chunked/i);
  expect(answer.out).toEndWith("\r\n\r\n<p>one</p>two");
  const client = await Client.connect(room, sluice.port);
  client.send("GET /small.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  expect(await client.saw("hello from nginx")).toMatch(/\r\nConnection: keep-alive\r\n/i);
  client.send("GET /missing HTTP/1.0\r\n\r\n");
  expect(await client.over()).toContain("HTTP/1.1 404");
});

test("nginx is asked for the very bytes the client wrote, and is told who asks", async () => {
  await using room = new Room();
  const { sluice } = await both(room);
  const target = "/echo?q=%41%zz&a=%2F/..//b&%c3%a9=+";
  const answer = await curl(
    "--path-as-is",
    "-H",
    "Host: shop.example:81",
    "-H",
    "X-Odd: gr\u00fc\u00df",
    `${sluice.url}${target}`,
  );
  expect(answer.out).toBe(`${target}|shop.example:81|gr\u00fc\u00df|127.0.0.1|http|shop.example:81|1.1 sluice`);
});
