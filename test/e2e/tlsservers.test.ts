// TLS towards servers: nginx, with and without a certificate that it wants of us, and openssl's own server.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Authority } from "../authority.ts";
import { AccessLog } from "./harness/accesslog.ts";
import { Client, get } from "./harness/client.ts";
import { Nginx } from "./harness/nginx.ts";
import { Speaker } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

type Pool = NonNullable<Draft["pools"]>[string];

let room: Room;
let authority: Authority;
let log: AccessLog;
let origin: Origin;
let nginx: Nginx;
const at = { secure: freePort(), mutual: freePort(), expired: freePort() };

/** One listener a pool, each on a port of its own. */
async function started(pools: Record<string, Pool>, mode: "http" | "tcp" = "http"): Promise<Started> {
  const ports: Record<string, number> = {};
  const listeners: NonNullable<Draft["listeners"]> = {};
  for (const name of Object.keys(pools)) {
    ports[name] = freePort();
    listeners[name] = { listen: `127.0.0.1:${ports[name]}`, use: name, mode };
  }
  const sluice = await Sluice.start(room, { listeners, pools, accessLog: log.config });
  const ask = async (pool: string, path = "/who"): Promise<string> => {
    const { out } = await curl("-i", `http://127.0.0.1:${ports[pool]}${path}`);
    return `${out.slice(9, 12)} ${out.slice(out.indexOf("\r\n\r\n") + 4).trim()}`;
  };
  return { sluice, ports, ask };
}

interface Started {
  readonly sluice: Sluice;
  readonly ports: Record<string, number>;
  readonly ask: (pool: string, path?: string) => Promise<string>;
}

describe.skipIf(["openssl", "nginx", "curl"].some((name) => find(name) === null))("servers with TLS", () => {
  beforeAll(async () => {
    room = new Room();
    log = new AccessLog(room);
    authority = authorityIn(room);
    const foreign = authorityIn(room, "foreign.pem", "Foreign CA");
    put(room, "server", authority.issue(["DNS:server.test", "IP:127.0.0.1"]));
    put(room, "expired", authority.issue(["DNS:server.test"], -1));
    put(room, "us", authority.issue(["DNS:us.test"]));
    put(room, "stranger", foreign.issue(["DNS:us.test"]));
    origin = new Origin(room, () => ok("plain"));
    nginx = await Nginx.start(room, {}, "", nginxServers());
  });
  afterAll(() => room[Symbol.asyncDispose]());

  test("a server must be of a trusted authority and for its name; why it is not is told", async () => {
    const servers = [`127.0.0.1:${at.secure}`];
    const { sluice, ask } = await started({
      good: { servers, tls: { ca: "ca.pem", serverName: "server.test" } },
      byAddress: { servers, tls: { ca: "ca.pem" } },
      otherName: { servers, tls: { ca: "ca.pem", serverName: "other.test" } },
      otherCa: { servers, tls: { ca: "foreign.pem", serverName: "server.test" } },
      system: { servers, tls: true },
      expired: { servers: [`127.0.0.1:${at.expired}`], tls: { ca: "ca.pem", serverName: "server.test" } },
      trusting: { servers: [`127.0.0.1:${at.expired}`], tls: { verify: false } },
      plain: { servers: [nginx.address], tls: { verify: false } },
      newest: { servers, tls: { ca: "ca.pem", minVersion: "1.2", maxVersion: "1.2" } },
    });
    expect(await ask("good")).toBe("200 server.test TLSv1.3 . NONE");
    // An address is no name to ask for.
    expect(await ask("byAddress")).toBe("200 TLSv1.3 . NONE");
    expect(await ask("newest")).toBe("200 TLSv1.2 . NONE");
    expect(await ask("trusting")).toStartWith("200 ");
    const reasons: Record<string, string> = {
      otherName: "its certificate is for server.test, 127.0.0.1, not for other.test",
      otherCa: "its certificate comes from an authority that is not trusted",
      system: "its certificate comes from an authority that is not trusted",
      expired: "its certificate expired 1 day ago",
      plain: "what answers there does not speak TLS",
    };
    for (const [pool, reason] of Object.entries(reasons)) {
      expect(await ask(pool)).toBe("502 502 Bad Gateway: the TLS handshake with the server failed");
      const line = await log.line(pool, (line) => line.pool === pool);
      expect([line.fault, line.status]).toEqual(["tls_refused", 502]);
      await until(
        `${pool} to be told`,
        () => sluice.stderr.includes(`${reason}`) && sluice.stderr.includes(`server ${pool}/`),
      );
      expect(sluice.stderr).toMatch(new RegExp(`server ${pool}/127\\.0\\.0\\.1:\\d+: ${reason}`));
    }
  });

  test("a server that wants a certificate of us gets ours, and is not reached with none or with a stranger's", async () => {
    const servers = [`127.0.0.1:${at.mutual}`];
    const tls = { ca: "ca.pem", serverName: "server.test" };
    const { sluice, ask } = await started({
      ours: { servers, tls: { ...tls, certificate: "us.crt", key: "us.key" } },
      older: { servers, tls: { ...tls, certificate: "us.crt", key: "us.key", maxVersion: "1.2" } },
      none: { servers, tls },
      strangers: { servers, tls: { ...tls, certificate: "stranger.crt", key: "stranger.key" } },
    });
    expect(await ask("ours")).toBe("200 server.test TLSv1.3 . SUCCESS CN=us.test");
    expect(await ask("older")).toBe("200 server.test TLSv1.2 . SUCCESS CN=us.test");
    // nginx tells by an answer of its own, over a handshake that it has let pass.
    expect(await ask("none")).toStartWith("400 ");
    expect(await ask("strangers")).toStartWith("400 ");
    expect(sluice.stderr).not.toContain("us.key");
  });

  test("plain and TLS servers in one pool, by one balance, each checked as it is", async () => {
    const secure = `127.0.0.1:${at.secure}`;
    const dead = `127.0.0.1:${at.expired}`;
    const tls = { ca: "ca.pem", serverName: "server.test" };
    const { sluice, ask } = await started({
      mixed: {
        servers: [origin.address, { address: secure, tls }, { address: dead, tls }],
        balance: "roundRobin",
        check: { http: "/ready", every: "100ms", timeout: "5s", rise: 1, fall: 1 },
      },
    });
    await until("the check to fail", async () => (await sluice.server(dead)).state === "down");
    expect(JSON.stringify(await sluice.server(dead))).toContain("its certificate expired 1 day ago");
    const answers: string[] = [];
    for (let count = 0; count < 6; count++) answers.push(await ask("mixed"));
    expect(answers.filter((answer) => answer === "200 plain")).toHaveLength(3);
    expect(answers.filter((answer) => answer.startsWith("200 server.test"))).toHaveLength(3);
  });

  test("handshakes with a server are resumed, by TLS 1.3 and by 1.2", async () => {
    const tls = { ca: "ca.pem", serverName: "server.test" };
    const servers = [`127.0.0.1:${at.secure}`];
    // Each exchange has a connection of its own.
    const idle = { connections: 0 };
    const { ask } = await started({
      newer: { servers, tls, idle },
      older: { servers, tls: { ...tls, maxVersion: "1.2" }, idle },
    });
    for (const [pool, version] of [
      ["newer", "TLSv1.3"],
      ["older", "TLSv1.2"],
    ] as const) {
      expect(await ask(pool)).toBe(`200 server.test ${version} . NONE`);
      for (let count = 0; count < 3; count++) expect(await ask(pool)).toBe(`200 server.test ${version} r NONE`);
    }
  });

  test("in mode tcp TLS is put on what comes plain, and a server that breaks off without a word of TLS is a reset", async () => {
    const tls = { ca: "ca.pem", serverName: "server.test" };
    const port = freePort();
    const { ports, ask } = await started(
      { secure: { servers: [`127.0.0.1:${at.secure}`], tls }, cut: { servers: [`127.0.0.1:${port}`], tls } },
      "tcp",
    );
    expect(await ask("secure")).toBe("200 server.test TLSv1.3 . NONE");
    const speaker = await Speaker.start(room, port, "server");
    const client = await Client.connect(room, ports["cut"]!);
    client.send("to openssl\n");
    await speaker.saw("to openssl");
    speaker.say("half a sentence");
    await client.saw("half a sentence");
    await speaker.kill();
    await until("the client to be told", () => client.isClosed);
    expect([client.isReset, client.isEnded]).toEqual([true, false]);
    expect((await log.line("the cut", ({ pool }) => pool === "cut")).fault).toBe("server_reset");
  });

  test("an answer that ends with its connection is whole only when TLS has said so", async () => {
    const port = freePort();
    const tls = { ca: "ca.pem", serverName: "server.test" };
    const { ports } = await started({ app: { servers: [`127.0.0.1:${port}`], tls, retries: 0 } });
    const head = "HTTP/1.1 200 OK\r\n\r\n";
    const lastChunk = "\r\n0\r\n\r\n";
    // With -HTTP it answers with a file, and ends as it should; otherwise it says what it is told to until it is killed.
    room.write("whole", `${head}all of it\n`);
    const proper = await Speaker.start(room, port, "server", "-HTTP");
    const first = await Client.connect(room, ports["app"]!);
    await first.send(get("/whole")).saw(lastChunk);
    expect(first.text).toContain("all of it");
    await proper.kill();
    const cut = await Speaker.start(room, port, "server");
    const second = await Client.connect(room, ports["app"]!);
    second.send(get("/"));
    await cut.saw("Host: test");
    cut.say(`${head}some of it\n`);
    await second.saw("some of it");
    await cut.kill();
    await until("the client to be told", () => second.isClosed);
    expect([second.text.endsWith(lastChunk), second.isReset]).toEqual([false, true]);
    expect((await log.line("the cut", ({ fault }) => fault === "truncated_response")).status).toBe(200);
  });

  test("a server that refuses us after the handshake, as TLS 1.3 has it, is told of with its reason", async () => {
    const port = freePort();
    const words = ["-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error"];
    await Speaker.start(room, port, "server", ...words);
    const { sluice, ask } = await started({
      strict: { servers: [`127.0.0.1:${port}`], tls: { ca: "ca.pem", serverName: "server.test" }, retries: 0 },
    });
    expect(await ask("strict")).toStartWith("502 ");
    await until("the reason", () => sluice.stderr.includes("it wants a client certificate and was shown none"));
  });
});

function nginxServers(): string {
  const server = (port: number, certificate: string, more = ""): string => `
    server {
      listen 127.0.0.1:${port} ssl;
      ssl_protocols TLSv1.2 TLSv1.3;
      ssl_session_cache shared:all:1m;
      ssl_certificate ${room.path(`${certificate}.crt`)}; ssl_certificate_key ${room.path(`${certificate}.key`)};
      ${more}
      location = /ready { return 200; }
      location = /who {
        return 200 "$ssl_server_name $ssl_protocol $ssl_session_reused $ssl_client_verify $ssl_client_s_dn";
      }
    }`;
  return [
    server(at.secure, "server"),
    server(at.mutual, "server", `ssl_verify_client on; ssl_client_certificate ${room.path("ca.pem")};`),
    server(at.expired, "expired"),
  ].join("\n");
}
