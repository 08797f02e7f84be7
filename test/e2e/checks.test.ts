// Active checks of every kind but HTTP's (health.test.ts) and UDP's (udp.test.ts), on real servers: connect, send and receive,
// TLS, commands; each with its rise and fall counted.

import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { Client } from "./harness/client.ts";
import { Nginx } from "./harness/nginx.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const testWithRedis = testWith(["redis-server"]);
const testWithNginx = testWith(["nginx", "openssl"]);

type Check = NonNullable<NonNullable<Draft["pools"]>[string]["check"]>;

interface Checked {
  readonly sluice: Sluice;
  readonly port: number;
  /** Resolves once the check of this server says so. */
  is(name: string, state: "up" | "down"): Promise<void>;
  /** Why the last check of it failed. */
  reason(name: string): Promise<string>;
}

/** Servers in mode tcp, the first one before all others. */
async function checked(
  room: Room,
  servers: NonNullable<Draft["pools"]>[string]["servers"],
  check: Check,
  pool: object = {},
): Promise<Checked> {
  const port = freePort();
  const sluice = await Sluice.start(
    room,
    {
      listeners: { carry: { listen: `127.0.0.1:${port}`, mode: "tcp", use: "app" } },
      pools: { app: { servers, balance: "first", check: { every: "100ms", timeout: "5s", ...check }, ...pool } },
    },
    // It may never be ready: with all servers down it is not.
    { isAwaited: false },
  );
  await until("its plan to be in force", async () => {
    const status = await sluice.status().catch(() => null);
    return status !== null && status.pools.length > 0 && status.workers.some(({ state }) => state === "up");
  });
  return {
    sluice,
    port,
    is: async (name, state) => {
      await until(`${name} to be ${state}`, async () => (await sluice.server(name)).state === state && "yes").catch(
        async (error: Error) => {
          throw new Error(`${error.message}; ${JSON.stringify(await sluice.server(name))}`);
        },
      );
    },
    reason: async (name) => JSON.stringify(await sluice.server(name)),
  };
}

test("a connect is enough for a check, and none is not", async () => {
  await using room = new Room();
  const server = new Server(room);
  const other = new Server(room);
  const pool = await checked(room, [server.address, other.address], { tcp: true, rise: 1, fall: 2 });
  await pool.is(server.address, "up");
  const client = (await Client.connect(room, pool.port)).send("first");
  await until("the first server to have it", () => hasHeard(server, "first"));
  server.stop();
  await pool.is(server.address, "down");
  expect(await pool.reason(server.address)).toMatch(/refused/i);
  // What it carries already is left to end.
  expect(client.isClosed).toBe(false);
  (await Client.connect(room, pool.port)).send("second");
  await until("the second server to have the next", () => hasHeard(other, "second"));
});

testWithRedis("redis must answer PING by PONG, and is down while it has other things to say", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const impostor = new Server(room, { greet: (client) => void client.send("-ERR\r\n") });
  const check = { tcp: true, send: "PING\\r\\n", receive: { starts: "+PONG\\r\\n" }, rise: 2, fall: 2 } as const;
  const pool = await checked(room, [redis.address, impostor.address], check);
  await pool.is(redis.address, "up");
  await pool.is(impostor.address, "down");
  expect(await pool.reason(impostor.address)).toContain("-ERR");
  const talk = async (words: string): Promise<string> => {
    const client = await Client.connect(room, pool.port);
    const answer = await client.send(words).saw("\r\n");
    client.socket.terminate();
    return answer;
  };
  expect(await talk("SET a 1\r\n")).toBe("+OK\r\n");
  expect(await talk("CONFIG SET requirepass secret\r\n")).toBe("+OK\r\n");
  await pool.is(redis.address, "down");
  expect(await pool.reason(redis.address)).toContain("NOAUTH");
  const direct = await Client.connect(room, redis.port);
  await direct.send("AUTH secret\r\nCONFIG SET requirepass ''\r\n").saw("+OK\r\n+OK\r\n");
  await pool.is(redis.address, "up");
  expect(await talk("GET a\r\n")).toStartWith("$1\r\n");
});

test("so many failures in a row take a server down, and so many successes bring it up: not one less", async () => {
  await using room = new Room();
  /** Verdicts to come, one a probe; the last one stays. */
  let verdicts = ["good"];
  const given: string[] = [];
  const server = new Server(room, {
    greet: (client) => {
      const verdict = verdicts.length > 1 ? verdicts.shift()! : verdicts[0]!;
      given.push(verdict);
      client.send(verdict).socket.end();
    },
  });
  const pool = await checked(room, [server.address], { tcp: true, receive: "good", rise: 3, fall: 3 });
  const play = async (next: string[]): Promise<void> => {
    const count = given.length;
    verdicts = next;
    await until("the verdicts to be given", () => given.length >= count + next.length + 1);
  };
  const isAsIn = async (before: { since: string }): Promise<void> =>
    expect((await pool.sluice.server(server.address)).since).toBe(before.since);
  const first = await pool.sluice.server(server.address);
  await play(["bad", "bad", "good", "bad", "bad", "good"]);
  expect(first.state).toBe("up");
  await isAsIn(first);
  await play(["bad"]);
  await pool.is(server.address, "down");
  const second = await pool.sluice.server(server.address);
  await play(["good", "good", "bad", "good", "good", "bad"]);
  await isAsIn(second);
  await play(["good"]);
  await pool.is(server.address, "up");
});

testWithNginx("checks go over TLS where traffic does, with its demands; or without any of their own", async () => {
  await using room = new Room();
  const authority = authorityIn(room);
  put(room, "good", authority.issue(["DNS:server.test"]));
  put(room, "other", authority.issue(["DNS:other.test"]));
  const [good, other] = [freePort(), freePort()];
  const server = (port: number, name: string): string => `server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${room.path(`${name}.crt`)}; ssl_certificate_key ${room.path(`${name}.key`)};
  }`;
  const nginx = await Nginx.start(room, {}, "", server(good, "good") + server(other, "other"));
  const tls = { ca: "ca.pem", serverName: "server.test" };
  const servers = [`127.0.0.1:${good}`, `127.0.0.1:${other}`, nginx.address];
  const pool = await checked(room, servers, { tcp: true, rise: 1, fall: 1 }, { tls });
  await pool.is(servers[0]!, "up");
  await pool.is(servers[1]!, "down");
  await pool.is(servers[2]!, "down");
  expect(await pool.reason(servers[1]!)).toContain("its certificate is for other.test, not for server.test");
  expect(await pool.reason(servers[2]!)).toContain("what answers there does not speak TLS");
  // Traffic is plain, only the check is not: any certificate will do, but TLS it must be.
  const plainer = await checked(room, servers, { tcp: true, tls: true, rise: 1, fall: 1 });
  await plainer.is(servers[1]!, "up");
  await plainer.is(servers[2]!, "down");
});

test("a command judges by its exit code or by what it says, with host and port among its words", async () => {
  await using room = new Room();
  const [one, two] = [new Server(room), new Server(room)];
  const script = room.write(
    "judge.sh",
    `#!/bin/sh\necho "$@" >> ${room.path("calls")}\ntest -e ${room.path("$2.down")} && { echo broken >&2; exit 3; }\necho fine\n`,
  );
  chmodSync(script, 0o755);
  const check: Check = { exec: [script, "{host}", "{port}", "a b"], rise: 1, fall: 2 };
  const pool = await checked(room, [one.address, two.address], check);
  await pool.is(one.address, "up");
  await pool.is(two.address, "up");
  expect(readFileSync(room.path("calls"), "utf8")).toContain(`127.0.0.1 ${one.port} a b\n`);
  room.write(`${one.port}.down`, "");
  await pool.is(one.address, "down");
  expect(await pool.reason(one.address)).toMatch(/3.*broken|broken.*3|exit(?:ed)?.*3/);
  expect((await pool.sluice.server(two.address)).state).toBe("up");
  await Client.connect(room, pool.port);
  await until("traffic at the other one", () => two.connections.length === 1);
  const saying = await checked(room, [two.address], {
    exec: `${script} {host} {port}`,
    output: "fine",
    rise: 1,
    fall: 1,
  });
  await saying.is(two.address, "up");
  const other = await checked(room, [two.address], {
    exec: `${script} {host} {port}`,
    output: "excellent",
    rise: 1,
    fall: 1,
  });
  await other.is(two.address, "down");
  expect(existsSync(room.path("calls"))).toBe(true);
});

test("a command that does not end is ended at its timeout, and so is what it has started", async () => {
  await using room = new Room();
  const server = new Server(room);
  const script = room.write(
    "hang.sh",
    `#!/bin/sh\nsleep 1000 &\nprintf 'shell %s\\nsleeper %s\\n' $$ $! >> ${room.path("pids")}\nwait\n`,
  );
  chmodSync(script, 0o755);
  const pool = await checked(room, [server.address], { exec: script, timeout: "300ms", rise: 1, fall: 1 });
  await pool.is(server.address, "down");
  expect(await pool.reason(server.address)).toMatch(/tim|late|long/);
  const pids = await until("its words to be written", () => {
    const text = existsSync(room.path("pids")) ? readFileSync(room.path("pids"), "utf8") : "";
    const [shell, sleeper] = [...text.matchAll(/^shell (\d+)\nsleeper (\d+)$/gm)][0]?.slice(1).map(Number) ?? [];
    return shell !== undefined && sleeper !== undefined && [shell, sleeper];
  });
  await until("both to be gone", () => !pids.some(isThere));
});

/** From a client: a check says nothing. */
function hasHeard(server: Server, word: string): boolean {
  return server.connections.some(({ text }) => text === word);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
