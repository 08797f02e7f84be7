// What nginx logs as evidence of its addresses: one log or one for each, from its beginning or from now on, renamed and truncated under
// traffic, with lines that are still being written. What is read is compared with what the origin has seen, line by line.

import { expect, setDefaultTimeout } from "bun:test";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { askBy, type EgressApi, inTurns } from "./harness/egress.ts";
import { egressStage, type PoolDraft, type Stage } from "./harness/egressstage.ts";
import { type Gateway, type Gateways, nginxTime } from "./harness/gateways.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const withNginx = testWith(["nginx"]);

const native = '[$time_local] $status $request_time $server_port "$http_x_egress_key" $http_x_egress_host';
const apart = '[$time_local] $status $request_time "$http_x_egress_key" $http_x_egress_host';

function judgedBy(format: string, mode: "serve" | "parse", own: PoolDraft = {}): (gateways: Gateways) => PoolDraft {
  return ({ log }) => ({
    judge: { per: "member", failures: 3, coolDown: { time: "8s", trial: false } },
    ...own,
    logs: [{ path: log, format, mode, every: "0s" }],
  });
}

/** Traffic until it is stopped, which says how many requests there were. */
function trafficOf({ outside, port }: Stage): () => Promise<number> {
  let isOver = false;
  let count = 0;
  const running = inTurns(1_000_000, 4, async (index) => {
    if (isOver) return;
    const { status } = await askBy(port, outside.host(1), { key: `steady${index % 100}` });
    if (status === 200) count++;
    // The history that is looked at has room for ten thousand.
    await Bun.sleep(5);
  });
  return async () => {
    isOver = true;
    await running;
    return count;
  };
}

function counted(ips: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ip of ips) counts.set(ip, (counts.get(ip) ?? 0) + 1);
  return counts;
}

/** Lines that were understood; all others are a mistake. */
async function read(api: EgressApi): Promise<number> {
  await api.order("renew");
  const { lines } = (await api.summary()).evidence!;
  expect({ ...lines, good: 0 }).toEqual({ good: 0, unlike: 0, badTime: 0, unknown: 0, long: 0 });
  return lines.good;
}

/** What nginx has written comes a moment after its answer. */
async function reads(api: EgressApi, count: number): Promise<void> {
  let found = 0;
  await until(`${count} lines to be read`, async () => {
    found = await read(api);
    return found >= count;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; there are ${found}`);
  });
  expect(found).toBe(count);
}

/** How many lines the log holds and how many were read in all, at a time when none was written in between. */
async function settled(api: EgressApi, log: string): Promise<{ lines: number; good: number }> {
  const count = (): number => readFileSync(log, "utf8").split("\n").length - 1;
  return await until("the log to stand still", async () => {
    const lines = count();
    const good = await read(api);
    return count() === lines && { lines, good };
  });
}

for (const isLoggedApart of [false, true])
  withNginx(
    `${isLoggedApart ? "logs for each address" : "one log"}: renamed under traffic, no line is lost or read twice`,
    async () => {
      await using room = new Room();
      const format = isLoggedApart ? apart : native;
      const all = await egressStage(room, 10, {
        format,
        isLoggedApart,
        pool: judgedBy(format, "serve", { history: { entries: 10_000 } }),
      });
      const { api, gateways, outside } = all;
      const stop = trafficOf(all);
      for (let round = 0; round < 3; round++) {
        const { length } = outside.visits;
        await until("traffic", () => outside.visits.length > length + 100);
        const logs = isLoggedApart ? gateways.gateways.map(({ ip }) => gateways.logOf(ip)) : [gateways.log];
        for (const log of logs) renameSync(log, `${log}.${round}`);
        // nginx goes on writing to the renamed files for a while.
        await until("traffic", () => outside.visits.length > length + 150);
        gateways.reopen();
        // A log that is rotated twice before it was looked at loses what was between.
        await until("the new logs", () => logs.every((log) => existsSync(log) && statSync(log).size > 0));
        const written = counted(outside.from());
        await until("each of them to be read", async () => {
          await read(api);
          const known = counted((await api.history("limit=10000")).history.map(({ member }) => member));
          return [...written].every(([ip, count]) => (known.get(ip) ?? 0) >= count);
        });
      }
      const count = await stop();
      expect(count).toBe(outside.visits.length);
      await reads(api, count);
      const { history } = await api.history("limit=10000");
      expect(history).toHaveLength(count);
      expect(
        history.every(
          ({ from, host, key, status }) =>
            `${from} ${host} ${key} ${status}`.replace(/\d+ 200$/, " 200") === "log 127.1.0.1 steady 200",
        ),
      ).toBe(true);
      // Each at the address that it was of.
      const byIp = (ips: string[]) => ips.sort().join();
      expect(byIp(history.map(({ member }) => member))).toBe(byIp(outside.from()));
    },
  );

withNginx("a log that is copied and truncated goes on to be read, and nothing is read twice", async () => {
  await using room = new Room();
  const all = await egressStage(room, 10, { format: native, pool: judgedBy(native, "serve") });
  const { api, gateways, outside } = all;
  const stop = trafficOf(all);
  for (let round = 0; round < 3; round++) {
    const { length } = outside.visits;
    await until("traffic", () => outside.visits.length > length + 100);
    await api.order("renew");
    // What is written between these two is lost, as it always is with copytruncate.
    copyFileSync(gateways.log, `${gateways.log}.${round}`);
    truncateSync(gateways.log);
  }
  const count = await stop();
  const first = await settled(api, gateways.log);
  expect(first.good).toBeLessThanOrEqual(count);
  expect(first.good).toBeGreaterThan(Math.max(first.lines, 250));
  await inTurns(25, 4, () => askBy(all.port, outside.host(1)));
  const last = await until("them to be written", async () => {
    const now = await settled(api, gateways.log);
    return now.lines >= first.lines + 25 && now;
  });
  // A line of before may come late; none is lost and none read twice.
  expect(last.good - first.good).toBe(last.lines - first.lines);
});

withNginx("a line that is half written waits for its other half, and one that says nothing is counted", async () => {
  await using room = new Room();
  const { api, gateways } = await egressStage(room, 3, { format: native, pool: judgedBy(native, "serve") });
  const [{ port }] = gateways.gateways as readonly [Gateway, ...Gateway[]];
  const time = nginxTime(Date.now());
  const line = (status: number) => `[${time}] ${status} 0.010 ${port} "k" shop.example\n`;
  await until("it to be read", async () => (await api.summary()).evidence?.logs[0]?.absent === 0);
  const text = line(403) + line(429);
  for (const end of [1, 20, text.length - 1]) {
    writeFileSync(gateways.log, "", { flag: "a" });
    appendFileSync(gateways.log, text.slice(end === 1 ? 0 : end === 20 ? 1 : 20, end));
    const good = await read(api);
    expect(good).toBe(end === text.length - 1 ? 1 : 0);
  }
  appendFileSync(gateways.log, "\n");
  expect(await read(api)).toBe(2);
  const { history } = await api.history();
  expect(history.map(({ status, host, key, durationMs }) => [status, host, key, durationMs])).toEqual([
    [429, "shop.example", "k", 10],
    [403, "shop.example", "k", 10],
  ]);
  appendFileSync(gateways.log, `nonsense\n${line(403).replace(String(port), "1")}`);
  await api.order("renew");
  expect((await api.summary()).evidence?.lines).toMatchObject({ good: 2, unlike: 1, unknown: 1 });
});

withNginx(
  "refusals in the log take an address out, in time it is back; serve does not look at what was before",
  async () => {
    await using room = new Room();
    const own: PoolDraft = { choose: "roundRobin" };
    const { api, gateways, outside, port, sluice } = await egressStage(room, 4, {
      format: native,
      pool: judgedBy(native, "serve", own),
    });
    const { states } = await api.summary();
    expect(states.available).toBe(4);
    outside.manner = ({ from }) => (from === "127.0.0.2" ? 500 : 200);
    await inTurns(12, 1, () => askBy(port, outside.host(1)));
    await api.stands("127.0.0.2", "coolingDown");
    outside.visits.length = 0;
    await inTurns(8, 1, () => askBy(port, outside.host(1)));
    expect(outside.from()).not.toContain("127.0.0.2");
    await api.stands("127.0.0.2", "available");
    // Written while it does not run: it was read up to some place, and goes on from there.
    const before = (await api.history()).history.length;
    sluice.child.kill("SIGTERM");
    await sluice.exited();
    const [{ port: first }] = gateways.gateways as readonly [Gateway, ...Gateway[]];
    const line = `[${nginxTime(Date.now())}] 404 0.001 ${first} "-" later.example\n`;
    appendFileSync(gateways.log, line.repeat(3));
    await Sluice.again(room, sluice);
    await until("it to be read", async () => (await api.history()).history.length === before + 3);
    expect((await api.one("127.0.0.2")).member).toMatchObject({ state: "coolingDown", failures: 3 });
  },
);
