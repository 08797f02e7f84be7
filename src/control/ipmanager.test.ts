import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatAddress } from "../base/address.ts";
import type { Plan } from "../config/plan.ts";
import type { EgressOutcome } from "../egress/words.ts";
import { runSteps } from "../memory/listranges.ts";
import { egressPlan, gatewayMember, outcomeOf } from "./egress/sample.fixture.ts";
import { Egresses } from "./egresses.ts";
import { isOfThisMachine } from "./guard.ts";
import { ipmanagerMetrics, targetsMax } from "./ipmanager/metrics.ts";
import { type IpmanagerListener, openIpmanager } from "./ipmanager.ts";
import { openLog } from "./log.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-ipmanager-"));
const open: (IpmanagerListener | Egresses)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
let next = 0;

const start = Date.UTC(2026, 10, 22, 9, 6, 3);
const ids = ["203.0.113.1", "203.0.113.2"];
const token = "0123456789abcdefgh";

function stage() {
  const folder = join(root, String(next++));
  const log = openLog({ level: "error", format: "json", isColored: false, write: () => {} });
  const clock = { nowMs: start };
  const egresses = new Egresses({
    ...{ folder: join(folder, "egress"), logsFolder: join(folder, "logs"), log, nowMs: () => clock.nowMs },
    owner: { id: 1, startedAt: 7, isAlive: () => true, relax: () => {} },
    machine: { boot: "boot", uptimeS: () => 1000 },
  });
  open.push(egresses);
  const judge = {
    ...egressPlan().judge,
    per: "member",
    statuses: [{ on: { from: 400, to: 599 }, means: "failure" }],
  } as const;
  const members = ids.map((id, index) => gatewayMember(id, 19_001 + index));
  const logs = [{ path: join(folder, "log"), format: { kind: "ipmanager" }, mode: "serve", everyMs: 0 }] as const;
  egresses.prepare({ egresses: [egressPlan({ name: "ips", members, judge, logs })] } as unknown as Plan).keep();
  const state = { unreadiness: null as string | null };
  const listener = openIpmanager({
    ...{ address: { kind: "tcp", host: "127.0.0.1", port: 0 }, token, log, debug: () => null },
    service: {
      ...{ settings: () => ({ mode: "serve", cool_down_min: 10 }), pool: () => "ips", egresses },
      ...{ unreadiness: () => state.unreadiness, nowMs: () => clock.nowMs },
    },
  });
  open.push(listener);
  const base = `http://${formatAddress(listener.address)}`;
  const note = (id: string, own: Partial<EgressOutcome>): void =>
    void egresses.find("ips")!.pool.note(id, outcomeOf(own), own.atMs ?? start);
  const metrics = (): string[] =>
    runSteps(ipmanagerMetrics(egresses.find("ips")!, clock.nowMs))
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  return { base, egresses, note, clock, state, metrics };
}

describe("pages", () => {
  test("are where ipmanager has them, and as it has them", async () => {
    const { base, state } = stage();
    expect(await (await fetch(`${base}/ping`)).text()).toBe("pong\n");
    expect((await fetch(`${base}/probe`)).status).toBe(200);
    state.unreadiness = "draining";
    expect(await (await fetch(`${base}/probe`)).text()).toBe("not ready: draining\n");
    for (const path of ["/config", "/api/config"])
      expect(await (await fetch(`${base}${path}`)).json()).toEqual({ mode: "serve", cool_down_min: 10 });
    for (const path of ["/metric", "/metrics"])
      expect(await (await fetch(`${base}${path}`)).text()).toContain(
        'ipmanager_all_list{ip="203.0.113.1",port="19001"} 1',
      );
    const renewed = await fetch(`${base}/api/ip/renew`, { method: "POST" });
    expect([renewed.status, await renewed.text()]).toEqual([200, "Renewed"]);
    const asked = await fetch(`${base}/api/ip/renew`);
    expect([asked.status, asked.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("there is no pprof, and nobody is sent for a token to find that out", async () => {
    const { base } = stage();
    for (const headers of [{}, { authorization: `Bearer ${token}` }, { host: "203.0.113.9:9095" }] as Record<
      string,
      string
    >[])
      for (const path of ["/debug/pprof", "/debug/pprof/", "/debug/pprof/heap?debug=1"]) {
        const answer = await fetch(base + path, { headers });
        expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("there is no pprof here")]);
      }
  });

  test("the history has every address, with its entries oldest first and its cool-downs in pairs", async () => {
    const { base, note, egresses } = stage();
    for (let index = 0; index < 4; index++)
      note(ids[0]!, { status: index === 0 ? 200 : 404, key: `k${index}`, atMs: start + index * 1000 });
    egresses.ban({ pool: "ips", member: ids[1]!, reason: "x", by: "" }, 0);
    const history = (await (await fetch(`${base}/api/ip/history`)).json()) as {
      AvailableIP: string[];
      IPHistory: Record<string, { History: object[]; CoolDowns: string[][] }>;
    };
    expect(history.AvailableIP).toEqual([]);
    expect(history.IPHistory[ids[0]!]).toEqual({
      ...{ Port: "19001", Addr: ids[0], Banned: true, Failure: 3 },
      History: [200, 404, 404, 404].map((StatusCode, index) => ({
        Time: `2026-11-22T09:06:0${3 + index}Z`,
        ...{ StatusCode, ExgressKey: `k${index}`, Target: "shop.example", Port: "19001" },
      })),
      CoolDowns: [["2026-11-22T09:06:06Z", "2026-11-22T09:16:06Z"]],
    } as object as (typeof history.IPHistory)[string]);
    expect(history.IPHistory[ids[1]!]!.CoolDowns).toEqual([["2026-11-22T09:06:03Z", "0001-01-01T00:00:00Z"]]);
    egresses.unban({ pool: "ips", member: ids[0]!, reason: "", by: "" });
    const some = (await (await fetch(`${base}/api/ip/history?ip=${ids[0]}`)).json()) as typeof history;
    expect([some.AvailableIP, Object.keys(some.IPHistory)]).toEqual([[ids[0]!], [ids[0]!]]);
    const strange = await fetch(`${base}/api/ip/history?ip=${ids[0]},198.51.100.1`);
    expect([strange.status, await strange.json()]).toEqual([404, { error: "198.51.100.1 is no address of the pool" }]);
  });

  test("that tell or change something are for this machine, or with the token", async () => {
    const { base } = stage();
    const foreign = { host: "sluice.example" };
    for (const [path, method] of [
      ["/api/ip/history", "GET"],
      ["/api/config", "GET"],
      ["/api/ip/renew", "POST"],
    ] as const) {
      expect((await fetch(base + path, { method, headers: foreign })).status).toBe(401);
      expect((await fetch(base + path, { method, headers: { origin: "http://evil.example" } })).status).toBe(401);
      const shown = { ...foreign, authorization: `Bearer ${token}` };
      expect((await fetch(base + path, { method, headers: shown })).status).toBe(200);
    }
    for (const path of ["/ping", "/probe", "/metrics"])
      expect((await fetch(base + path, { headers: foreign })).status).toBe(200);
    const own = new Request("http://127.0.0.1:9095/", { headers: { host: "127.0.0.1:9095" } });
    expect(
      ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.9", null].map((peer) => isOfThisMachine(own, peer)),
    ).toEqual([...[true, true, true, false, false]]);
  });
});

describe("metrics", () => {
  test("are ipmanager's five, by address and port", () => {
    const { note, metrics } = stage();
    for (let index = 0; index < 3; index++) note(ids[0]!, { status: 404, atMs: start + index });
    note(ids[1]!, { status: 200 });
    expect(metrics()).toEqual([
      'ipmanager_all_list{ip="203.0.113.1",port="19001"} 1',
      'ipmanager_all_list{ip="203.0.113.2",port="19002"} 1',
      'ipmanager_available_list{ip="203.0.113.1",port="19001"} 0',
      'ipmanager_available_list{ip="203.0.113.2",port="19002"} 1',
      'ipmanager_cooldown_list{ip="203.0.113.1",port="19001"} 1',
      'ipmanager_cooldown_list{ip="203.0.113.2",port="19002"} 0',
      'ipmanager_consecutive_failure{ip="203.0.113.1",port="19001"} 3',
      'ipmanager_consecutive_failure{ip="203.0.113.2",port="19002"} 0',
      'ipmanager_history_response{ip="203.0.113.1",port="19001",status_code="404",target="shop.example"} 3',
      'ipmanager_history_response{ip="203.0.113.2",port="19002",status_code="200",target="shop.example"} 1',
    ]);
  });

  test("responses are those of the last five minutes, each at its own target", () => {
    const { note, metrics, clock } = stage();
    note(ids[0]!, { status: 200, host: "old.example", atMs: start - 301_000 });
    note(ids[0]!, { status: 200, host: "a.example", atMs: start - 299_000 });
    note(ids[0]!, { status: 200, host: "b.example", atMs: start });
    // A log of yesterday is read now.
    note(ids[0]!, { status: 200, host: "c.example", atMs: start - 86_400_000 });
    const responses = (): string[] =>
      metrics().flatMap((line) => /^ipmanager_history_response.*target="([^"]+)"} 1$/.exec(line)?.[1] ?? []);
    expect(responses()).toEqual(["b.example", "a.example"]);
    clock.nowMs += 2000;
    expect(responses()).toEqual(["b.example"]);
    clock.nowMs += 300_000;
    expect(responses()).toEqual([]);
  });

  test("targets are bounded: the busiest have their names", () => {
    const { note, metrics } = stage();
    for (let host = 0; host < 45; host++)
      for (let time = 0; time < (host < 5 ? 2 : 1); time++) note(ids[0]!, { status: 200, host: `h${host}.example` });
    const targets = metrics().filter((line) => line.startsWith("ipmanager_history_response"));
    expect(targets).toHaveLength(targetsMax + 1);
    expect(targets.filter((line) => line.endsWith(" 2"))).toHaveLength(5);
    expect(targets.find((line) => line.includes('target="other"'))).toEndWith(` ${45 - targetsMax}`);
  });
});
