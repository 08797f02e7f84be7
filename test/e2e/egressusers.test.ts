// Who asks through an egress pool: sessions and wishes behind the user's name, quotas, and the pace that hosts are asked at, over all
// workers.

import { expect, setDefaultTimeout, test } from "bun:test";
import { askBy, inTurns } from "./harness/egress.ts";
import { proxyStage } from "./harness/egressstage.ts";
import { curl } from "./harness/program.ts";
import { Room } from "./harness/room.ts";

setDefaultTimeout(60_000);

test("a session keeps its address over HTTP, CONNECT and SOCKS5; wishes choose; what cannot be is told", async () => {
  await using room = new Room();
  const { outside, proxy } = await proxyStage(
    room,
    {
      members: [
        { addresses: ["127.0.0.2-40"], tags: { country: "de" } },
        { addresses: ["127.0.1.2-40"], tags: { country: "nl", provider: "acme" } },
      ],
      session: { lifetime: "10m" },
    },
    { auth: { users: { alice: "secret", "alice-b": "other" } } },
  );
  const url = `http://${outside.host(1)}/`;
  const by = (user: string, ...words: string[]) =>
    curl(
      "--noproxy",
      "",
      "--proxy-user",
      user,
      ...(words.length === 0 ? ["-x", `http://${proxy.address}`] : words),
      url,
    );
  const ways = [[], ["-p", "-x", `http://${proxy.address}`], ["-x", `socks5h://${proxy.address}`]];
  const same = await inTurns(
    9,
    3,
    async (index) => (await by("alice-session-abc-country-de:secret", ...ways[index % 3]!)).out,
  );
  expect(new Set(same).size).toBe(1);
  expect(same[0]).toStartWith("127.0.0.");
  const others = await inTurns(12, 3, async (index) => (await by(`alice-country-NL-session-s${index}:secret`)).out);
  expect(others.filter((ip) => !ip.startsWith("127.0.1."))).toEqual([]);
  expect(new Set(others).size).toBeGreaterThan(6);
  // Of a user whose name goes on like another's, and of others, the same word is another session.
  const second = new Set<string>();
  for (let index = 0; index < 4; index++) second.add((await by(`alice-b-session-x${index}:other`)).out);
  expect(second.size).toBeGreaterThan(1);
  expect((await by("alice-b-session-abc:secret", "-w", "%{http_code}", "-x", `http://${proxy.address}`)).out).toEndWith(
    "407",
  );
  const wrong: Record<string, string> = {
    "alice-country-fr": "502 Bad Gateway: no outbound address of the pool has country=fr",
    "alice-country": '502 Bad Gateway: "country" in the user name has no value behind it',
    "alice-country-de-time-x": '502 Bad Gateway: "time" in the user name is not a number of minutes from 1 to 100000',
  };
  for (const [user, said] of Object.entries(wrong)) expect((await by(`${user}:secret`)).out).toStartWith(said);
  const refused = await by("alice-country-fr:secret", "-x", `socks5h://${proxy.address}`);
  expect(refused.code).toBe(97);
});

test("quotas are for each user, over all workers: 429 with Retry-After", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(
    room,
    { members: [{ addresses: ["127.0.0.2-9"] }], quota: { requests: 10, per: "1h" } },
    { auth: { users: { alice: "secret", bob: "secret" } } },
    { workers: 2 },
  );
  const as = (user: string, ...words: string[]) =>
    curl(
      "-i",
      "--noproxy",
      "",
      "-x",
      `http://${proxy.address}`,
      "--proxy-user",
      `${user}:secret`,
      ...words,
      `http://${outside.host(1)}/`,
    );
  const answers = await inTurns(16, 8, (index) => as(index % 2 === 0 ? "alice" : "alice-session-b"));
  expect(answers.filter(({ out }) => out.startsWith("HTTP/1.1 200"))).toHaveLength(10);
  const refused = answers.filter(({ out }) => out.startsWith("HTTP/1.1 429"));
  expect(refused).toHaveLength(6);
  expect(Number(/^Retry-After: (\d+)\r$/m.exec(refused[0]!.out)![1])).toBeGreaterThan(3500);
  expect((await as("bob")).out).toStartWith("HTTP/1.1 200");
  const tunnel = await as("alice", "-p");
  expect(tunnel.err).toContain("429");
  expect((await api.summary()).refused.quota).toBe(7);
  expect(outside.visits).toHaveLength(11);
});

test("interval and concurrency hold at each host, whoever asks, over two workers: the origin's own record", async () => {
  await using room = new Room();
  const intervalMs = 700;
  const { outside, proxy, api } = await proxyStage(
    room,
    {
      members: [{ addresses: ["127.0.0.2-9"] }],
      perTarget: { interval: `${intervalMs}ms`, concurrency: 2 },
      wait: "30s",
    },
    {},
    { workers: 2 },
  );
  outside.slowMs = 600;
  const { port } = proxy;
  const answers = await inTurns(80, 40, (index) => askBy(port, outside.host(1 + (index % 2))));
  expect(answers.filter(({ status, ip, body }) => status !== 200 || ip !== body)).toEqual([]);
  expect(Math.max(...outside.most.values())).toBeLessThanOrEqual(2);
  const byPair = Map.groupBy(outside.visits, ({ from, host }) => `${from} ${host}`);
  expect(byPair.size).toBe(16);
  for (const visits of byPair.values()) {
    const times = visits.map(({ atMs }) => atMs);
    // A request leaves when its time has come; on a busy machine one arrives later than that, and the next one does not.
    const gaps = times.slice(1).map((atMs, index) => atMs - times[index]!);
    expect(gaps.filter((gap) => gap < intervalMs / 2)).toEqual([]);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(intervalMs * gaps.length - intervalMs / 2);
  }
  expect((await api.summary()).requests.waited).toBeGreaterThan(0);
});
