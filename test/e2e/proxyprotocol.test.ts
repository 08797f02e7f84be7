// The PROXY protocol with those who speak it best: HAProxy in front and behind, nginx behind, curl in front. Clients come from
// addresses of the loopback that nobody else has, so that what is told of them can only be what the header said.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AccessLog } from "./harness/accesslog.ts";
import { Client, get } from "./harness/client.ts";
import { drip } from "./harness/drip.ts";
import { startHaproxy } from "./harness/haproxy.ts";
import { Nginx } from "./harness/nginx.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** Proxies that are believed come from here. */
const trusted = "127.0.0.1";
const stranger = "127.0.0.66";
const header = "PROXY TCP4 192.0.2.44 198.51.100.9 5555 443\r\n";

describe.skipIf(find("haproxy") === null || find("curl") === null)("from HAProxy and curl", () => {
  const names = ["web", "carry", "secure", "carrysecure", "hasty"] as const;
  const ports = Object.fromEntries(names.map((name) => [name, freePort()])) as Record<(typeof names)[number], number>;
  /** HAProxy's, by version and listener. */
  const fronts: Record<string, number> = {};
  let room: Room;
  let log: AccessLog;
  let sluice: Sluice;
  let origin: Origin;

  beforeAll(async () => {
    room = new Room();
    log = new AccessLog(room);
    put(room, "one", authorityIn(room).issue(["DNS:localhost"]));
    origin = new Origin(room, ({ fields }) => ok(fields.get("x-forwarded-for")?.join("|") ?? "none"));
    const common = { use: "app", proxyProtocol: true, trustedProxies: [trusted] };
    const tls = { certificates: "one.crt" };
    const at = (name: (typeof names)[number]): { listen: string } => ({ listen: `127.0.0.1:${ports[name]}` });
    sluice = await Sluice.start(room, {
      listeners: {
        web: { ...at("web"), ...common },
        carry: { ...at("carry"), ...common, mode: "tcp" },
        secure: { ...at("secure"), ...common, tls: { ...tls, ja4: true } },
        carrysecure: { ...at("carrysecure"), ...common, tls, mode: "tcp" },
        hasty: { ...at("hasty"), ...common, timeouts: { handshake: "400ms" } },
      },
      pools: { app: { servers: [origin.address] } },
      accessLog: log.config,
    });
    const sections: string[] = [];
    for (const name of names.slice(0, 4))
      for (const version of ["", "-v2"]) {
        const port = freePort();
        fronts[`${name}${version}`] = port;
        sections.push(`listen ${name}${version}
  bind 127.0.0.1:${port}
  server sluice 127.0.0.1:${ports[name]} send-proxy${version}`);
      }
    await startHaproxy(room, sections.join("\n"), fronts["web"]!);
  });
  afterAll(() => room[Symbol.asyncDispose]());

  test.each(["", "-v2"])("mode http believes send-proxy%s, in the log and in X-Forwarded-For", async (version) => {
    const from = version === "" ? "127.0.0.7" : "127.0.0.8";
    const answer = await curl("--interface", from, `http://127.0.0.1:${fronts[`web${version}`]}/a${version}`);
    expect(answer.out).toBe(from);
    expect((await log.line("it", ({ target }) => target === `/a${version}`)).client).toBe(from);
  });

  test.each(["", "-v2"])("mode tcp believes send-proxy%s, and takes the header out", async (version) => {
    const from = version === "" ? "127.0.0.17" : "127.0.0.18";
    const answer = await curl("--interface", from, `http://127.0.0.1:${fronts[`carry${version}`]}/`);
    expect(answer.out).toBe("none");
    expect((await log.line("it", ({ client }) => client === from)).kind).toBe("tcp");
  });

  test.each(["", "-v2"])("TLS begins after the header of send-proxy%s", async (version) => {
    for (const name of ["secure", "carrysecure"]) {
      const from = `127.0.${name.length}.2${version.length}`;
      const port = fronts[`${name}${version}`]!;
      const resolved = ["--resolve", `localhost:${port}:127.0.0.1`, "--cacert", room.path("ca.pem")];
      const answer = await curl("--interface", from, ...resolved, `https://localhost:${port}/`);
      expect(answer.out).toBe(name === "secure" ? from : "none");
      const line = await log.line("it", ({ client }) => client === from);
      expect([line.listener, line.server_name, line.tls_version]).toEqual([name, "localhost", "1.3"]);
      if (name === "secure") expect(line.ja4).toMatch(/^t13d\d{4}h2_/);
    }
  });

  test("curl's own header goes before TLS too", async () => {
    const answer = await curl("--haproxy-protocol", "-k", `https://127.0.0.1:${ports.secure}/`);
    expect(answer.out).toBe("127.0.0.1");
    const plain = await curl("--haproxy-protocol", `http://127.0.0.1:${ports.web}/`);
    expect(plain.out).toBe("127.0.0.1");
  });

  test("a stranger is who he is: his header is no header, and without one he is served", async () => {
    const from = { localAddress: stranger };
    const liar = await Client.connect(room, { port: ports.web, ...from });
    liar.send(header + get("/liar", "Connection: close"));
    expect(await liar.over()).toStartWith("HTTP/1.1 400 ");
    const count = origin.received.length;
    const carried = await Client.connect(room, { port: ports.carry, ...from });
    carried.send(header + get("/liar", "Connection: close"));
    await carried.saw("HTTP/1.1 ");
    expect(origin.received.subarray(count).toString()).toStartWith(header);
    expect(
      (await log.line("the liar", ({ client, listener }) => client === stranger && listener === "web")).status,
    ).toBe(400);
    expect(log.lines.some(({ client }) => client === "192.0.2.44")).toBe(false);
    const honest = await curl("--interface", stranger, `http://127.0.0.1:${ports.web}/`);
    expect(honest.out).toBe(stranger);
    const secure = await curl("--interface", stranger, "-k", `https://127.0.0.1:${ports.secure}/`);
    expect(secure.out).toBe(stranger);
  });

  test("a proxy that we trust and that sends no header, or a bad one, is closed without a word", async () => {
    const before = await sluice.metric("sluice_preambles_refused_total");
    const bad = [
      get("/"),
      "PROXY TCP4 192.0.2.256 198.51.100.9 1 2\r\n",
      `PROXY ${"x".repeat(200)}`,
      "\r\n\r\n\0\r\nQUIT\n\xff",
    ];
    for (const [index, bytes] of bad.entries()) {
      const client = await Client.connect(room, index % 2 === 0 ? ports.web : ports.secure);
      client.send(bytes);
      expect(await client.over()).toBe("");
    }
    await sluice.counted(before + 4, "sluice_preambles_refused_total");
    await says(sluice, "PROXY header: missing or malformed (bad_proxy_header)");
    await says(sluice, "client 127.0.0.1");
  });

  test("a header may come in any pieces, to the very last byte of it", async () => {
    // 192.0.2.55:4660 to 198.51.100.9:80, and a TLV that nobody knows.
    const v2 = Buffer.from("0d0a0d0a000d0a515549540a21110013c0000237c633640912340050eb000400000000", "hex");
    for (const [bytes, address] of [
      [Buffer.from(header), "192.0.2.44"],
      [v2, "192.0.2.55"],
    ] as const) {
      for (const port of [ports.web, ports.carry]) {
        const client = await Client.connect(room, port);
        client.socket.setNoDelay(true);
        for (const byte of bytes) {
          client.send(Uint8Array.of(byte));
          await new Promise((resume) => setImmediate(resume));
        }
        client.send(get("/", "Connection: close"));
        const text = await client.saw("HTTP/1.1 200 OK");
        if (port === ports.web) expect(text).toEndWith(address);
        client.socket.terminate();
        await log.line(
          "it",
          (line) => line.client === address && line.listener === (port === ports.web ? "web" : "carry"),
        );
      }
    }
  });

  test("header and ClientHello may both come byte by byte", async () => {
    const port = drip(room, ports.secure, 700);
    const answer = await curl("--haproxy-protocol", "-k", `https://127.0.0.1:${port}/dripped`);
    expect(answer.out).toBe("127.0.0.1");
    expect((await log.line("it", ({ target }) => target === "/dripped")).ja4).toMatch(/^t13/);
  });

  test("LOCAL and UNKNOWN stand for the proxy itself", async () => {
    const local = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex").toString("latin1");
    for (const bytes of ["PROXY UNKNOWN\r\n", local]) {
      const client = await Client.connect(room, ports.web);
      expect(await client.send(bytes + get("/", "Connection: close")).saw("HTTP/1.1 200")).toEndWith(trusted);
    }
  });

  test("half a header is waited for no longer than the handshake may take", async () => {
    const sinceMs = performance.now();
    const all = await Promise.all(
      Array.from({ length: 50 }, async () => (await Client.connect(room, ports.hasty)).send("PROXY TCP4 192")),
    );
    await until("all to be closed", () => all.every(({ isEnded, isClosed }) => isEnded || isClosed));
    expect(performance.now() - sinceMs).toBeWithin(350, 3000);
    await sluice.counted(0, "sluice_connections_active", { listener: "hasty" });
  });
});

describe.skipIf(find("haproxy") === null || find("nginx") === null || find("curl") === null)("to servers", () => {
  test("HAProxy and nginx take the header of either version, from mode http and from mode tcp", async () => {
    await using room = new Room();
    const nginxPort = freePort();
    const told = `listen 127.0.0.1:${nginxPort} proxy_protocol;
      location = /who { return 200 "nginx $proxy_protocol_addr $proxy_protocol_server_port"; }`;
    await Nginx.start(room, {}, told);
    const haproxyPort = freePort();
    await startHaproxy(
      room,
      `frontend who
  mode http
  bind 127.0.0.1:${haproxyPort} accept-proxy
  http-request return status 200 content-type text/plain lf-string "haproxy %[src] %[dst_port]"`,
      haproxyPort,
    );
    const listeners: NonNullable<Draft["listeners"]> = {};
    const pools: Draft["pools"] = {};
    const cases: { port: number; expected: string }[] = [];
    for (const mode of ["http", "tcp"] as const)
      for (const version of ["v1", "v2"] as const)
        for (const [program, server] of [
          ["nginx", nginxPort],
          ["haproxy", haproxyPort],
        ] as const) {
          const name = `${mode}${version}${program}`;
          const port = freePort();
          listeners[name] = { listen: `127.0.0.1:${port}`, mode, use: name };
          pools[name] = { servers: [`127.0.0.1:${server}`], proxyProtocol: version, source: "127.0.0.99" };
          cases.push({ port, expected: `${program} FROM ${port}` });
        }
    await Sluice.start(room, { listeners, pools });
    // Twice: a connection to a server is for one client.
    for (const [index, { port, expected }] of cases.entries())
      for (const from of [`127.0.1.${index + 1}`, `127.0.2.${index + 1}`])
        expect((await curl("--interface", from, `http://127.0.0.1:${port}/who`)).out).toBe(
          expected.replace("FROM", from),
        );
  });

  test("a client that a proxy in front has named is named to the server behind, before TLS of our own", async () => {
    await using room = new Room();
    put(room, "one", authorityIn(room).issue(["DNS:localhost"]));
    const nginxPort = freePort();
    await Nginx.start(
      room,
      {},
      `listen 127.0.0.1:${nginxPort} ssl proxy_protocol;
       ssl_certificate ${room.path("one.crt")}; ssl_certificate_key ${room.path("one.key")};
       location = /who { return 200 "$proxy_protocol_addr $proxy_protocol_port $scheme"; }`,
    );
    const port = freePort();
    await Sluice.start(room, {
      listeners: { web: { listen: `127.0.0.1:${port}`, use: "app", proxyProtocol: true, trustedProxies: [trusted] } },
      pools: {
        app: {
          servers: [`127.0.0.1:${nginxPort}`],
          proxyProtocol: "v2",
          tls: { ca: "ca.pem", serverName: "localhost" },
        },
      },
    });
    const client = await Client.connect(room, port);
    client.send(header + get("/who", "Connection: close"));
    await client.saw("192.0.2.44 5555 https");
  });

  test("checks of a server that wants a header bring one, which names nobody", async () => {
    await using room = new Room();
    const server = new Server(room);
    await Sluice.start(
      room,
      { pools: { app: { servers: [server.address], proxyProtocol: "v1", check: { tcp: true, every: "100ms" } } } },
      { isAwaited: false },
    );
    await (await server.connection(1)).saw("PROXY UNKNOWN\r\n");
  });
});
