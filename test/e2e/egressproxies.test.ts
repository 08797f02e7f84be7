// Egress pools of addresses of this machine and of proxies of others, mixed: each is used, told, and known by those that are asked; whose
// fault it is that one does not get through.

import { expect, setDefaultTimeout, test } from "bun:test";
import { askBy, inTurns } from "./harness/egress.ts";
import { proxyStage, toldIn } from "./harness/egressstage.ts";
import { freePort } from "./harness/port.ts";
import { curl } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { UpstreamProxy } from "./harness/upstreamproxy.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

test("single addresses, ranges and blocks are all used, and told, by whole URLs, CONNECT and SOCKS5", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(room, {
    members: [{ addresses: ["127.0.0.2", "127.0.0.10-29", "127.0.5.0/29"] }],
    choose: "roundRobin",
  });
  expect((await api.summary()).members).toBe(29);
  const url = `http://${outside.host(1)}/`;
  const ways = [
    ["-x", `http://${proxy.address}`],
    ["-p", "-x", `http://${proxy.address}`],
    ["-x", `socks5h://${proxy.address}`],
  ];
  const answers = await inTurns(29, 4, (index) => curl("-i", "-v", "--noproxy", "", ...ways[index % 3]!, url));
  const used = answers.map(({ out }) => out.split("\r\n\r\n").at(-1)!);
  expect(new Set(used).size).toBe(29);
  for (const [index, { out, err }] of answers.entries()) {
    // A tunnel's is told by CONNECT's 200; the server's own field of that name comes through a tunnel as it is.
    const told = toldIn(index % 3 === 0 ? out : err);
    if (index % 3 < 2) expect(told[0]).toBe(used[index]!);
  }
  expect(toldIn(answers[0]!.out)).toHaveLength(1);
  const line = await proxy.log.line("a request", ({ status }) => status === 200);
  expect(line).toMatchObject({ egress_pool: "out", egress_why: expect.any(String) as string });
  expect(line).toHaveProperty("egress_ip");
});

test("proxies of others, HTTP and SOCKS5, with credentials, mixed with addresses: each way goes by each kind", async () => {
  await using room = new Room();
  const http = await UpstreamProxy.start(room, {
    protocol: "http",
    from: "127.0.3.1",
    user: "us er",
    password: "p:a/ß",
  });
  const socks = await UpstreamProxy.start(room, {
    protocol: "socks5",
    from: "127.0.3.2",
    user: "so",
    password: "hidden-one",
  });
  const { outside, proxy, api } = await proxyStage(
    room,
    {
      members: [
        { proxies: [http.url], tags: { kind: "http" } },
        { proxies: [socks.url], tags: { kind: "socks" } },
        { addresses: ["127.0.0.7"], tags: { kind: "own" } },
      ],
      choose: "roundRobin",
    },
    { auth: { users: { alice: "secret" } } },
  );
  const url = `http://${outside.host(1)}/path?query`;
  const kinds = {
    http: ["127.0.3.1", http.id],
    socks: ["127.0.3.2", socks.id],
    own: ["127.0.0.7", "127.0.0.7"],
  } as const;
  for (const [kind, [seen, id]] of Object.entries(kinds)) {
    const user = ["--proxy-user", `alice-kind-${kind}:secret`, "--noproxy", ""];
    const plain = await curl("-i", ...user, "-x", `http://${proxy.address}`, url);
    expect([kind, plain.out.split("\r\n\r\n").at(-1), toldIn(plain.out)]).toEqual([kind, seen, [id]]);
    const tunnel = await curl("-v", "-p", ...user, "-x", `http://${proxy.address}`, url);
    expect([kind, tunnel.out, toldIn(tunnel.err)[0]]).toEqual([kind, seen, id]);
    const sock = await curl(...user, "-x", `socks5h://${proxy.address}`, url);
    expect([kind, sock.out]).toEqual([kind, seen]);
  }
  expect(http.asked).toEqual([`GET ${url}`, `CONNECT ${outside.host(1)}`, `CONNECT ${outside.host(1)}`]);
  expect(socks.asked).toEqual(Array.from({ length: 3 }, () => `SOCKS ${outside.host(1)}`));
  // What was for us, and for it, went no further.
  expect(outside.origin.asked.flatMap(({ fields }) => [...fields.keys()])).not.toContain("proxy-authorization");
  expect(http.heads[0]).not.toContain(Buffer.from("alice").toString("base64").slice(0, 6));
  // What a request was for its address is written down a moment after its last byte.
  const wanted = Object.values(kinds).map(([, id]) => `${id} 3 available`);
  await until("each to have had its three", async () => {
    const { members } = await api.members();
    return Bun.deepEquals(
      members.map(({ id, requests, state }) => `${id} ${requests} ${state}`),
      wanted,
    );
  });
  expect(JSON.stringify(await api.members()) + proxy.sluice.stderr).not.toMatch(/p:a|p%3Aa|hidden-one/);
});

test("a host that is down is nobody's fault, whatever the way; a proxy that is ill leaves the pool, and comes back", async () => {
  await using room = new Room();
  const http = await UpstreamProxy.start(room, { protocol: "http", from: "127.0.3.1", user: "u", password: "p" });
  const socks = await UpstreamProxy.start(room, { protocol: "socks5", from: "127.0.3.2" });
  const { outside, proxy, api } = await proxyStage(room, {
    members: [{ proxies: [http.url, socks.url] }, { addresses: ["127.0.0.2-4"] }],
    choose: "roundRobin",
    judge: { failures: 2, hostDown: 3, coolDown: { time: "1s", trial: true } },
  });
  const ask = async (host: string): Promise<number> =>
    Number(
      (
        await curl(
          "-p",
          "-o",
          "/dev/null",
          "--noproxy",
          "",
          "-x",
          `http://${proxy.address}`,
          "-w",
          "%{http_connect}",
          `http://${host}/`,
        )
      ).out,
    );
  const down = `127.1.0.9:${freePort()}`;
  for (let time = 0; time < 12; time++) expect(await ask(down)).toBe(502);
  const calm = await api.summary();
  expect([calm.states.available, calm.hostsDown]).toEqual([5, { count: 1, hosts: ["127.1.0.9"] }]);
  // It no longer knows us, or is not there: what only it can be to blame for. The request goes on by another.
  for (const [each, other] of [
    [http, socks],
    [socks, http],
  ] as const) {
    each.health = "refusing";
    await until(`${each.id} to leave`, async () => {
      expect(await ask(outside.host(1))).toBe(200);
      return (await api.one(each.id)).member.state === "coolingDown";
    });
    expect((await api.one(each.id)).member).toMatchObject({ cause: "unusable", hostsUnavailable: 0 });
    expect((await api.one(other.id)).member.state).toBe("available");
    each.health = "well";
    await until(`${each.id} to be back`, async () => {
      expect(await ask(outside.host(1))).toBe(200);
      return (await api.one(each.id)).member.state === "available";
    });
  }
  const before = http.connections;
  const { id } = http;
  http.stop();
  await until("it to leave", async () => {
    expect(await ask(outside.host(1))).toBe(200);
    return (await api.one(id)).member.state === "coolingDown";
  });
  expect(http.connections).toBe(before);
  const shown = (await proxy.sluice.cli("egress", "show", id)).out;
  expect(shown).toContain("cooling down");
});

test("the access log has what a proxy of somebody else's said to us", async () => {
  await using room = new Room();
  const http = await UpstreamProxy.start(room, { protocol: "http", from: "127.0.3.1", user: "u", password: "p" });
  const socks = await UpstreamProxy.start(room, { protocol: "socks5", from: "127.0.3.2", user: "u", password: "p" });
  const path = room.path("access.log");
  const { outside, proxy } = await proxyStage(
    room,
    {
      members: [
        { proxies: [http.url], tags: { kind: "http" } },
        { proxies: [socks.url], tags: { kind: "socks" } },
      ],
    },
    { auth: { users: { alice: "secret" } } },
    { accessLog: { path, format: "json", flush: "10ms" } },
  );
  http.health = socks.health = "refusing";
  const ask = (kind: string, ...more: string[]): Promise<unknown> =>
    curl(
      ...more,
      "--noproxy",
      "",
      "-x",
      `http://alice-kind-${kind}:secret@${proxy.address}`,
      `http://${outside.host(1)}/`,
    );
  await ask("http");
  await ask("http", "-p");
  await ask("socks");
  const { id } = http;
  http.stop();
  await ask("http");
  const notes = await until("all four to be logged", async () => {
    const lines = (await Bun.file(path).text()).split("\n").slice(0, -1);
    return lines.length < 4 ? null : lines.map((line) => (JSON.parse(line) as { note?: string }).note);
  });
  expect(notes.toSorted()).toEqual([
    "it answered 407",
    `it was the connection to ${id}, not to the target`,
    "the proxy answered CONNECT by 407",
    "the proxy takes no password",
  ]);
});

test("a host that says nothing is nobody's fault either, and is asked again", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(
    room,
    {
      members: [{ addresses: ["127.0.0.2-6"] }],
      choose: "roundRobin",
      judge: { failures: 2, hostDown: 3, coolDown: "1m" },
    },
    {},
    { timeouts: { response: "500ms" } },
  );
  outside.manner = ({ host }) => (host === "127.1.0.1" ? null : 200);
  for (let time = 0; time < 10; time++) expect((await askBy(proxy.port, outside.host(1))).status).toBe(504);
  const { states, hostsDown } = await api.summary();
  expect([states.available, hostsDown]).toEqual([5, { count: 1, hosts: ["127.1.0.1"] }]);
  expect((await askBy(proxy.port, outside.host(2))).status).toBe(200);
  outside.manner = () => 200;
  const answers = await inTurns(10, 2, () => askBy(proxy.port, outside.host(1)));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await until("the host to be up", async () => (await api.summary()).hostsDown.count === 0);
  expect(new Set(answers.map(({ ip }) => ip)).size).toBe(5);
});
