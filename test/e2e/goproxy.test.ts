// goproxy's documentation, followed to the letter: a cfg.toml in ./config/ starts it, requests come to the servers of proxy_pass by
// the mode that inverse_mode names, and what is written into the file counts at once. And what goproxy means to do, but does not.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { Goproxy } from "./harness/goproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Asker } from "./harness/outcome.ts";
import { freePort } from "./harness/port.ts";
import { curl, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** Each says its own name. */
function originsIn(room: Room, ...names: readonly string[]): Origin[] {
  return names.map((name) => new Origin(room, () => ok(name)));
}

function passTo(origins: readonly Origin[], weights: readonly number[] = []): string {
  const entries = origins.map(({ address }, index) => {
    const weight = weights[index];
    return JSON.stringify(weight === undefined ? address : `${address}^${weight}`);
  });
  return `reverse = true\nproxy_pass = [${entries.join(", ")}]\n`;
}

/** Over a connection of its own. */
async function fetched(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: "close" } })).text();
}

/** From another address of this machine, over a connection of its own. */
async function fetchedFrom(room: Room, port: number, localAddress: string): Promise<string> {
  const asker = await Asker.connect(room, { port, localAddress });
  const { body } = await asker.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return body.toString();
}

async function asked(count: number, ask: () => Promise<string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let turn = 0; turn < count; turn++) {
    const word = await ask();
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

test("the file of its documentation starts it where it looks for it, and every method reaches a server", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ method, body }) => ok(`${method} ${body.toString()}`));
  const goproxy = await new Goproxy(room).start(
    `${passTo([origin])}inverse_mode = 2
auth = false
cache = false
cache_timeout = 60
log = 1
log_path = "./logs"
user = { agent = "proxy" }
http_read_timeout = 10
http_write_timeout = 10

[redis]
redis_host = "127.0.0.1:6379"
redis_pass = "redis_pass"
max_idle = 5
idle_timeout = 10
max_active = 10`,
  );
  if (!existsSync("/etc/proxy/cfg.toml")) await says(goproxy, "goproxy: config/cfg.toml is taken");
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const body = method === "GET" ? [] : ["-d", "sent"];
    const answer = await curl("-X", method, ...body, `${goproxy.url}/path?query`);
    expect([answer.err, answer.out]).toEqual(["", `${method} ${method === "GET" ? "" : "sent"}`]);
  }
  const { target, fields } = origin.asked[0]!;
  expect(target).toBe("/path?query");
  expect([fields.get("x-forwarded-for"), fields.get("host")]).toEqual([["127.0.0.1"], [`127.0.0.1:${goproxy.port}`]]);
  const lines = await until("the log's lines", () => {
    const path = room.path("config/logs/access.log");
    const written = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
    return written.length === 6 ? written : null;
  });
  expect(JSON.parse(lines[0]!)).toMatchObject({ method: "GET", target: "/path?query", status: 200, pool: "servers" });
});

test("mode 1 goes round by weight, in turns and not in blocks", async () => {
  await using room = new Room();
  const origins = originsIn(room, "a", "b", "c");
  const goproxy = await new Goproxy(room).start(`${passTo(origins, [4, 2, 1])}inverse_mode = 1`);
  const words: string[] = [];
  for (let turn = 0; turn < 70; turn++) words.push(await fetched(goproxy.url));
  const countOf = (name: string): number => words.filter((word) => word === name).length;
  // Workers take turns of their own: each may be in the middle of a round.
  for (const [name, count] of [
    ["a", 40],
    ["b", 20],
    ["c", 10],
  ] as const)
    expect(Math.abs(countOf(name) - count)).toBeLessThanOrEqual(4);
});

test("mode 0 draws, and so it is without a mode and with one that there is not", async () => {
  await using room = new Room();
  const origins = originsIn(room, "a", "b");
  const goproxy = await new Goproxy(room).start(`${passTo(origins, [1000, 1])}`);
  for (const lines of ["inverse_mode = 0", "inverse_mode = 42"]) {
    // Were it by weight, b would hardly come once.
    const counts = await asked(60, () => fetched(goproxy.url));
    expect(Math.min(counts.get("a") ?? 0, counts.get("b") ?? 0)).toBeGreaterThan(8);
    await goproxy.rewrite(`${passTo(origins, [1000, 1])}${lines}`);
  }
});

for (const [mode, name] of [
  [3, "ip hash on a ring"],
  [4, "bounded loads"],
  [6, "ip hash"],
] as const)
  test(`mode ${mode}, ${name}: a client stays with its server, whatever its port, and clients are spread`, async () => {
    await using room = new Room();
    const origins = originsIn(room, "a", "b", "c");
    const goproxy = await new Goproxy(room).start(`${passTo(origins)}inverse_mode = ${mode}`);
    const servers = new Set<string>();
    // What its client has been given whole a busy machine may count a moment longer, and bounded loads send the next elsewhere for that.
    const isIdle = async (): Promise<boolean> => {
      const active = await Promise.all(origins.map(({ address }) => goproxy.activeAt(address)));
      return active.every((count) => count === 0);
    };
    for (let client = 1; client <= 12; client++) {
      const counts = await asked(3, async () => {
        await until("nothing to be under way", isIdle);
        return fetchedFrom(room, goproxy.port, `127.0.7.${client}`);
      });
      expect([client, counts.size]).toEqual([client, 1]);
      for (const server of counts.keys()) servers.add(server);
    }
    expect(servers.size).toBeGreaterThan(1);
  });

for (const [mode, name] of [
  ["inverse_mode = 2", "power of two choices"],
  ["inverse_mode = 5", "least load"],
  ["reverse_mode = 5", "by its other name"],
] as const)
  test(`${mode}, ${name}: a server that is busy gets nothing while another is free`, async () => {
    await using room = new Room();
    const [slow, free] = originsIn(room, "slow", "free") as [Origin, Origin];
    const held = new Set([slow, free]);
    for (const origin of [slow, free])
      origin.handler = async () => {
        await until("it to be let go", () => !held.has(origin), 30_000);
        return ok(origin === slow ? "slow" : "free");
      };
    const goproxy = await new Goproxy(room).start(`${passTo([slow, free])}${mode}`);
    room.ending(() => held.clear());
    const answers: Promise<string>[] = [];
    while (answers.length < 4) {
      answers.push(fetched(goproxy.url));
      await until("it to have come", () => slow.asked.length + free.asked.length === answers.length);
    }
    expect([slow.asked.length, free.asked.length]).toEqual([2, 2]);
    held.delete(free);
    await until("free to have nothing to do", async () => (await goproxy.activeAt(free.address)) === 0);
    // Two are more than the one of free that may not be over for the worker when its client has it.
    const counts = await asked(20, () => fetched(goproxy.url));
    expect([...counts]).toEqual([["free", 20]]);
    held.delete(slow);
    expect((await Promise.all(answers)).toSorted()).toEqual(["free", "free", "slow", "slow"]);
  });

test("what is written into the file counts at once: servers, mode, and what cannot be read does not", async () => {
  await using room = new Room();
  const [one, two] = originsIn(room, "one", "two") as [Origin, Origin];
  const goproxy = await new Goproxy(room).start(`${passTo([one])}inverse_mode = 1`);
  expect(await fetched(goproxy.url)).toBe("one");
  await goproxy.rewrite(`${passTo([two])}inverse_mode = 1`);
  expect(await fetched(goproxy.url)).toBe("two");
  goproxy.write('reverse = true\nproxy_pass = ["127.0.0.1:99999"]\ninverse_mod = 1');
  await until("the mistake to be told", () => goproxy.stderr.includes("must have a port from 1 to 65535"));
  expect(await fetched(goproxy.url)).toBe("two");
  await goproxy.rewrite(`${passTo([one, two])}inverse_mode = 1`);
  expect((await asked(4, () => fetched(goproxy.url))).size).toBe(2);
});

test("what a save is warned of is said once, and errors at each save", async () => {
  await using room = new Room();
  const [origin] = originsIn(room, "one") as [Origin];
  const lines = passTo([origin]);
  const goproxy = await new Goproxy(room).start(lines);
  const told = (what: string): number => goproxy.stderr.split(what).length - 1;
  const approximated = "server.reverse is approximated";
  await until("the warning", () => told(approximated) === 1);
  await goproxy.rewrite(`# saved again\n${lines}`);
  await goproxy.rewrite(`${lines}cache_timeout = 5\n`);
  goproxy.write('reverse = true\nproxy_pass = ["127.0.0.1:99999"]');
  await until("the mistake to be told", () => told("must have a port from 1 to 65535") === 1);
  expect(told(approximated)).toBe(1);
  // Who asks is told everything.
  goproxy.write(lines);
  const answer = await fetch(`http://${goproxy.admin}/api/v1/reload`, { method: "POST" });
  expect(((await answer.json()) as { warnings: string[] }).warnings).toEqual([expect.stringContaining(approximated)]);
});

test("a server that is down costs nobody an answer, and with none left the answer tells nothing of the inside", async () => {
  await using room = new Room();
  const [one, two] = originsIn(room, "one", "two") as [Origin, Origin];
  const goproxy = await new Goproxy(room).start(`${passTo([one, two])}inverse_mode = 1`);
  one.stop();
  expect(await asked(6, () => fetched(goproxy.url))).toEqual(new Map([["two", 6]]));
  two.stop();
  const answer = await fetch(goproxy.url);
  expect([502, 503]).toContain(answer.status);
  expect(await answer.text()).not.toContain(String(two.port));
});

test("a response is as long as it likes while it goes on, and one that does not begin in time is 504", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  origin.handler = async ({ target, socket }) => {
    if (target === "/never") return null;
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
    for (let part = 0; part < 8; part++) {
      await Bun.sleep(250);
      socket.write("x");
    }
    return null;
  };
  const goproxy = await new Goproxy(room).start(`${passTo([origin])}http_read_timeout = 1\nhttp_write_timeout = 1`);
  const [long, never] = await Promise.all([fetched(`${goproxy.url}/long`), fetch(`${goproxy.url}/never`)]);
  expect(long).toBe("xxxxxxxx");
  expect(never.status).toBe(504);
});

test("check says what becomes of each key, and convert makes a config of it that runs", async () => {
  await using room = new Room();
  const [origin] = originsIn(room, "converted") as [Origin];
  const goproxy = new Goproxy(room).write(`${passTo([origin])}reverse_mode = 1\nlog = 0`);
  const check = await ran([...command, "check", goproxy.path]);
  expect([check.code, check.out.split("\n")[0]]).toEqual([0, "goproxy: 5 keywords kept, 1 approximated"]);
  const admin = `127.0.0.1:${freePort()}`;
  const out = room.path("sluice.yaml");
  const convert = await ran([...command, "convert", goproxy.path, "-o", out], { env: { SLUICE_ADMIN: admin } });
  expect(convert.code).toBe(0);
  const child = Bun.spawn([...command, "run", "-c", out], { stdio: ["ignore", "ignore", "ignore"] });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  await until("it to be ready", async () => (await fetch(`http://${admin}/readyz`).catch(() => null))?.status === 200);
  expect(await fetched(goproxy.url)).toBe("converted");
});
