// Egress pools whose members are the servers of a real nginx, 300 of them, each bound to an address of its own: who is used, who is
// refused, and what there is when all are.

import { expect, setDefaultTimeout } from "bun:test";
import { askBy, inTurns } from "./harness/egress.ts";
import { egressStage, type PoolDraft } from "./harness/egressstage.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const withNginx = testWith(["nginx"]);

withNginx(
  "300 servers of nginx are 300 addresses: who was used is told, a key stays, without one it is by chance",
  async () => {
    await using room = new Room();
    const { outside, port, api } = await egressStage(room, 300);
    const host = outside.host(1);
    expect((await api.summary()).states.available).toBe(300);
    const answers = await inTurns(600, 16, (index) => askBy(port, host, { path: `/${index}` }));
    // The origin says in the body whom it has seen.
    expect(answers.filter(({ status, ip, body }) => status !== 200 || ip !== body)).toEqual([]);
    const used = new Set(answers.map(({ ip }) => ip));
    // 300 of which each is drawn twice on average: 259 are expected.
    expect(used.size).toBeGreaterThan(200);
    const keyed = await inTurns(60, 8, (index) => askBy(port, host, { key: `key-${index % 6}` }));
    for (let key = 0; key < 6; key++)
      expect(new Set(keyed.filter((_, index) => index % 6 === key).map(({ body }) => body)).size).toBe(1);
    expect(new Set(keyed.map(({ ip }) => ip)).size).toBeGreaterThan(1);
    // What names the target, and the key, went no further than to nginx.
    expect([...outside.origin.asked.at(-1)!.fields.keys()].filter((name) => name.startsWith("x-egress"))).toEqual([]);
    expect(outside.origin.asked.at(-1)!.fields.get("host")).toEqual([host]);
    // What a request was for its address is written down a moment after its last byte.
    const { requests } = await until("all to be over", async () => {
      const summary = await api.summary();
      return summary.active === 0 && summary.requests.answered >= 660 && summary;
    });
    expect([requests.answered, requests.memberFaults]).toEqual([660, 0]);
  },
);

withNginx("addresses that a target refuses are used elsewhere, and come back after their time", async () => {
  await using room = new Room();
  const pool: PoolDraft = {
    choose: "roundRobin",
    // Time for two hundred requests on a machine that is busy.
    judge: { failures: 2, within: "1m", coolDown: { time: "6s", trial: false } },
  };
  const { outside, port, api, gateways } = await egressStage(room, 40, { pool });
  const [picky, kind] = [outside.host(1), outside.host(2)];
  const refused = new Set(gateways.gateways.slice(0, 10).map(({ ip }) => ip));
  outside.manner = ({ from, host }) => (host === "127.1.0.1" && refused.has(from) ? 403 : 200);
  await inTurns(80, 8, () => askBy(port, picky));
  const unavailable = async (): Promise<string[]> =>
    (await api.members()).members.filter(({ hostsUnavailable }) => hostsUnavailable === 1).map(({ id }) => id);
  await until("all refusals to be written down", async () => (await unavailable()).length >= refused.size);
  expect((await unavailable()).sort()).toEqual([...refused].sort());
  // Not one of them is asked to go there again, and each goes elsewhere.
  outside.visits.length = 0;
  const answers = await inTurns(90, 8, () => askBy(port, picky));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await inTurns(40, 4, () => askBy(port, kind));
  expect(new Set(outside.from(kind)).size).toBe(40);
  const [first] = refused;
  const { hosts } = await api.one(first!);
  expect(hosts.find(({ host }) => host === "127.1.0.1")).toMatchObject({ state: "coolingDown", cause: "failures" });
  outside.manner = () => 200;
  await until("all addresses to be asked again", async () => {
    outside.visits.length = 0;
    await inTurns(80, 8, () => askBy(port, picky));
    return new Set(outside.from(picky)).size === 40;
  });
});

withNginx("a target that is down is nobody's fault", async () => {
  await using room = new Room();
  const pool: PoolDraft = { choose: "roundRobin", judge: { failures: 2, hostDown: 3, coolDown: "1m" }, wait: "1s" };
  const { outside, port, api } = await egressStage(room, 12, { pool });
  const down = `127.1.0.9:${freePort()}`;
  const answers = await inTurns(40, 4, () => askBy(port, down));
  // nginx says it; the target has said nothing.
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502]));
  const { states } = await api.summary();
  expect(states.available).toBe(12);
  const good = await inTurns(24, 4, () => askBy(port, outside.host(1)));
  expect(good.filter(({ status }) => status !== 200)).toEqual([]);
});

withNginx("when all are unavailable it is 503 with Retry-After, nothing dies, and all come back", async () => {
  await using room = new Room();
  const pool: PoolDraft = {
    judge: { per: "member", failures: 1, statuses: { "400-599": "failure" }, coolDown: { time: "8s", trial: false } },
  };
  const { outside, port, api, sluice } = await egressStage(room, 20, { pool, more: { workers: 2 } });
  const workers = await sluice.workers();
  outside.manner = () => 429;
  const answers = await inTurns(60, 1, () => askBy(port, outside.host(1)));
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  const none = answers.filter(({ status }) => status === 503);
  expect(none).toHaveLength(40);
  for (const { retryAfter, ip } of none) {
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    expect(Number(retryAfter)).toBeLessThanOrEqual(8);
    expect(ip).toBe("");
  }
  expect(outside.visits).toHaveLength(20);
  const summary = await api.summary();
  expect(summary.states).toMatchObject({ available: 0, coolingDown: 20 });
  expect(summary.refused.none).toBe(40);
  expect((await sluice.cli("egress", "ls")).out).toContain("no address is available, the first is back at ");
  outside.manner = () => 200;
  await until("it to go on", async () => (await askBy(port, outside.host(1))).status === 200);
  await until("all to be back", async () => (await api.summary()).states.available === 20);
  expect((await sluice.workers()).sort()).toEqual(workers.sort());
});

withNginx("history is as long as it was said, and no longer", async () => {
  await using room = new Room();
  const pool: PoolDraft = { history: { entries: 7, changes: 4 }, choose: "roundRobin" };
  const { outside, port, api } = await egressStage(room, 3, { pool });
  await inTurns(15, 1, (index) => askBy(port, outside.host(1), { path: `/${index}` }));
  await until("15 entries", async () => (await api.history()).history.length === 15);
  await inTurns(30, 4, () => askBy(port, outside.host(2)));
  // An entry that is just being written over is not shown.
  await until("all to be over", async () => (await api.summary()).active === 0);
  await until("the last entry", async () => (await api.history()).history.length >= 21);
  const { history, isMore } = await api.history();
  expect([history.length, isMore]).toEqual([21, false]);
  for (let round = 0; round < 3; round++) {
    await api.order("127.0.0.2/ban", { reason: `round ${round}`, by: "me" });
    await api.order("127.0.0.2/unban", { reason: "enough" });
  }
  const { timeline } = await api.one("127.0.0.2");
  expect(timeline.map(({ state, why }) => `${state}: ${why}`)).toEqual([
    ...["available: let off by an operator: enough", "banned: by an operator: me: round 2"],
    ...["available: let off by an operator: enough", "banned: by an operator: me: round 1"],
  ]);
});
