// HTTP/2 by all clients that people have, together: curl, nghttp, h2load, Chromium, over TLS and in the clear, against a real Sluice with two workers,
// whose rules, tables, caches, logs and hooks see each stream as a request.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AccessLog } from "./harness/accesslog.ts";
import { Browser, chromium } from "./harness/chromium.ts";
import { block } from "./harness/http2/fields.ts";
import { headers } from "./harness/http2/frames.ts";
import { Http2Client, asked as requestOf } from "./harness/http2client.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, find, type Ran, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice, sources } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const names = ["web", "plain", "old", "chosen", "bare", "fronted", "locked"] as const;
const ports = Object.fromEntries(names.map((name) => [name, freePort()])) as Record<(typeof names)[number], number>;
const programs = ["curl", "openssl", "h2load", "nghttp"];
const largeBytes = 10 << 20;
const proxyHeader = "PROXY TCP4 192.0.2.44 198.51.100.9 5555 443\r\n";

let room: Room;
let log: AccessLog;
let sluice: Sluice;
let origin: Origin;
let large: Uint8Array;
let largeHash: string;

const secure = (target = "/", port = ports.web): string => `https://127.0.0.1:${port}${target}`;
const plain = (target = "/"): string => `http://127.0.0.1:${ports.plain}${target}`;
/** Body, then a line with the version and the status. */
const written = ["-w", "\n%{http_version} %{http_code}"];
const h2 = (...args: readonly string[]): Promise<Ran> => curl("-k", "--http2", ...written, ...args);
const prior = (...args: readonly string[]): Promise<Ran> => curl("--http2-prior-knowledge", ...written, ...args);

function answer({ target, body, fields }: Parameters<Origin["handler"]>[0]): ReturnType<Origin["handler"]> {
  const path = target.split("?")[0]!;
  if (path === "/down") return ok(large);
  if (path === "/hash") return ok(Bun.SHA256.hash(body, "hex"));
  if (path === "/hashchunked") return ok(Bun.SHA256.hash(dechunked(body), "hex"));
  if (path === "/cached/a") return ok(`${origin.asked.length}`, "Cache-Control: max-age=60");
  if (path === "/text") return ok("text ".repeat(1000), "Content-Type: text/plain");
  if (path === "/page") return ok(page, "Content-Type: text/html", "Cache-Control: no-store");
  if (path === "/image.svg") return ok(image, "Content-Type: image/svg+xml", "Cache-Control: no-store");
  if (path === "/from") return ok(`${fields.get("x-forwarded-for")} ${fields.get("x-forwarded-proto")}`);
  return ok(path);
}

const image = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>';
const images = Array.from({ length: 20 }, (_, index) => `<img src="/image.svg?${index}">`).join("");
const page = `<!doctype html><title>images</title><link rel="icon" href="data:,">${images}`;

function dechunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, end), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}

function draft(): Draft & { readonly listeners: NonNullable<Draft["listeners"]> } {
  const tls = { certificates: "localhost.crt" };
  const at = (name: (typeof names)[number]): { listen: string; use: string } => ({
    listen: `127.0.0.1:${ports[name]}`,
    use: "app",
  });
  return {
    workers: 2,
    tables: { clients: { key: "ip", size: "1k", expire: "1m", store: ["http_req_rate(60s)"] } },
    caches: { pages: { size: "8mb" } },
    listeners: {
      web: {
        ...at("web"),
        tls,
        compress: true,
        rules: [
          { if: "path == '/limited'", track: "clients" },
          { if: "path == '/limited' && tracked[0].http_req_rate > 5", deny: 429 },
          { if: "path.startsWith('/cached/')", use: "cached" },
          { if: "path == '/gone'", redirect: { to: "/elsewhere", status: 302 } },
          { if: "path == '/version' && version == '2.0'", reply: { status: 200, body: "two" } },
        ],
      },
      plain: at("plain"),
      old: { ...at("old"), tls, http2: false, auth: { users: { alice: "secret" } } },
      chosen: { ...at("chosen"), tls: { ...tls, alpn: ["http/1.1"] } },
      fronted: { ...at("fronted"), proxyProtocol: true, trustedProxies: ["127.0.0.1"] },
      bare: { ...at("bare"), http2: false },
      locked: { ...at("locked"), auth: { users: { alice: "secret" } } },
    },
    pools: { app: { servers: [origin.address] }, cached: { servers: [origin.address], cache: "pages" } },
    accessLog: log.config,
    limits: { body: "0b" },
  };
}

describe.skipIf(programs.some((program) => find(program) === null))("HTTP/2 by real clients", () => {
  beforeAll(async () => {
    room = new Room();
    log = new AccessLog(room);
    put(room, "localhost", authorityIn(room).issue(["DNS:localhost", "IP:127.0.0.1"]));
    large = new Uint8Array(largeBytes);
    for (let at = 0; at < large.length; at += 65_536) crypto.getRandomValues(large.subarray(at, at + 65_536));
    largeHash = Bun.SHA256.hash(large, "hex");
    origin = new Origin(room, answer);
    sluice = await Sluice.start(room, draft());
  });
  afterAll(() => room[Symbol.asyncDispose]());

  test("curl is answered by HTTP/2, over TLS and in the clear, and by HTTP/1.1 when it asks for that", async () => {
    expect((await h2(secure("/a"))).out).toBe("/a\n2 200");
    expect((await prior(plain("/a"))).out).toBe("/a\n2 200");
    expect((await curl("-k", "--http1.1", ...written, secure("/a"))).out).toBe("/a\n1.1 200");
    // Upgrade: h2c is no more: it is answered as if it had not been asked for.
    expect((await curl("--http2", ...written, plain("/a"))).out).toBe("/a\n1.1 200");
  });

  test("ten megabytes up, with a length and without, and ten down", async () => {
    const path = room.write("body", large);
    for (const ask of [h2, prior]) {
      const url = ask === h2 ? secure : plain;
      expect((await ask("-T", path, url("/hash"))).out).toBe(`${largeHash}\n2 200`);
      const out = room.path("down");
      expect((await ask("-o", out, url("/down"))).out).toBe("\n2 200");
      expect(Bun.SHA256.hash(await Bun.file(out).bytes(), "hex")).toBe(largeHash);
    }
    const chunked = await ran([find("curl")!, "-ksS", "--http2", "-T", "-", secure("/hashchunked")], { stdin: large });
    expect(chunked.out).toBe(largeHash);
  });

  test("nghttp: a hundred streams at once on one connection", async () => {
    const { out, code } = await ran([find("nghttp")!, "-n", "-s", "-m100", "--no-verify-peer", secure("/many")]);
    expect(code).toBe(0);
    expect(out.match(/ 200 +\d+ +\/many/g)).toHaveLength(100);
  });

  test("h2load: four connections of fifty streams, over TLS and in the clear, and nothing fails", async () => {
    for (const url of [secure("/load"), plain("/load")]) {
      const { out } = await ran([find("h2load")!, "-n4000", "-c4", "-m50", url]);
      expect(out).toContain(
        "requests: 4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout",
      );
      expect(out).toContain("Application protocol: h2");
    }
  });

  test("h2load: large bodies on many streams share their connections, and nothing fails", async () => {
    const { out } = await ran([find("h2load")!, "-n20", "-c2", "-m10", secure("/down")]);
    expect(out).toContain("20 succeeded, 0 failed, 0 errored");
  });

  test.skipIf(chromium === null)("a browser loads a page and twenty images by HTTP/2, on one connection", async () => {
    const count = (): Promise<number> => sluice.metric("sluice_http2_connections_total", { listener: "web" });
    const before = await count();
    const tab = await (await Browser.start(room)).page();
    await tab.ask("Security.setIgnoreCertificateErrors", { ignore: true });
    await tab.ask("Page.navigate", { url: secure("/page") });
    const loaded = "performance.getEntriesByType('resource').filter(({name}) => name.includes('image'))";
    await tab.until("the images", `${loaded}.length === 20 && document.readyState === 'complete'`);
    expect(await tab.value(`[...new Set(${loaded}.map(({nextHopProtocol}) => nextHopProtocol))].join()`)).toBe("h2");
    expect(await tab.value("performance.getEntriesByType('navigation')[0].nextHopProtocol")).toBe("h2");
    expect(await tab.value("[...document.images].every(({naturalWidth}) => naturalWidth === 4)")).toBe(true);
    expect(tab.problems).toEqual([]);
    expect(await count()).toBeWithin(before + 1, before + 3);
  });

  test("http2: false, and an alpn without h2, leave HTTP/1.1", async () => {
    for (const name of ["old", "chosen"] as const) {
      const words = ["-u", "alice:secret", secure("/a", ports[name])];
      expect((await h2(...words)).out).toBe("/a\n1.1 200");
      await expect(Http2Client.connect(room, ports[name], { tls: { alpn: ["h2"] } })).rejects.toThrow();
    }
    const preface = await Http2Client.connect(room, ports.bare);
    await preface.until("the connection to be closed", () => preface.isClosed);
    expect(preface.frames).toEqual([]);
    expect((await curl(...written, `http://127.0.0.1:${ports.bare}/a`)).out).toBe("/a\n1.1 200");
  });

  test("the access log tells each stream with its version, and what it was answered", async () => {
    expect((await h2(secure("/logged?q=1"))).out).toEndWith("2 200");
    const line = (await log.line("it", ({ target }) => target === "/logged?q=1")) as unknown as Record<string, unknown>;
    expect(line).toMatchObject({ status: 200, listener: "web", pool: "app", tls_version: "1.3" });
    expect(JSON.stringify(line)).toContain("2.0");
    expect((await h2(secure("/version"))).out).toBe("two\n2 200");
  });

  test("credentials are asked for, and taken", async () => {
    const url = `http://127.0.0.1:${ports.locked}/a`;
    const refused = await prior("-i", url);
    expect(refused.out).toMatch(/^HTTP\/2 401 [\s\S]*^www-authenticate: Basic /im);
    expect((await prior("-u", "alice:secret", url)).out).toBe("/a\n2 200");
  });

  test("a table counts the streams of one connection as requests, in whichever worker", async () => {
    const client = await Http2Client.connect(room, ports.web, { tls: { alpn: ["h2"] } });
    const asked = { scheme: "https", path: "/limited" } as const;
    const statuses: number[] = [];
    for (let count = 0; count < 10; count++) statuses.push((await client.request(asked)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });

  test("a cached response is a hit for both versions", async () => {
    const first = await h2("-i", secure("/cached/a"));
    expect(first.out).toContain("HTTP/2 200");
    const second = await h2("-i", secure("/cached/a"));
    const third = await curl("-k", "--http1.1", "-i", secure("/cached/a"));
    for (const it of [second, third]) expect(it.out).toMatch(/^cache-status: .*; ?hit/im);
    expect(second.out.split("\r\n\r\n")[1]!.split("\n")[0]).toBe(third.out.split("\r\n\r\n")[1]!);
  });

  test("responses are compressed, and redirected", async () => {
    const packed = await h2("-i", "-o", room.path("packed"), "-H", "Accept-Encoding: gzip", secure("/text"));
    expect(packed.code).toBe(0);
    const bytes = await Bun.file(room.path("packed")).bytes();
    expect(Buffer.from(bytes).toString("latin1")).toMatch(/^content-encoding: gzip\r$/im);
    expect(bytes.length).toBeLessThan(2000);
    expect((await h2("--compressed", secure("/text"))).out).toBe(`${"text ".repeat(1000)}\n2 200`);
    expect((await h2("-i", secure("/gone"))).out).toMatch(/^HTTP\/2 302 [\s\S]*^location: \/elsewhere\r$/im);
  });

  test("servers learn the client's address, and that it was https", async () => {
    expect((await h2(secure("/from"))).out).toBe("127.0.0.1 https\n2 200");
    expect((await prior(plain("/from"))).out).toBe("127.0.0.1 http\n2 200");
  });

  test("a PROXY header before the preface is believed", async () => {
    const client = await Http2Client.connect(room, ports.fronted, { settings: null });
    client.send(Buffer.from(proxyHeader)).begin();
    expect(String((await client.request({ path: "/from" })).body)).toBe("192.0.2.44 http");
    const byCurl = await curl(
      "--haproxy-protocol",
      "--http2-prior-knowledge",
      `http://127.0.0.1:${ports.fronted}/from`,
    );
    expect(byCurl.out).toBe("127.0.0.1 http");
  });

  test("a reload loses no stream: what is under way ends, and the connection goes on by the new plan", async () => {
    const waiting: (() => void)[] = [];
    origin.handler = async (asked) => {
      if (asked.target === "/slow") await new Promise<void>((resolve) => waiting.push(resolve));
      return answer(asked);
    };
    const client = await Http2Client.connect(room, ports.plain);
    const streams = Array.from({ length: 20 }, () => client.open({ path: "/slow" }));
    await until("the requests at the server", () => waiting.length === 20);
    const next = draft();
    await sluice.reload({
      ...next,
      listeners: { ...next.listeners, plain: { ...next.listeners["plain"]!, rules: [{ deny: 403 }] } },
    });
    for (const resolve of waiting) resolve();
    for (const stream of streams) expect((await client.over(stream)).status).toBe(200);
    const after = await client.request();
    // The connection may be asked to leave; then the next one obeys the new plan.
    if (after.status !== 403) expect([after.end, client.goaway?.code]).toEqual(["goaway NO_ERROR", "NO_ERROR"]);
    expect((await prior(plain("/a"))).out).toEndWith("2 403");
    await sluice.reload(draft());
    origin.handler = answer;
  });

  test("a reload under load costs nothing", async () => {
    const running = ran([find("h2load")!, "-D2", "-c4", "-m20", plain("/load")]);
    for (let count = 0; count < 3; count++) await sluice.reload(draft());
    const { out } = await running;
    expect(out).toMatch(/, (\d+) done, \1 succeeded, 0 failed, 0 errored, 0 timeout/);
  });
});

test("a drain says GOAWAY, answers what is under way in order, and refuses what comes then", async () => {
  await using room = new Room();
  const waiting: (() => void)[] = [];
  const origin = new Origin(room, async ({ target }) => {
    if (target === "/slow") await new Promise<void>((resolve) => waiting.push(resolve));
    return ok("late");
  });
  const sluice = await Sluice.start(room, {
    workers: 2,
    drainTimeout: "15s",
    pools: { app: { servers: [origin.address] } },
  });
  const client = await Http2Client.connect(room, sluice.port);
  const idle = await (await Http2Client.connect(room, sluice.port)).greeted();
  const streams = Array.from({ length: 5 }, () => client.open({ path: "/slow" }));
  await until("the requests at the server", () => waiting.length === 5);
  sluice.child.kill("SIGTERM");
  await client.until("a GOAWAY", () => client.goaway !== null);
  expect(client.goaway).toMatchObject({ code: "NO_ERROR" });
  await idle.until("the idle connection to be closed", () => idle.isClosed);
  expect(idle.goaway?.code).toBe("NO_ERROR");
  const late = client.stream();
  client.send(headers(late.id, block(...requestOf()), 5));
  for (const resolve of waiting) resolve();
  for (const stream of streams) {
    const { status, end, body } = await client.over(stream);
    expect([status, end, String(body)]).toEqual([200, "whole", "late"]);
  }
  expect((await client.over(late)).status).toBe(0);
  expect(client.goaway!.last).toBeLessThanOrEqual(streams.at(-1)!.id);
  await client.until("the connection to be closed", () => client.isClosed);
  for (const each of [client, idle]) each.transport.terminate();
  expect(await sluice.exited(5000)).toBe(0);
});

test("a hook sees a stream as a request", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ fields }) => ok(`${fields.get("x-hook")}`));
  const [port, admin] = [freePort(), freePort()];
  const path = room.write(
    "sluice.config.ts",
    `import { defineConfig } from "sluice";
     export default defineConfig({ workers: 1, admin: { listen: "127.0.0.1:${admin}" }, drainTimeout: "1s",
       listeners: { web: { listen: "127.0.0.1:${port}", use: "app",
         onRequest: async (request) => { await Bun.sleep(1); request.headers.set("x-hook", request.path); },
         onResponse: (response) => response.headers.set("X-Answered", "yes") } },
       pools: { app: { servers: ["${origin.address}"] } } });`,
  );
  await Sluice.of(room, path, port, admin, sources);
  const client = await Http2Client.connect(room, port);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => client.request({ path: `/${index}` })));
  expect(answers.map(({ body }) => String(body))).toEqual(answers.map((_, index) => `/${index}`));
  for (const { fields } of answers) expect(fields).toContainEqual(["x-answered", "yes"]);
});
