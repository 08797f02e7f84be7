import { afterEach, expect, test } from "bun:test";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { compile } from "../config/compile.ts";
import type { Plan } from "../config/plan.ts";
import { configSchema } from "../config/schema.ts";
import { Slots } from "../config/slots.ts";
import type { ProbeResult } from "../health/probe/result.ts";
import type { Standing } from "../health/verdict.ts";
import { openLog } from "./log.ts";
import { Prober } from "./prober.ts";

const opened: Server[] = [];
const probers: Prober[] = [];
afterEach(() => {
  for (const prober of probers.splice(0)) prober.close();
  for (const server of opened.splice(0)) server.close();
});

/** A server that answers each connection with these bytes; null never answers. */
async function server(answer: string | null, heard: string[] = []): Promise<string> {
  const listening = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard.push(bytes.toString());
      if (answer !== null) socket.end(answer);
    });
  });
  opened.push(listening);
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(listening.address() as { port: number }).port}`;
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const address = await server(null);
  const closing = opened.pop()!;
  await new Promise<void>((resolve) => closing.close(() => resolve()));
  return address;
}

function plan(servers: readonly string[], check: object): Plan {
  const config = configSchema.parse({
    listeners: { web: { listen: ":0", use: "app" } },
    pools: { app: { servers, check } },
  });
  return compile(config, new Slots(), () => undefined);
}

function prober(hasFreeFiles: (count: number) => boolean = () => true, standingOf: () => Standing = () => "up") {
  const warned: string[] = [];
  const log = openLog({ level: "warn", format: "text", isColored: false, write: (line) => warned.push(line) });
  const results: [slot: number, result: ProbeResult][] = [];
  let heard: (() => void) | null = null;
  const made = new Prober(
    (slot, result) => {
      results.push([slot, result]);
      heard?.();
    },
    { random: () => 0.5, hasFreeFiles, standingOf, log },
  );
  probers.push(made);
  const more = async (count: number): Promise<void> => {
    while (results.length < count) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { prober: made, results, more, warned };
}

test("all servers are probed at once, and adopt waits for the first result of each", async () => {
  const heard: string[] = [];
  const servers = [
    await server("HTTP/1.1 200 OK\r\n\r\n", heard),
    await server("HTTP/1.1 503 No\r\n\r\n"),
    await server(null),
    await nobody(),
  ];
  const { prober: made, results } = prober();
  await made.adopt(plan(servers, { http: "/healthz", every: "10s", timeout: "600ms" }));
  const reasons = results.toSorted(([a], [b]) => a - b).map(([, result]) => [result.isHealthy, result.reason]);
  expect(reasons).toEqual([
    [true, "status 200"],
    [false, "status 503 is not expected"],
    [false, "no response in time"],
    [false, "connecting failed: connection refused"],
  ]);
  expect(heard[0]).toContain(`\r\nHost: ${servers[0]}\r\n`);
});

test("a tcp check asks for a connection only, and probes go on", async () => {
  const { prober: made, results, more } = prober();
  await made.adopt(plan([await server("")], { tcp: true, every: "100ms", timeout: "5s" }));
  await more(3);
  expect(results.map(([, result]) => result.reason).slice(0, 3)).toEqual(["connected", "connected", "connected"]);
});

test("one that is down, or about to change, has a time of its own to the next probe", async () => {
  let standing: Standing = "changing";
  const { prober: made, more } = prober(undefined, () => standing);
  await made.adopt(
    plan([await server("")], { tcp: true, every: "1h", everyChanging: "100ms", everyDown: "200ms", timeout: "5s" }),
  );
  await more(2);
  standing = "down";
  await more(4);
});

test("a server that stays is not probed again at once; one that left is probed no more", async () => {
  const [stays, leaves] = [await server("HTTP/1.1 200 OK\r\n\r\n"), await server("HTTP/1.1 200 OK\r\n\r\n")];
  const check = { http: "/", every: "10s" };
  const { prober: made, results } = prober();
  await made.adopt(plan([stays, leaves], check));
  await made.adopt(plan([stays], check));
  expect(results.length).toBe(2);
});

test("closing frees whoever waits for a first result", async () => {
  const { prober: made, results } = prober();
  const adopting = made.adopt(plan([await server(null)], { http: "/", timeout: "5s", every: "10s" }));
  made.close();
  await adopting;
  expect(results).toEqual([]);
});

test("while no file is free nobody is probed, and what fails meanwhile says nothing of a server", async () => {
  const heard: string[] = [];
  const [well, gone] = [await server("HTTP/1.1 200 OK\r\n\r\n", heard), await nobody()];
  const files = { isFull: true, asked: 0 };
  const hasFree = (count: number): boolean => {
    files.asked++;
    return count === 1 && !files.isFull;
  };
  const { prober: made, results, more, warned } = prober(hasFree);
  const probed = plan([well, gone], { http: "/", every: "100ms", timeout: "1s" });
  await made.adopt(probed);
  while (files.asked < 6) await Bun.sleep(5);
  expect([results, heard]).toEqual([[], []]);
  expect(warned).toEqual([expect.stringContaining("no server is checked")]);
  files.isFull = false;
  await more(2);
  const slots = new Map(results.map(([slot, { isHealthy }]) => [slot, isHealthy]));
  expect([...slots.values()].toSorted()).toEqual([false, true]);
});

test("a probe that fails when the table of files has filled meanwhile is none", async () => {
  const said = [true, false, true, true];
  const { prober: made, results, more } = prober(() => said.shift() ?? true);
  await made.adopt(plan([await nobody()], { http: "/", every: "100ms", timeout: "1s" }));
  expect([results.length, said.length]).toEqual([0, 2]);
  await more(1);
  expect(results[0]![1].reason).toBe("connecting failed: connection refused");
});

test("a command needs more than one file", async () => {
  const asked: number[] = [];
  const { prober: made } = prober((count) => asked.push(count) < 0);
  await made.adopt(plan(["127.0.0.1:1"], { exec: "true", every: "10s", timeout: "1s" }));
  expect(asked).toEqual([8]);
});
