// All kinds of checks under one prober, as a plan with several pools has them.

import { afterAll, afterEach, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { Authority } from "../../../test/authority.ts";
import { compile } from "../../config/compile.ts";
import { noMaterials } from "../../config/materials.ts";
import type { Plan } from "../../config/plan.ts";
import { configSchema } from "../../config/schema.ts";
import { Slots } from "../../config/slots.ts";
import type { ProbeResult } from "../../health/probe/result.ts";
import { Verdict, type VerdictState } from "../../health/verdict.ts";
import { Prober } from "../prober.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const authority = new Authority();
const folder = mkdtempSync(join(tmpdir(), "sluice-kinds-"));
afterAll(() => {
  authority[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<string> {
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function datagrams(answer: () => string | null): Promise<string> {
  const socket = createSocket("udp4", (_, from) => {
    const said = answer();
    if (said !== null) socket.send(said, from.port, from.address);
  });
  closing.push(() => socket.close());
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return `127.0.0.1:${socket.address().port}`;
}

function plan(pools: Record<string, object>): Plan {
  const config = configSchema.parse({ listeners: { web: { listen: ":0", use: Object.keys(pools)[0] } }, pools });
  const authorities = () => ({ id: "ca", text: authority.cert });
  return compile(config, new Slots(), () => undefined, 1, { ...noMaterials, authorities });
}

class Watch {
  readonly results = new Map<number, ProbeResult[]>();
  readonly prober: Prober = new Prober(
    (slot, result) => {
      this.results.set(slot, [...(this.results.get(slot) ?? []), result]);
      this.#heard();
    },
    { random: () => 0.5 },
  );
  #heard: () => void = () => {};

  constructor() {
    closing.push(() => this.prober.close());
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => (this.#heard = resolve));
  }
}

const slotsOf = (plan: Plan): number[] => plan.pools.flatMap(({ servers }) => servers.map(({ slot }) => slot));

test("rise and fall count for every kind alike", async () => {
  let isUp = true;
  const flag = join(folder, "flag");
  writeFileSync(flag, "1\n");
  const own = authority.issue(["IP:127.0.0.1"]);
  const answer = (socket: Socket): void => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(isUp ? "HTTP/1.0 200 OK\r\n\r\n" : "HTTP/1.0 503 No\r\n\r\n"));
  };
  const times = { every: "100ms", timeout: "5s", rise: 2, fall: 3 };
  const servers = [await listening(createServer(answer))];
  const secure = await listening(createTlsServer(own, answer));
  const receive = { contains: " 200 " };
  const compiled = plan({
    tcp: { servers, check: { tcp: true, send: "?", receive, ...times } },
    http: { servers, check: { http: "/", ...times } },
    https: { servers: [{ address: secure, tls: { ca: "ca.pem" } }], check: { http: "/", ...times } },
    udp: {
      servers: [await datagrams(() => (isUp ? "a 200 b" : "no"))],
      check: { udp: true, send: "?", receive, ...times },
    },
    exec: { servers: ["127.0.0.1:1"], check: { exec: ["cat", flag], output: "1", ...times } },
  });
  const watch = new Watch();
  await watch.prober.adopt(compiled);
  const slots = slotsOf(compiled);
  const endingIn = (slot: number, isHealthy: boolean): number =>
    (watch.results.get(slot) ?? []).length -
    1 -
    (watch.results.get(slot) ?? []).findLastIndex((r) => r.isHealthy !== isHealthy);
  expect(slots.map((slot) => watch.results.get(slot)?.[0]?.reason)).toEqual([
    "the answer is as expected",
    "status 200",
    "status 200",
    "the answer is as expected",
    'the command said "1"',
  ]);
  isUp = false;
  writeFileSync(flag, "0\n");
  await watch.until(() => slots.every((slot) => endingIn(slot, false) >= 3));
  isUp = true;
  writeFileSync(flag, "1\n");
  await watch.until(() => slots.every((slot) => endingIn(slot, true) >= 2));
  for (const slot of slots) {
    const verdict = new Verdict(2, 3);
    const changes: VerdictState[] = [];
    for (const { isHealthy } of watch.results.get(slot)!) if (verdict.observe(isHealthy)) changes.push(verdict.state);
    expect([slot, ...changes]).toEqual([slot, "up", "down", "up"]);
  }
});

test("authorities that come later are used from the next probe on, those that are missing are named meanwhile", async () => {
  const own = authority.issue(["IP:127.0.0.1"]);
  const address = await listening(createTlsServer(own, (socket) => socket.on("error", () => {}).resume()));
  const compiled = plan({
    app: { servers: [{ address, tls: { ca: "ca.pem" } }], check: { tcp: true, every: "100ms", timeout: "5s" } },
  });
  const watch = new Watch();
  await watch.prober.adopt({ ...compiled, pems: {} });
  const [slot] = slotsOf(compiled) as [number];
  expect(watch.results.get(slot)![0]!.reason).toBe(
    "the authorities (ca) to check its certificate by could not be read",
  );
  await watch.prober.adopt(compiled);
  await watch.until(() => watch.results.get(slot)!.at(-1)!.isHealthy);
  expect(watch.results.get(slot)!.at(-1)!.reason).toBe("connected");
});

test("a server that hangs delays no other, of whatever kind", async () => {
  const silent = await listening(createServer((socket) => socket.on("error", () => {}).resume()));
  const long = { every: "1h", timeout: "1h" };
  const compiled = plan({
    hangs: { servers: [silent], check: { http: "/", ...long } },
    shakes: { servers: [{ address: silent, tls: true }], check: { tcp: true, ...long } },
    waits: { servers: [await datagrams(() => null)], check: { udp: true, send: "?", receive: "!", ...long } },
    sleeps: { servers: ["127.0.0.1:1"], check: { exec: ["sleep", "3600"], ...long } },
    goes: {
      servers: Array.from({ length: 50 }, (_, index) => `127.0.1.${index + 1}:1`),
      check: { exec: ["echo", "{host}"], output: "127.0.1.7", ...long },
    },
  });
  const watch = new Watch();
  const adopting = watch.prober.adopt(compiled);
  const slots = slotsOf(compiled);
  await watch.until(() => slots.slice(4).every((slot) => watch.results.get(slot) !== undefined));
  expect(slots.filter((slot) => watch.results.get(slot)?.[0]?.isHealthy)).toEqual([slots[4 + 6]!]);
  watch.prober.close();
  await adopting;
  expect(slots.slice(0, 4).map((slot) => watch.results.get(slot))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("closing gives back every descriptor and ends every command", async () => {
  const silent = await listening(createServer((socket) => socket.on("error", () => {}).resume()));
  const long = { every: "1h", timeout: "1h" };
  const mark = `36${process.pid}`;
  const compiled = plan({
    hangs: { servers: [silent], check: { http: "/", ...long } },
    shakes: { servers: [{ address: silent, tls: true }], check: { tcp: true, ...long } },
    waits: { servers: [await datagrams(() => null)], check: { udp: true, send: "?", receive: "!", ...long } },
    sleeps: { servers: ["127.0.0.1:1"], check: { exec: ["sleep", mark], output: "1", ...long } },
  });
  const round = async (): Promise<void> => {
    const prober = new Prober(() => {});
    const adopting = prober.adopt(compiled);
    await settled(() => commands(mark) === 1);
    prober.close();
    await adopting;
    await settled(() => commands(mark) === 0);
  };
  // Whatever the runtime opens once and keeps is open after the first round.
  await round();
  const before = await lowest();
  for (let count = 0; count < 5; count++) await round();
  await settled(() => descriptors() <= before);
});

const descriptors = (): number => readdirSync("/proc/self/fd").length;

/** How many programs with this argument run. */
function commands(mark: string): number {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1") === `sleep\0${mark}\0`;
    } catch {
      return false;
    }
  }).length;
}

async function settled(isTrue: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(`never came true: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Descriptors once closing has gone through the event loop on both ends of connections. */
async function lowest(): Promise<number> {
  let least = descriptors();
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    least = Math.min(least, descriptors());
  }
  return least;
}
