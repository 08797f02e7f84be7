// What an operator sees and does: `sluice egress`, the admin interface, and profiles behind the token.

import { expect, setDefaultTimeout, test } from "bun:test";
import { askBy, inTurns } from "./harness/egress.ts";
import { type ProxyStage, proxyStage } from "./harness/egressstage.ts";
import { freePort } from "./harness/port.ts";
import { curl, type Ran, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(120_000);

interface Trouble extends ProxyStage {
  cli(...words: readonly string[]): Promise<Ran>;
}

/** Five addresses, of which 127.0.0.3 is refused at 127.1.0.1. */
async function trouble(room: Room): Promise<Trouble> {
  const stage = await proxyStage(room, {
    members: [
      { addresses: ["127.0.0.2-5"], tags: { country: "de" } },
      { addresses: ["127.0.1.2"], tags: { country: "nl" } },
    ],
    choose: "roundRobin",
    judge: { failures: 2, coolDown: "10m" },
  });
  const { outside, proxy } = stage;
  outside.manner = ({ from, host }) => (from === "127.0.0.3" && host === "127.1.0.1" ? 403 : 200);
  await inTurns(15, 1, () => askBy(proxy.port, outside.host(1)));
  await askBy(proxy.port, outside.host(2), { key: "cart7" });
  const env = { SUDO_USER: "", USER: "ann", LOGNAME: "ann", NO_COLOR: "1" };
  return { ...stage, cli: (...words) => ran([...command, "egress", ...words, "--admin", proxy.sluice.admin], { env }) };
}

/** A table's cells, by its first column. */
function rowOf(text: string, first: string): string[] {
  const line = text.split("\n").find((each) => each.trim().startsWith(`${first} `)) ?? "";
  return line.trim().split(/ {2,}/);
}

test("the list, one address, and its history say what happened", async () => {
  await using room = new Room();
  const { cli } = await trouble(room);
  expect(rowOf((await cli("ls")).out, "out").slice(0, 9)).toEqual(["out", "5", "5", "0", "0", "0", "0", "16", "0"]);
  const list = await cli("ls", "out");
  expect(rowOf(list.out, "127.0.0.3").slice(5, 9)).toEqual(["2", "2", "0", "1"]);
  expect(list.err).toBe("(in all 5 available)\n");
  const shown = (await cli("show", "127.0.0.3")).out;
  expect(shown).toMatch(/^127\.0\.0\.3 of egress pool out: available since \S+Z \(\d/);
  expect(shown).toContain("source, weight 1, country=de\n  2 requests: 0 succeeded, 2 failed; 0 under way");
  expect(rowOf(shown, "127.1.0.1")).toEqual([
    ...["127.1.0.1", "cooling down", expect.stringMatching(/^(9m|10m$)/) as string],
    ...["0", expect.any(String) as string, "2", "-", "too many failures"],
  ]);
  const history = await cli("history", "127.0.0.3", "127.0.0.4", "--status", "4xx", "--since", "1h");
  expect(history.out.trim().split("\n")).toHaveLength(3);
  expect(history.out).not.toContain("127.0.0.4");
  const keyed = await cli("history", "--key", "cart7", "--host", "127.1.0.2");
  expect(keyed.out.trim().split("\n")).toHaveLength(2);
  expect((await cli("ls", "--tag", "country=nl")).out).toContain("127.0.1.2");
  expect((await cli("ls", "--state", "unavailable")).err).toBe("(no such address in out; it has 5 available)\n");
  expect((await cli("renew")).err).toBe("no egress pool has logs: what is known comes from requests\n");
  for (const words of [["ls"], ["ls", "out"], ["show", "127.0.0.3"], ["history"], ["renew"]]) {
    const { code, out } = await cli(...words, "--json");
    expect([words, code, typeof JSON.parse(out)]).toEqual([words, 0, "object"]);
  }
});

test("a ban says why, until when and who: in the answer, the list, the timeline and the log", async () => {
  await using room = new Room();
  const { cli, api, outside, proxy } = await trouble(room);
  const banned = await cli("ban", "127.0.0.4", "--for", "1h", "--reason", "complaint 4711");
  expect(banned.out).toMatch(/^127\.0\.0\.4 of egress pool out is banned until 20\S+Z\n$/);
  expect(rowOf((await cli("ls", "out")).out, "127.0.0.4").at(-1)).toBe("by an operator: ann: complaint 4711");
  outside.visits.length = 0;
  await inTurns(10, 2, () => askBy(proxy.port, outside.host(3)));
  expect(outside.from()).not.toContain("127.0.0.4");
  const unbanned = await cli("unban", "out/127.0.0.4", "--reason", "settled");
  expect(unbanned.out).toBe("127.0.0.4 of egress pool out is available; what was held against it is forgotten\n");
  const { timeline } = await api.one("127.0.0.4");
  expect(timeline.map(({ state, why, forMs }) => [state, why, forMs])).toEqual([
    ["available", "let off by an operator: ann: settled", null],
    ["banned", "by an operator: ann: complaint 4711", 3_600_000],
    ["available", "new in the config", null],
  ]);
  await until("both to be in the log", () =>
    /127\.0\.0\.4 is banned until \S+ by ann: complaint 4711.*127\.0\.0\.4 is available, let off by ann: settled/s.test(
      proxy.sluice.stderr,
    ),
  );
  // By curl, as a program would.
  const url = `http://${proxy.sluice.admin}/api/v1/egress/out/127.0.0.5`;
  const words = ["-X", "POST", "-H", "Content-Type: application/json", "-w", "\n%{http_code}"];
  const end = new Date(Date.now() + 86_400_000).toISOString();
  const order = await curl(...words, "-d", JSON.stringify({ reason: "by hand", until: end }), `${url}/ban`);
  expect(order.out).toEndWith("\n200");
  expect((await api.one("127.0.0.5")).member).toMatchObject({ state: "banned", until: end });
  expect((await curl(...words, "-d", "{}", `${url}/ban`)).out).toEndWith("\n422");
  expect((await curl("-w", "\n%{http_code}", `${url}/ban`)).out).toEndWith("\n405");
  expect((await api.summary()).states).toEqual({ available: 4, coolingDown: 0, trial: 0, banned: 1 });
  await proxy.counted(4, 'sluice_egress_ips{pool="out",state="available"}');
  await proxy.counted(1, 'sluice_egress_ips{pool="out",state="banned"}');
});

test("what is wrong is said, with what was meant", async () => {
  await using room = new Room();
  const { cli } = await trouble(room);
  const wrong: readonly (readonly [words: string, code: number, said: string])[] = [
    ["ls uot", 1, 'there is no egress pool uot; did you mean "out"?'],
    ["show 127.0.0.33", 1, 'no egress pool has a member 127.0.0.33; did you mean "127.0.0.3"?'],
    ["show 127.0.0.3 --pool oot", 1, 'there is no egress pool oot; did you mean "out"?'],
    ["ban 127.0.0.33 --reason x", 1, 'did you mean "127.0.0.3"?'],
    ["ban 127.0.0.5", 2, "say why, for whoever looks at it later: --reason TEXT"],
    ["ban 127.0.0.5 --for x --reason y", 2, '--for must be a duration such as "30s"'],
    ["ls out --state avaliable", 2, 'not "avaliable"; did you mean "available"?'],
    ["ls out --tag country", 2, 'a tag is written like country=de, not "country"'],
    ["history --status x", 2, 'status must be such as 403, 4xx or 400-499, not "x"'],
    ["history --since yesterday", 2, 'or a duration such as "10m", not "yesterday"'],
    ["renew uot", 1, 'there is no egress pool uot; did you mean "out"?'],
    ["lss", 2, "(Did you mean ls?)"],
  ];
  const answers = await inTurns(wrong.length, 2, (index) => cli(...wrong[index]![0].split(" ")));
  for (const [index, [words, code, said]] of wrong.entries()) {
    expect([words, answers[index]!.code, answers[index]!.out]).toEqual([words, code, ""]);
    expect(answers[index]!.err).toContain(said);
  }
  const nobody = await ran([...command, "egress", "ls", "--admin", "127.0.0.1:1"]);
  expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining("no Sluice answers")]);
});

test("profiles are for who shows the token, and for nobody where there is none", async () => {
  await using room = new Room();
  const token = "0123456789abcdef-token";
  const [port, adminPort] = [freePort(), freePort()];
  const configOf = (admin: object): object => ({
    workers: 1,
    admin: { listen: `127.0.0.1:${adminPort}`, ...admin },
    listeners: { out: { listen: `127.0.0.1:${port}`, proxy: { egress: "out", private: true } } },
    egress: { out: { members: [{ addresses: ["127.0.0.2"] }] } },
  });
  const path = room.write("sluice.json", JSON.stringify(configOf({ token })));
  const sluice = await Sluice.of(room, path, port, adminPort);
  const shown = ["-H", `Authorization: Bearer ${token}`];
  const get = (page: string, ...words: readonly string[]): Promise<Ran> =>
    curl("-w", "\n%{http_code}", ...words, `http://${sluice.admin}/debug/${page}`);
  expect((await get("cpu?seconds=1")).out).toEndWith("\n401");
  expect((await get("", ...shown)).out).toContain("GET /debug/cpu?seconds=5&worker=0");
  const profile = (await get("cpu?seconds=1&worker=0", ...shown)).out;
  expect(profile).toEndWith("\n200");
  expect((JSON.parse(profile.slice(0, -4)) as { nodes: unknown[] }).nodes.length).toBeGreaterThan(0);
  const heap = (await get("heap", ...shown)).out;
  expect(heap).toEndWith("\n200");
  expect(JSON.parse(heap.slice(0, -4))).toHaveProperty("snapshot");
  expect((await get("cpu?seconds=0", ...shown)).out).toEndWith("\n400");
  expect((await get("haep", ...shown)).out).toEndWith("\n404");
  await using bare = new Room();
  const draft = { pools: { app: { servers: ["127.0.0.1:1"] } } };
  const other = await Sluice.start(bare, draft);
  const refused = await curl("-w", "\n%{http_code}", `http://${other.admin}/debug/cpu`);
  expect(refused.out).toContain("set admin.token");
  expect(refused.out).toEndWith("\n403");
});
