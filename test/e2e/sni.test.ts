// Routes by the name that a client asks for, without the keys: nginx with two certificates behind, curl and openssl in front.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { parseClientHello } from "../../src/wire/clienthello.ts";
import { AccessLog } from "./harness/accesslog.ts";
import { Client } from "./harness/client.ts";
import { drip } from "./harness/drip.ts";
import { Nginx } from "./harness/nginx.ts";
import { helloFor, lastRequest, shake } from "./harness/openssl.ts";
import { freePort } from "./harness/port.ts";
import { peakBytes, residentBytes } from "./harness/processes.ts";
import { curl, find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const ports = { closed: freePort(), open: freePort(), hasty: freePort(), inside: freePort() };
const behind = { one: freePort(), two: freePort(), plain: freePort() };
let room: Room;
let log: AccessLog;
let sluice: Sluice;

describe.skipIf(["openssl", "nginx", "curl"].some((name) => find(name) === null))("names without keys", () => {
  beforeAll(begin);
  afterAll(() => room[Symbol.asyncDispose]());

  /** Which server answered, under the name that its certificate is for; or why curl had no answer. */
  async function asked(name: string, port: number = ports.closed): Promise<string> {
    const to = [
      "--resolve",
      `${name}:${port}:127.0.0.1`,
      "--cacert",
      room.path("ca.pem"),
      `https://${name}:${port}/who`,
    ];
    const { code, out, err } = await curl(...to);
    return code === 0 ? out : `${code} ${/unrecognized name/.exec(err)?.[0] ?? err.trim()}`;
  }

  test("an exact name, a wildcard, a longer one before a shorter, and a pattern lead each to their pool", async () => {
    const wanted: Record<string, string> = {
      "exact.test": "one exact.test",
      "EXACT.test": "one exact.test",
      "a.wild.test": "two a.wild.test",
      "b.c.wild.test": "two b.c.wild.test",
      "x.deep.wild.test": "one x.deep.wild.test",
      "special.wild.test": "one special.wild.test",
      "db-17.test": "one db-17.test",
    };
    const found: Record<string, string> = {};
    for (const name of Object.keys(wanted)) found[name] = await asked(name);
    expect(found).toEqual(wanted);
    const line = await log.line("a name", ({ server_name }) => server_name === "x.deep.wild.test");
    expect(line).toMatchObject({ kind: "tcp", listener: "closed", pool: "one", server: `127.0.0.1:${behind.one}` });
    expect(line.tls_version).toBeUndefined();
  });

  test("a name that nothing is for is told so in TLS, and goes to the pool for all others where there is one", async () => {
    for (const name of ["other.test", "wild.test", "db-x.test"]) expect(await asked(name)).toBe("35 unrecognized name");
    expect(await asked("other.test", ports.open)).toBe("two other.test");
    expect(await asked("exact.test", ports.open)).toBe("one exact.test");
    const line = await log.line("the refusal", ({ server_name }) => server_name === "other.test");
    expect([line.fault, line.server, line.pool]).toEqual(["unknown_name", "", ""]);
    const nameless = await shake(ports.closed, ["-noservername"]);
    expect([nameless.version, /unrecognized name/.test(nameless.err)]).toEqual(["", true]);
    expect((await shake(ports.open, ["-noservername"])).subject).toBe("CN = two");
  });

  test("a name chooses the pool behind TLS of our own too", async () => {
    expect(await asked("exact.test", ports.inside)).toBe("plain exact.test");
    expect(await asked("other.test", ports.inside)).toMatch(/^(?:35|52|55|56) /);
    const line = await log.line("it", ({ listener, pool }) => listener === "inside" && pool === "plain");
    expect([line.server_name, line.tls_version]).toEqual(["exact.test", "1.3"]);
  });

  test("a ClientHello in as many pieces as it has bytes is understood, one of many kilobytes too", async () => {
    const slow = drip(room, ports.closed, 700);
    const answer = await shake(slow, ["-servername", "a.wild.test"], lastRequest);
    expect(answer.subject).toBe("CN = two");
    const large = ["-alpn", Array.from({ length: 40 }, (_, index) => `${"p".repeat(90)}${index}`).join(",")];
    const hello = await helloFor("exact.test", ...large);
    expect(hello.length).toBeGreaterThan(4000);
    const client = await Client.connect(room, ports.closed);
    for (let at = 0; at < hello.length; at += 100) {
      client.send(hello.subarray(at, at + 100));
      await new Promise((resume) => setImmediate(resume));
    }
    // nginx speaks none of them, and says so: an alert of TLS.
    await until("nginx to answer", () => client.length > 0);
    expect(client.bytes[0]).toBeOneOf([0x15, 0x16]);
    client.socket.terminate();
    const longest = (line: { server_name?: string; bytes_received: number }): boolean =>
      line.server_name === "exact.test" && line.bytes_received >= hello.length;
    expect((await log.line("the long one", longest)).pool).toBe("one");
  });

  test("garbage is refused at once, and no amount of it is kept", async () => {
    const before = await sluice.metric("sluice_preambles_refused_total", { listener: "closed" });
    const [worker] = await sluice.workers();
    const beforeBytes = residentBytes(worker!);
    const garbage = [
      Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
      Buffer.alloc(64 << 10),
      Buffer.alloc(64 << 10, 0xff),
      // A record that never ends its ClientHello, and one within that says it has 16 MB.
      Buffer.concat(Array.from({ length: 2000 }, () => Buffer.from("160301000101", "hex"))),
      Buffer.concat([Buffer.from("1603014000" + "01ffffff" + "0303", "hex"), Buffer.alloc(1 << 20, 0x41)]),
      // TLS, but no ClientHello.
      Buffer.from("15030100020228", "hex"),
    ];
    const sinceMs = performance.now();
    const clients: Client[] = [];
    for (let round = 0; round < 5; round++)
      for (const bytes of garbage) clients.push((await Client.connect(room, ports.closed)).send(bytes));
    await until("all to be closed", () => clients.every(({ isEnded, isClosed }) => isEnded || isClosed), 3000);
    expect(performance.now() - sinceMs).toBeLessThan(2000);
    expect(clients.map(({ length }) => length).filter((length) => length > 0)).toEqual([]);
    await sluice.counted(before + 30, "sluice_preambles_refused_total", { listener: "closed" });
    expect((peakBytes(worker!) - beforeBytes) / 2 ** 20).toBeLessThan(40);
    await log.line("it", ({ fault }) => fault === "bad_client_hello");
    expect(await asked("exact.test")).toBe("one exact.test");
  });

  test("a ClientHello that never comes to its end is waited for no longer than the handshake may take", async () => {
    const hello = await helloFor("exact.test");
    const sinceMs = performance.now();
    const clients = await Promise.all(
      Array.from({ length: 60 }, async (_, index) =>
        (await Client.connect(room, ports.hasty)).send(hello.subarray(0, index * 3)),
      ),
    );
    // Who goes on dripping gets no more time for it.
    const dripping = await Client.connect(room, ports.hasty);
    const dripped = setInterval(
      () => dripping.send(hello.subarray(dripping.socket.bytesWritten, dripping.socket.bytesWritten + 1)),
      10,
    );
    try {
      await until("all to be closed", () =>
        [...clients, dripping].every(({ isEnded, isClosed }) => isEnded || isClosed),
      );
    } finally {
      clearInterval(dripped);
    }
    expect(performance.now() - sinceMs).toBeWithin(350, 3000);
    await sluice.counted(0, "sluice_connections_active", { listener: "hasty" });
    await log.line("it", ({ fault, listener }) => fault === "handshake_timeout" && listener === "hasty");
  });

  test("the fingerprint in the log is that of the hello, the same each time, and another for another client", async () => {
    for (const name of ["exact.test", "db-1.test"]) await asked(name);
    await shake(ports.closed, ["-servername", "db-2.test"]);
    await shake(ports.closed, ["-servername", "db-3.test", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]);
    const ja4 = async (name: string): Promise<string> =>
      (await log.line(name, ({ server_name, ja4 }) => server_name === name && ja4 !== undefined)).ja4!;
    const [one, again, openssl, small] = await Promise.all(
      ["exact.test", "db-1.test", "db-2.test", "db-3.test"].map(ja4),
    );
    expect(again).toBe(one!);
    expect(one).toMatch(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
    expect(openssl).toMatch(/^t13d\d{4}00_[0-9a-f]{12}_[0-9a-f]{12}$/);
    // Two ciphers: the one, and the signal that no renegotiation goes on.
    expect(small).toStartWith("t12d02");
    expect(new Set([one, openssl, small]).size).toBe(3);
    const hello = await helloFor("db-2.test");
    expect(parseClientHello(hello, 0, hello.length)).toMatchObject({ kind: "hello", ja4: openssl! });
  });
});

async function begin(): Promise<void> {
  room = new Room();
  log = new AccessLog(room);
  const authority = authorityIn(room);
  const names = "exact.test other.test db-1.test db-17.test *.wild.test *.c.wild.test *.deep.wild.test"
    .split(" ")
    .map((name) => `DNS:${name}`);
  for (const name of ["one", "two"]) put(room, name, authority.issue([`DNS:${name}`, ...names]));
  const server = (name: "one" | "two"): string => `
    server {
      listen 127.0.0.1:${behind[name]} ssl;
      ssl_certificate ${room.path(`${name}.crt`)}; ssl_certificate_key ${room.path(`${name}.key`)};
      location / { return 200 "${name} $ssl_server_name"; }
    }`;
  const plain = `server { listen 127.0.0.1:${behind.plain}; location / { return 200 "plain $host"; } }`;
  await Nginx.start(room, {}, "", server("one") + server("two") + plain);
  const sni = [
    { name: "exact.test", use: "one" },
    { pattern: "^db-[0-9]+\\.test$", use: "one" },
    { pattern: "^(?:special|x)\\.", use: "two" },
    { name: "*.wild.test", use: "two" },
    { name: "*.deep.wild.test", use: "one" },
    { name: "special.wild.test", use: "one" },
  ];
  const at = (name: keyof typeof ports): { listen: string; mode: "tcp" } => ({
    listen: `127.0.0.1:${ports[name]}`,
    mode: "tcp",
  });
  sluice = await Sluice.start(room, {
    listeners: {
      closed: { ...at("closed"), sni },
      open: { ...at("open"), sni, use: "two" },
      hasty: { ...at("hasty"), sni, timeouts: { handshake: "400ms" } },
      inside: { ...at("inside"), sni: [{ name: "exact.test", use: "plain" }], tls: { certificates: "one.crt" } },
    },
    pools: {
      one: { servers: [`127.0.0.1:${behind.one}`] },
      two: { servers: [`127.0.0.1:${behind.two}`] },
      plain: { servers: [`127.0.0.1:${behind.plain}`] },
    },
    accessLog: log.config,
  });
}
