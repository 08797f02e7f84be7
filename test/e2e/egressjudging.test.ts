// What an egress pool makes of refusals, as its clients and the site see it, in real time: strategies, cool-downs that grow, and the one
// request at a time that a member on trial is given.

import { expect, setDefaultTimeout, test } from "bun:test";
import { askBy, inTurns } from "./harness/egress.ts";
import { proxyStage } from "./harness/egressstage.ts";
import { Room } from "./harness/room.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const members = [{ addresses: ["127.0.0.2-4"] }];

test("share: half of the last outcomes are enough, in whatever order they come, and fewer are not", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(room, {
    members,
    choose: "roundRobin",
    judge: { strategy: "share", of: 6, share: 0.5, coolDown: "5m" },
  });
  // Of 127.0.0.3 each second request is refused, of 127.0.0.4 each third; none twice in a row.
  const turns = new Map<string, number>();
  outside.manner = ({ from }) => {
    const turn = (turns.get(from) ?? 0) + 1;
    turns.set(from, turn);
    const every = from === "127.0.0.3" ? 2 : from === "127.0.0.4" ? 3 : Number.POSITIVE_INFINITY;
    return turn % every === 0 ? 403 : 200;
  };
  await inTurns(36, 1, () => askBy(proxy.port, outside.host(1)));
  const states = await Promise.all(["127.0.0.2", "127.0.0.3", "127.0.0.4"].map((id) => api.one(id)));
  expect(states.map(({ hosts }) => hosts.map(({ state, cause }) => [state, cause]))).toEqual([
    [],
    [["coolingDown", "failures"]],
    [["available", "none"]],
  ]);
  // It counts from the first failure on, which was the second request.
  expect(turns.get("127.0.0.3")).toBe(8);
  // Elsewhere it is as good as any.
  outside.visits.length = 0;
  await inTurns(6, 1, () => askBy(proxy.port, outside.host(2)));
  expect(outside.from().filter((from) => from === "127.0.0.3")).toHaveLength(2);
});

test("an address that this machine does not have is unusable at the first request, which goes by another, and the log warns of it", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(room, {
    members: [{ addresses: ["127.0.0.2-3", "203.0.113.9"] }],
    choose: "roundRobin",
  });
  const answers = await inTurns(9, 1, () => askBy(proxy.port, outside.host(1)));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect((await api.one("203.0.113.9")).member).toMatchObject({
    ...{ state: "coolingDown", cause: "unusable", hostsUnavailable: 0, requests: 1 },
  });
  await until("it to be warned of", () =>
    proxy.sluice.stderr.includes("egress pool out: 1 of its 3 addresses cannot be used, 203.0.113.9 the first"),
  );
});

test("never: no failure takes a member away, and what means a ban does", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(room, {
    members,
    choose: "roundRobin",
    judge: { strategy: "never", statuses: { "451": "ban" }, coolDown: "5m" },
  });
  outside.manner = () => 403;
  const refused = await inTurns(30, 3, () => askBy(proxy.port, outside.host(1)));
  expect(refused.filter(({ status }) => status !== 403)).toEqual([]);
  expect(new Set(outside.from()).size).toBe(3);
  outside.manner = ({ from }) => (from === "127.0.0.3" ? 451 : 200);
  await inTurns(6, 1, () => askBy(proxy.port, outside.host(1)));
  expect((await api.one("127.0.0.3")).hosts).toMatchObject([{ state: "coolingDown", cause: "marked" }]);
  outside.visits.length = 0;
  await inTurns(6, 1, () => askBy(proxy.port, outside.host(1)));
  expect(outside.from()).not.toContain("127.0.0.3");
});

test("a member that fails on trial rests longer each time, is tried by one request at a time, and is as before once it succeeds", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(room, {
    members: [{ addresses: ["127.0.0.2-3"] }],
    choose: "roundRobin",
    judge: { per: "member", failures: 1, coolDown: { time: "1s", growth: 2, max: "3s", trial: true } },
  });
  const ill = "127.0.0.3";
  outside.manner = ({ from }) => (from === ill ? 403 : 200);
  outside.slowMs = 40;
  let isOver = false;
  const traffic = inTurns(8, 8, async () => {
    while (!isOver) await askBy(proxy.port, outside.host(1));
  });
  traffic.catch(() => {});
  const visits = (): number[] => outside.visits.filter(({ from }) => from === ill).map(({ atMs }) => atMs);
  // The first ones come together, before any has failed; then one at a time.
  const trials = (): number[] => visits().filter((atMs, index, all) => index > 0 && atMs - all[index - 1]! > 900);
  await until("it to have been tried twice", () => trials().length >= 2);
  const [first, second] = trials();
  expect(visits().slice(-2)).toEqual([first!, second!]);
  expect(second! - first!).toBeGreaterThan(1900);
  await until("that to be known", async () => (await api.one(ill)).member.level === 3);
  const rests = async () => (await api.one(ill)).timeline.filter(({ state }) => state === "coolingDown").reverse();
  expect((await rests()).slice(0, 3).map(({ cause, forMs }) => [cause, forMs])).toEqual([
    ["failures", 1000],
    ["trialFailed", 2000],
    ["trialFailed", 3000],
  ]);
  // While it is tried nobody else is sent by it, however long that takes.
  outside.manner = () => 200;
  outside.slowMs = 400;
  outside.visits.length = 0;
  await until("it to be used as before", () => visits().length >= 4);
  const [trial, next] = visits();
  expect(next! - trial!).toBeGreaterThan(380);
  isOver = true;
  await traffic;
  const { member, timeline } = await api.one(ill);
  expect([member.state, timeline[0]]).toMatchObject(["available", { state: "available", cause: "trialPassed" }]);
});
