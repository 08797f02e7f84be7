// What an egress pool's members go through is kept over restarts and killed workers; and they come and go while there is traffic.

import { expect, setDefaultTimeout } from "bun:test";
import { askBy, inTurns } from "./harness/egress.ts";
import { egressStage, type PoolDraft } from "./harness/egressstage.ts";
import { Load } from "./harness/load.ts";
import { isAlive } from "./harness/processes.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const withNginx = testWith(["nginx"]);

withNginx("what is known outlives a restart: bans, cool-downs with their ends, and history", async () => {
  await using room = new Room();
  const pool: PoolDraft = { choose: "roundRobin", judge: { failures: 1, coolDown: { time: "5m", trial: false } } };
  const { outside, port, api, sluice } = await egressStage(room, 6, { pool });
  const host = outside.host(1);
  outside.manner = ({ from }) => (from === "127.0.0.3" ? 403 : 200);
  await inTurns(6, 1, () => askBy(port, host));
  await api.order("127.0.0.4/ban", { reason: "complaint 4711", for: "1h" });
  const before = [await api.one("127.0.0.3"), await api.one("127.0.0.4")];
  const past = await until("six to be in the history", async () => {
    const { history } = await api.history();
    return history.length >= 6 && history;
  });
  expect(past).toHaveLength(6);
  sluice.child.kill("SIGKILL");
  await sluice.exited();
  await Sluice.again(room, sluice);
  const after = [await api.one("127.0.0.3"), await api.one("127.0.0.4")];
  expect(after.map(({ hosts }) => hosts)).toEqual(before.map(({ hosts }) => hosts));
  expect(after.map(({ member }) => member)).toEqual(before.map(({ member }) => member));
  expect((await api.history()).history).toEqual(past);
  outside.visits.length = 0;
  await inTurns(8, 1, () => askBy(port, host));
  expect(new Set(outside.from(host))).toEqual(new Set(["127.0.0.2", "127.0.0.5", "127.0.0.6", "127.0.0.7"]));
});

withNginx("a worker that is killed under load leaves no address in flight, and another takes its place", async () => {
  await using room = new Room();
  const pool: PoolDraft = { choose: "leastUsed", perTarget: { concurrency: 2 } };
  const { outside, port, api, sluice } = await egressStage(room, 10, { pool, more: { workers: 2 } });
  outside.slowMs = 100;
  const host = outside.host(1);
  const load = new Load(port, { connections: 16, target: "/", fields: { "X-Egress-Host": host } });
  await until("traffic", () => load.answered > 50);
  for (let round = 0; round < 2; round++) {
    const [victim] = await sluice.workers();
    process.kill(victim!, "SIGKILL");
    await until("it to be gone", () => !isAlive(victim!));
    await until("another", async () => {
      const workers = await sluice.workers();
      return workers.length === 2 && !workers.includes(victim!);
    });
    const answered = load.answered;
    await until("traffic to go on", () => load.answered > answered + 50);
  }
  await load.stop();
  await until("nothing to be in flight", async () => (await api.summary()).active === 0);
  const { members } = await api.members();
  expect(members.map(({ active }) => active)).toEqual(members.map(() => 0));
  const all = await Promise.all(members.map(({ id }) => api.one(id)));
  expect(all.flatMap(({ hosts }) => hosts.map(({ active }) => active)).filter((active) => active !== 0)).toEqual([]);
  // Two at once for each, and not fewer because of the dead: all 20 places are free.
  outside.most.clear();
  outside.slowMs = 300;
  const answers = await inTurns(20, 20, () => askBy(port, host));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(Math.max(...outside.most.values())).toBeLessThanOrEqual(2);
  expect(members.filter(({ state }) => state !== "available")).toEqual([]);
});

withNginx(
  "servers come and go in nginx' file under traffic: nobody notices, and those that stay keep all",
  async () => {
    await using room = new Room();
    const { outside, port, api, gateways, sluice } = await egressStage(room, 8, { pool: { choose: "roundRobin" } });
    const host = outside.host(1);
    await api.order("127.0.0.2/ban", { reason: "stays" });
    let isOver = false;
    const wrong: string[] = [];
    const traffic = inTurns(1_000_000, 4, async () => {
      if (isOver) return;
      const { status, ip, body } = await askBy(port, host);
      if (status !== 200 || ip !== body) wrong.push(`${status} ${ip} ${body}`);
    });
    const added = gateways.another();
    gateways.write([...gateways.gateways, added]);
    await gateways.reload();
    await until("it to be used", () => outside.from(host).includes(added.ip));
    // One leaves the file first, and nginx a little later: that is the order in which it costs nothing.
    const [, , gone] = gateways.gateways;
    gateways.write(gateways.gateways.filter((each) => each !== gone));
    await until("it to have left", async () => (await api.members()).members.every(({ id }) => id !== gone!.ip));
    await until("it to be asked no more", async () => {
      outside.visits.length = 0;
      await until("traffic", () => outside.visits.length > 40);
      return !outside.from(host).includes(gone!.ip);
    });
    await gateways.reload();
    // A file that has become bad changes nothing.
    const good = gateways.gateways;
    room.write("conf.d/001-upstream.conf", "server { listen 127.0.0.1:1; proxy_bind 127.0.0.99;");
    await until("that to be told", () => sluice.stderr.includes("001-upstream.conf"));
    expect((await api.members()).members).toHaveLength(8);
    gateways.write(good);
    isOver = true;
    await traffic;
    expect(wrong).toEqual([]);
    expect((await api.one("127.0.0.2")).member.state).toBe("banned");
    expect(outside.from(host)).not.toContain("127.0.0.2");
  },
);
