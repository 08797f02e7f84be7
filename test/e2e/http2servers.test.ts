// Servers that are asked by HTTP/2, by servers that people have: nginx over TLS and in the clear, and nghttpd. What is shared, what falls back to
// HTTP/1.1, what needs it; servers that go away, connections that have nothing to do, and a drain.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { AccessLog } from "./harness/accesslog.ts";
import { resetStream, settings } from "./harness/http2/frames.ts";
import { Nginx } from "./harness/nginx.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, find, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const programs = ["curl", "openssl", "nginx", "nghttpd", "h2load"];
const names = ["clear", "secure", "old", "strict", "headed", "leaving"] as const;
type Name = (typeof names)[number];
const ports = Object.fromEntries(names.map((name) => [name, freePort()])) as Record<Name, number>;
const at = { clear: freePort(), secure: freePort(), old: freePort(), headed: freePort() };
const bodyBytes = 3 << 20;
const refused = Buffer.concat([settings(), resetStream(1, 13)]);

let room: Room;
/** Of nginx, whose log is called as Sluice's is. */
let theirs: Room;
let log: AccessLog;
let origin: Origin;
let nginx: Nginx;
let sluice: Sluice;
let body: Uint8Array;
let hash: string;
let bodyFile: string;
let sockets: Bun.Server<undefined>;

const url = (name: Name, path = "/proto"): string => `http://127.0.0.1:${ports[name]}${path}`;
const ask = async (name: Name, path = "/proto", ...args: string[]): Promise<string> =>
  (await curl("-w", " %{http_code}", ...args, url(name, path))).out;

function nginxServers(): string {
  const certificate = `ssl_certificate ${room.path("server.crt")}; ssl_certificate_key ${room.path("server.key")};`;
  const told = `
    location = /proto { return 200 "$server_protocol $http_host $http_x_forwarded_for"; }
    location = /large { root ${theirs.path("www")}; }
    location = /from { return 200 "$proxy_protocol_addr"; }
    location = /slow { limit_rate 2m; alias ${theirs.path("www")}/large; }
    location / {
      proxy_pass http://127.0.0.1:${origin.port}; proxy_http_version 1.1;
      proxy_set_header Host $http_host;
    }
    location /socket {
      proxy_pass http://127.0.0.1:${sockets.port}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }`;
  return `
    server { listen 127.0.0.1:${at.clear} http2; ${told} }
    server { listen 127.0.0.1:${at.secure} ssl http2; ${certificate} ${told} }
    server { listen 127.0.0.1:${at.old} ssl; ${certificate} ${told} }
    server { listen 127.0.0.1:${at.headed} http2 proxy_protocol; ${told} }`;
}

function draft(): Draft {
  const tls = { ca: "ca.pem", serverName: "server.test" };
  const pool = (name: keyof typeof at): { http2: true; servers: string[] } => ({
    http2: true,
    servers: [`127.0.0.1:${at[name]}`],
  });
  const check = { http: "/proto", every: "200ms", rise: 1 };
  return {
    listeners: Object.fromEntries(names.map((use) => [use, { listen: `127.0.0.1:${ports[use]}`, use }])),
    pools: {
      clear: { ...pool("clear"), check },
      secure: { ...pool("secure"), tls, check },
      old: { ...pool("old"), tls, check },
      strict: { ...pool("old"), tls: { ...tls, alpn: ["h2"] } },
      headed: { ...pool("headed"), proxyProtocol: "v2" },
      leaving: { ...pool("clear"), idle: { timeout: "100ms" } },
    },
    timeouts: { head: "5s" },
    accessLog: log.config,
    limits: { body: "0b" },
  };
}

describe.skipIf(programs.some((program) => find(program) === null))("servers that are asked by HTTP/2", () => {
  beforeAll(async () => {
    room = new Room();
    theirs = new Room();
    log = new AccessLog(room);
    put(room, "server", authorityIn(room).issue(["DNS:server.test"]));
    body = new Uint8Array(bodyBytes);
    for (let next = 0; next < bodyBytes; next += 65_536) crypto.getRandomValues(body.subarray(next, next + 65_536));
    hash = Bun.SHA256.hash(body, "hex");
    origin = new Origin(room, ({ body, fields }) =>
      ok(Bun.SHA256.hash(body, "hex"), `X-Coding: ${fields.get("transfer-encoding") ?? "none"}`),
    );
    sockets = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no upgrade", { status: 400 })),
      websocket: { message: (socket, text) => void socket.send(`re: ${String(text)}`) },
    });
    room.ending(() => sockets.stop(true));
    nginx = await Nginx.start(theirs, { large: body }, "", nginxServers());
    bodyFile = theirs.path("www/large");
    sluice = await Sluice.start(room, draft());
  });
  afterAll(async () => {
    await theirs[Symbol.asyncDispose]();
    await room[Symbol.asyncDispose]();
  });

  test("are told what they would be by HTTP/1.1, in the clear and over TLS, which offers it", async () => {
    const told = (version: string, name: Name): string => `HTTP/${version} 127.0.0.1:${ports[name]} 127.0.0.1 200`;
    expect(await ask("clear")).toBe(told("2.0", "clear"));
    expect(await ask("secure")).toBe(told("2.0", "secure"));
    expect(await ask("old")).toBe(told("1.1", "old"));
    expect(await ask("headed", "/from")).toBe("127.0.0.1 200");
    expect(await ask("headed", "/from")).toBe("127.0.0.1 200");
    // Nothing but HTTP/2 was offered.
    expect(await ask("strict")).toEndWith(" 502");
    const found = (await sluice.status()).pools.map(({ name, servers }) => [name, servers[0]!.state]);
    expect(found.filter(([, state]) => state === "down")).toEqual([]);
  });

  test("bodies pass whole in both directions, with a length and without", async () => {
    for (const name of ["clear", "secure"] as const) {
      const down = await curl(url(name, "/large"));
      expect(Bun.SHA256.hash(down.bytes, "hex")).toBe(hash);
      expect(await ask(name, "/up", "--data-binary", `@${bodyFile}`, "-H", "Expect:")).toBe(`${hash} 200`);
      const chunked = ["-H", "Transfer-Encoding: chunked", "--data-binary", `@${bodyFile}`, "-H", "Expect:"];
      expect(await ask(name, "/up", ...chunked)).toBe(`${hash} 200`);
      expect(await ask(name, "/none", "-X", "DELETE")).toEndWith(" 200");
      expect((await curl("-I", url(name, "/large"))).out).toContain(`content-length: ${bodyBytes}\r\n`);
    }
  });

  test("share connections, however many clients there are", async () => {
    const seen = (await nginx.log(0)).length;
    const { out } = await ran([find("h2load")!, "-n", "2000", "-c", "8", "-m", "20", url("clear")]);
    expect(out).toContain("2000 succeeded, 0 failed, 0 errored");
    const logged = (await nginx.log(seen + 2000)).slice(seen).filter(({ request }) => request.includes("HTTP/2.0"));
    // 160 at once, and nginx allows 128 on a connection; checks have their own.
    expect(
      new Set(logged.filter(({ requests }) => requests > 1).map(({ connection }) => connection)).size,
    ).toBeLessThan(6);
  });

  test("upgrades go by HTTP/1.1 over TLS, and are told where nothing can say which is meant", async () => {
    const socket = new WebSocket(url("secure", "/socket").replace("http", "ws"));
    const heard = await new Promise<string>((resolve, reject) => {
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => resolve(String(data));
      socket.onerror = () => reject(new Error("no WebSocket"));
    });
    socket.close();
    expect(heard).toBe("re: hello");
    const upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"];
    expect(await ask("clear", "/socket", ...upgrade, "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")).toEndWith(
      " 501",
    );
    await until("the log to tell it", () => log.lines.some(({ fault }) => fault === "http1_unspoken"));
  });

  test("have no connection left when there is nothing to do for a while", async () => {
    expect(await ask("leaving")).toEndWith(" 200");
    await sluice.counted(0, "sluice_server_connections", { pool: "leaving" });
    expect(await ask("leaving")).toEndWith(" 200");
  });

  test("that are there again after they were killed are asked again, without an error", async () => {
    const port = freePort();
    const start = (): Bun.Subprocess =>
      Bun.spawn([find("nghttpd")!, "--no-tls", "-d", theirs.path("www"), String(port)], {
        stdout: "ignore",
        stderr: "ignore",
      });
    const isUp = (): Promise<boolean> =>
      curl("--http2-prior-knowledge", `http://127.0.0.1:${port}/large`).then(({ code }) => code === 0);
    await using inner = new Room();
    let child = start();
    inner.ending(() => child.kill("SIGKILL"));
    await until("nghttpd to answer", isUp);
    const one = await Sluice.start(inner, { pools: { app: { http2: true, servers: [`127.0.0.1:${port}`] } } });
    const asked = async (): Promise<string> =>
      (await curl("-o", "/dev/null", "-w", "%{http_code} %{size_download}", `${one.url}/large`)).out;
    expect(await asked()).toBe(`200 ${bodyBytes}`);
    child.kill("SIGKILL");
    await child.exited;
    child = start();
    await until("nghttpd to answer", isUp);
    expect(await asked()).toBe(`200 ${bodyBytes}`);
  });

  test("that answer by HTTP/1.1 alone are asked so, and the log tells it", async () => {
    const [cert, key] = ["server.crt", "server.key"].map((name) => readFileSync(room.path(name)));
    const began: string[] = [];
    const older = createServer({ cert, key, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
      began.push(String(socket.alpnProtocol));
      socket.on("error", () => {});
      let heard = "";
      if (socket.alpnProtocol === "h2") socket.once("data", () => socket.write(refused));
      else
        socket.on("data", (bytes: Buffer) => {
          heard += bytes.toString("latin1");
          if (!heard.endsWith("a whole body")) return;
          heard = "";
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nthat");
        });
    });
    await new Promise<void>((resolve) => older.listen(0, "127.0.0.1", resolve));
    await using inner = new Room();
    inner.ending(() => void older.close());
    const tls = { ca: room.path("ca.pem"), serverName: "server.test" };
    const address = `127.0.0.1:${(older.address() as AddressInfo).port}`;
    const logged = inner.path("versions.log");
    const accessLog = { path: logged, flush: "10ms", fields: { version: "version", server: "server_version" } };
    const pools = {
      app: { http2: true, tls, servers: [address] },
      clear: { http2: true, servers: [`127.0.0.1:${at.clear}`] },
    };
    const [main, extra] = [freePort(), freePort()];
    const one = await Sluice.start(inner, {
      ...{ workers: 1, pools, accessLog },
      listeners: {
        main: { listen: `127.0.0.1:${main}`, use: "app" },
        extra: { listen: `127.0.0.1:${extra}`, use: "clear" },
      },
    });
    for (let times = 0; times < 3; times++)
      expect((await curl("-d", "a whole body", `http://127.0.0.1:${main}/`)).out).toBe("that");
    expect(began).toEqual(["h2", "http/1.1"]);
    await until("the log to tell it", () => one.stderr.includes("it answers HTTP_1_1_REQUIRED"));
    expect((await curl("-i", `http://127.0.0.1:${extra}/proto`)).out).toContain("\r\nVia: 2.0 sluice\r\n");
    const lines = (server: string): string => `{"version":"1.1","server":"${server}"}\n`;
    const whole = lines("1.1").repeat(3) + lines("2.0");
    await until("the access log to tell it", () => readFileSync(logged, "utf8") === whole);
  });

  test("that are drained end what they have, and so does a Sluice that stops", async () => {
    await using inner = new Room();
    const pools = { app: { http2: true, servers: [`127.0.0.1:${at.clear}`] } };
    const one = await Sluice.start(inner, { pools, drainTimeout: "20s" });
    const slow = curl("-o", "/dev/null", "-w", "%{http_code} %{size_download}", "--max-time", "30", `${one.url}/slow`);
    await until("the download to be under way", async () => (await one.server(`127.0.0.1:${at.clear}`)).active === 1);
    expect((await one.cli("drain", `app/127.0.0.1:${at.clear}`)).code).toBe(0);
    expect((await curl("-o", "/dev/null", "-w", "%{http_code}", `${one.url}/proto`)).out).toBe("503");
    one.child.kill("SIGTERM");
    expect((await slow).out).toBe(`200 ${bodyBytes}`);
    expect(await one.exited()).toBe(0);
  });
});
