// What is said over TLS, and what happens before anything is: bodies and heads of every size, upgrades, redirects, clients that
// stall, dribble, break off or speak no TLS at all.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AccessLog } from "./harness/accesslog.ts";
import { Client, get } from "./harness/client.ts";
import { drip } from "./harness/drip.ts";
import { helloFor, lastRequest, shake, Talker } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until, within } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const names = ["web", "hasty", "carry", "plain", "moved", "usual"] as const;
const ports = Object.fromEntries(names.map((name) => [name, freePort()])) as Record<(typeof names)[number], number>;
let room: Room;
let log: AccessLog;
let sluice: Sluice;
let origin: Origin;
let server: Server;
/** Connected at the very beginning, and has never said a word. */
let mute: Client;

const secure = (target = "/", port = ports.web): string => `https://localhost:${port}${target}`;
const trusting = (...args: string[]): ReturnType<typeof curl> => curl("--cacert", room.path("ca.pem"), ...args);

describe.skipIf(find("openssl") === null || find("curl") === null)("over TLS", () => {
  beforeAll(begin);
  afterAll(() => room[Symbol.asyncDispose]());

  test("servers learn that it was https, browsers that it shall stay so", async () => {
    const answer = await trusting("-i", "-H", "X-Forwarded-Proto: http", secure());
    expect(answer.out).toMatch(/^Strict-Transport-Security: max-age=86400\r$/im);
    expect(origin.asked.at(-1)!.fields.get("x-forwarded-proto")).toEqual(["https"]);
    const plain = await curl("-i", `http://127.0.0.1:${ports.plain}/`);
    expect(plain.out).toContain("200 OK");
    expect(plain.out).not.toMatch(/strict-transport-security/i);
    expect(origin.asked.at(-1)!.fields.get("x-forwarded-proto")).toEqual(["http"]);
    const line = await log.line("a request over TLS", ({ tls_version }) => tls_version !== undefined);
    expect(line).toMatchObject({ server_name: "localhost", tls_version: "1.3" });
    expect(line.tls_cipher).toStartWith("TLS_AES_");
  });

  test("who comes without TLS is sent to the same address with it, and arrives", async () => {
    const target = "/shop?q=1&r=%2F";
    const asked = `http://localhost:${ports.moved}${target}`;
    const answer = await curl("-i", "-X", "POST", "-d", "x", asked);
    expect(answer.out).toStartWith("HTTP/1.1 308 ");
    expect(answer.out).toMatch(
      new RegExp(`^Location: https://localhost:${ports.web}${target.replace("?", "\\?")}\r$`, "im"),
    );
    expect(answer.out).not.toMatch(/strict-transport-security/i);
    const followed = await trusting("-L", "-d", "order", asked);
    expect(followed.out).toBe("POST /shop?q=1&r=%2F order");
    const usual = await curl("-i", `http://127.0.0.1:${ports.usual}/a`, "-H", "Host: [::1]:8080");
    expect(usual.out).toMatch(/^HTTP\/1\.1 301 [\s\S]*^Location: https:\/\/\[::1\]\/a\r$/im);
  });

  test("plain HTTP on the TLS port is answered in plain words, and does no harm", async () => {
    const answer = await curl("-i", `http://127.0.0.1:${ports.web}/`);
    expect(answer.out).toStartWith("HTTP/1.1 400 ");
    expect(answer.out).toContain("https://");
    for (const bytes of ["\0\0\0\0", "SSH-2.0-OpenSSH\r\n", "\x16\x03\x01\xff\xff", "\x80\x2e\x01\x00\x02"]) {
      const client = await Client.connect(room, ports.web);
      client.send(bytes.padEnd(600, "x"));
      await client.over();
    }
    expect((await trusting(secure())).out).toBe("GET / ");
    await says(sluice, "listener web: TLS handshake failed: plain HTTP on a TLS port");
  });

  test.each(["--http1.1", "--http2"])("heads beyond a TLS record pass, both ways, %s", async (version) => {
    const value = "v".repeat(24_000);
    const answer = await trusting(version, "-i", "-H", `X-Large: ${value}`, secure("/large"));
    expect(answer.out.toLowerCase()).toContain(`x-answer: ${value}`);
  });

  test.each(["--http1.1", "--http2"])(
    "twenty megabytes up, with and without a length, and down, %s",
    async (version) => {
      origin.handler = answer;
      const bytes = new Uint8Array(20 << 20);
      for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const hash = Bun.SHA256.hash(bytes, "hex");
      const path = room.write("body", bytes);
      const upload = [version, "-H", "Expect:", "-T"];
      expect((await trusting(...upload, path, secure("/hash"))).out).toBe(hash);
      expect((await trusting("-H", "Transfer-Encoding: chunked", ...upload, path, secure("/hashchunked"))).out).toBe(
        hash,
      );
      origin.handler = (asked) => (asked.target === "/down" ? ok(bytes) : answer(asked));
      const down = await trusting(version, secure("/down"));
      expect(Bun.SHA256.hash(down.bytes, "hex")).toBe(hash);
    },
  );

  test("one connection carries many requests, one after the other and pipelined", async () => {
    const handshakes = (): Promise<number> => sluice.metric("sluice_tls_handshakes_total", { listener: "web" });
    const before = await handshakes();
    const urls = Array.from({ length: 20 }, (_, index) => secure(`/${index}`));
    expect((await trusting(...urls)).out).toBe(urls.map((_, index) => `GET /${index} `).join(""));
    const pipelined = Array.from({ length: 20 }, (_, index) => get(`/p${index}`)).join("");
    const { text } = await shake(ports.web, [], pipelined + lastRequest);
    expect([...(text.match(/GET \/p\d+ /g) ?? [])]).toEqual(
      Array.from({ length: 20 }, (_, index) => `GET /p${index} `),
    );
    expect(await handshakes()).toBe(before + 2);
  });

  test("a WebSocket opens and speaks", async () => {
    const echo = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("plain")),
      websocket: { message: (socket, message) => void socket.send(message) },
    });
    room.ending(() => echo.stop(true));
    await sluice.reload(draft(`127.0.0.1:${echo.port}`));
    const trusting = { tls: { ca: await Bun.file(room.path("ca.pem")).text() } };
    // Bun's own options, of which the DOM's types know nothing.
    const socket = new (WebSocket as unknown as new (url: string, options: object) => WebSocket)(
      `wss://localhost:${ports.web}/chat`,
      trusting,
    );
    socket.binaryType = "arraybuffer";
    room.ending(() => socket.terminate());
    const heard: (string | ArrayBuffer)[] = [];
    socket.onmessage = ({ data }) => heard.push(data as string | ArrayBuffer);
    await until("the WebSocket to open", () => socket.readyState === WebSocket.OPEN);
    socket.send("hello");
    socket.send(new Uint8Array(2 << 20).fill(7));
    await until("both echoes", () => heard.length === 2);
    expect(heard[0]).toBe("hello");
    expect((heard[1] as ArrayBuffer).byteLength).toBe(2 << 20);
    await sluice.reload(draft());
    socket.send("after a reload");
    await until("the echo", () => heard.length === 3);
    socket.close();
  });

  test("a ClientHello that comes one byte at a time is as good as any", async () => {
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const answer = await shake(drip(room, ports.web, 800), [version], lastRequest);
      expect(answer.text).toContain("200 OK");
    }
  });

  test("whoever stalls inside the handshake is closed after its time, and is in nobody's way", async () => {
    const hello = await helloFor("localhost");
    const beginnings = [hello, hello.subarray(0, 5), hello.subarray(0, 200), hello.subarray(0, 1)];
    const before = await sluice.metric("sluice_tls_handshakes_total", { listener: "hasty", result: "failed" });
    const sinceMs = performance.now();
    const stalled = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const client = await Client.connect(room, ports.hasty);
        return client.send(beginnings[index % beginnings.length]!);
      }),
    );
    expect((await trusting(secure("/", ports.hasty))).out).toBe("GET / ");
    await until("all to be closed", () => stalled.every(({ isEnded, isClosed }) => isEnded || isClosed));
    expect(performance.now() - sinceMs).toBeWithin(1400, 6_000);
    await sluice.counted(before + 200, "sluice_tls_handshakes_total", { listener: "hasty", result: "failed" });
    await sluice.counted(0, "sluice_connections_active", { listener: "hasty" });
    await says(sluice, "listener hasty: TLS handshake failed: too slow (handshake_timeout)");
  });

  test("a request whose connection breaks off without a word of TLS is never taken for a whole one", async () => {
    const bodies = ["Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"];
    for (const body of bodies) {
      const count = origin.asked.length;
      const talker = new Talker(room, ports.web);
      talker.say(`POST /cut HTTP/1.1\r\nHost: a\r\n${body}`);
      await until("the beginning to be on its way", async () => (await sluice.server(origin.address)).active === 1);
      const { open } = origin;
      await talker.kill();
      await until("the server to be told", () => origin.open === open - 1);
      expect(origin.asked.length).toBe(count);
    }
    expect((await log.line("the cut", ({ target }) => target === "/cut")).fault).toBe("client_closed");
  });

  test("in mode tcp a FIN without a word of TLS is a reset, and one with it is an end", async () => {
    const cut = new Talker(room, ports.carry);
    const held = await server.connection(1);
    cut.say("half a sentence");
    await held.saw("half a sentence");
    await cut.kill();
    await until("the server to be told", () => held.isClosed);
    expect([held.isReset, held.isEnded]).toEqual([true, false]);
    const whole = new Talker(room, ports.carry);
    const other = await server.connection(2);
    whole.say("a whole one");
    await other.saw("a whole one");
    other.send("an answer");
    await whole.saw("an answer");
    whole.end();
    await other.over();
    expect([other.isReset, other.isEnded]).toEqual([false, true]);
  });

  test("a drain ends idle connections and handshakes at once, and an answer under way when it is whole", async () => {
    let finish: () => void = () => {};
    const begun = Promise.withResolvers<void>();
    const slow = new Origin(room, async () => {
      begun.resolve();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return ok("late");
    });
    const port = freePort();
    const second = await Sluice.start(room, {
      drainTimeout: "15s",
      listeners: { web: { listen: `127.0.0.1:${port}`, use: "app", tls: { certificates: "localhost.crt" } } },
      pools: { app: { servers: [slow.address] } },
    });
    const stalled = (await Client.connect(room, port)).send((await helloFor("localhost")).subarray(0, 100));
    const idle = new Talker(room, port);
    const asking = trusting("-i", secure("/", port));
    await begun.promise;
    await second.counted(3, "sluice_connections_active", { listener: "web" });
    second.child.kill("SIGTERM");
    await until(
      "the idle ones to be closed",
      () => (stalled.isEnded || stalled.isClosed) && idle.child.exitCode !== null,
    );
    finish();
    expect((await asking).out).toEndWith("late");
    expect(await second.exited(5000)).toBe(0);
  });

  test("who has never said anything is not kept either", async () => {
    await within("the mute to be closed", mute.over(15_000), 15_000);
  });
});

function answer(asked: Parameters<Origin["handler"]>[0]): ReturnType<Origin["handler"]> {
  const { target, method, body, fields } = asked;
  if (target === "/large") return ok("", `X-Answer: ${fields.get("x-large")![0]}`);
  if (target === "/hash") return ok(Bun.SHA256.hash(body, "hex"));
  if (target === "/hashchunked") return ok(Bun.SHA256.hash(dechunked(body), "hex"));
  return ok(`${method} ${target} ${body}`);
}

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

function draft(app: string = origin.address): Draft {
  const tls = { certificates: "localhost.crt" };
  const at = (name: (typeof names)[number]): { listen: string } => ({ listen: `127.0.0.1:${ports[name]}` });
  return {
    listeners: {
      web: { ...at("web"), use: "app", tls, hsts: "1d" },
      hasty: { ...at("hasty"), use: "app", tls, timeouts: { handshake: "1500ms" } },
      carry: { ...at("carry"), use: "carry", tls, mode: "tcp" },
      plain: { ...at("plain"), use: "app" },
      moved: { ...at("moved"), redirect: { port: ports.web } },
      usual: { ...at("usual"), redirect: { status: 301 } },
    },
    pools: { app: { servers: [app] }, carry: { servers: [server.address] } },
    accessLog: log.config,
    limits: { body: "0b", head: "64kb" },
    timeouts: { handshake: "3s" },
  };
}

async function begin(): Promise<void> {
  room = new Room();
  log = new AccessLog(room);
  put(room, "localhost", authorityIn(room).issue(["DNS:localhost"]));
  origin = new Origin(room, answer);
  server = new Server(room);
  sluice = await Sluice.start(room, draft());
  mute = await Client.connect(room, ports.web);
}
