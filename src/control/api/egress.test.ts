import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressPlan, Plan } from "../../config/plan.ts";
import { Arena, arenaBytes } from "../../memory/arena.ts";
import { Totals } from "../../memory/tally.ts";
import type { EgressesAnswer, HistoryAnswer, MemberAnswer, MembersAnswer } from "../egress/answer.ts";
import { egressPlan, gatewayMember, outcomeOf } from "../egress/sample.fixture.ts";
import { Egresses } from "../egresses.ts";
import { openLog } from "../log.ts";
import { egressOperations } from "./egress.ts";
import { routesOfOperations } from "./router.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-egress-api-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let next = 0;

const start = Date.UTC(2026, 10, 22, 9, 6, 3);
const ids = ["203.0.113.1", "203.0.113.2", "2001:db8::3"];
const members = ids.map((id, index) =>
  gatewayMember(id, 19_001 + index, { tags: { country: index === 2 ? "fr" : "de" } }),
);

async function stage(own: Partial<EgressPlan> = {}) {
  const folder = join(root, String(next++));
  const log: string[] = [];
  const clock = { nowMs: start };
  const egresses = new Egresses({
    ...{ folder: join(folder, "egress"), logsFolder: join(folder, "logs") },
    owner: { id: 1, startedAt: 7, isAlive: () => true, relax: () => {} },
    machine: { boot: "boot", uptimeS: () => 1000 },
    log: openLog({ level: "info", format: "json", isColored: false, write: (line) => log.push(line) }),
    nowMs: () => clock.nowMs,
  });
  egresses
    .prepare({ egresses: [egressPlan({ members, ...own }), egressPlan({ name: "other", members })] } as unknown as Plan)
    .keep();
  const arena = new Arena(new Uint8Array(arenaBytes));
  arena.format();
  const routes = routesOfOperations(
    egressOperations({ egresses, totals: new Totals(arena, 1), nowMs: () => clock.nowMs }),
  );
  const ask = async <Body>(path: string, body?: object, method = body === undefined ? "GET" : "POST") => {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-length": "2" } };
    const request = new Request(`http://localhost${path}`, { method, ...content });
    const response = (await routes(request, new URL(request.url).pathname))!;
    return { status: response.status, body: (await response.json()) as Body & { error?: string } };
  };
  const note = (id: string, own: NonNullable<Parameters<typeof outcomeOf>[0]>): void =>
    void egresses.find("scrape")!.pool.note(id, outcomeOf(own), own.atMs ?? start);
  return { egresses, ask, note, clock, log };
}

describe("GET /api/v1/egress", () => {
  test("tells of every pool, or of those that have a member", async () => {
    const { ask } = await stage({ members: members.slice(0, 2) });
    const { body } = await ask<EgressesAnswer>("/api/v1/egress");
    expect(body.pools.map(({ name, members: count, states }) => [name, count, states.available])).toEqual([
      ["scrape", 2, 2],
      ["other", 3, 3],
    ]);
    const named = await ask<EgressesAnswer>(`/api/v1/egress?member=${encodeURIComponent(ids[2]!)}`);
    expect(named.body.pools.map(({ name }) => name)).toEqual(["other"]);
    expect((await ask<EgressesAnswer>("/api/v1/egress?member=[2001:DB8:0::3]")).body.pools).toHaveLength(1);
    expect((await ask("/api/v1/egress?member=203.0.113.11")).body.error).toContain('did you mean "203.0.113.1"?');
  });
});

describe("GET /api/v1/egress/POOL", () => {
  test("lists members by state, tag and name, in an order, by pages", async () => {
    const { ask, egresses, note } = await stage();
    egresses.ban({ pool: "scrape", member: ids[1]!, reason: "captchas", by: "ann" }, 0);
    note(ids[0]!, { status: 200 });
    const list = async (query: string): Promise<string[]> => {
      const { body } = await ask<MembersAnswer>(`/api/v1/egress/scrape${query}`);
      return body.members.map(({ id }) => id);
    };
    expect(await list("")).toEqual(ids);
    expect(await list("?state=banned")).toEqual([ids[1]!]);
    expect(await list("?state=unavailable")).toEqual([ids[1]!]);
    expect(await list("?state=cooling-down")).toEqual([]);
    expect(await list("?tag=country=DE")).toEqual(ids.slice(0, 2));
    expect(await list("?find=db8")).toEqual([ids[2]!]);
    expect(await list("?sort=state")).toEqual([ids[1]!, ids[0]!, ids[2]!]);
    expect(await list("?sort=requests&limit=1")).toEqual([ids[0]!]);
    expect(await list("?offset=1&limit=1")).toEqual([ids[1]!]);
    const { body } = await ask<MembersAnswer>("/api/v1/egress/scrape?state=banned");
    expect(body).toMatchObject({
      ...{ pool: "scrape", found: 1, offset: 0, states: { available: 2, coolingDown: 0, trial: 0, banned: 1 } },
      members: [{ id: ids[1], door: "gateway 127.0.0.1:19002", state: "banned", until: null }],
    });
    expect(body.members[0]!.why).toBe("by an operator: ann: captchas");
  });

  test("refuses what it does not know, with what was meant", async () => {
    const { ask } = await stage();
    const error = async (path: string): Promise<string> => {
      const { status, body } = await ask(`/api/v1/egress/${path}`);
      return `${status} ${body.error}`;
    };
    expect(await error("scrap")).toBe('404 there is no egress pool scrap; did you mean "scrape"?');
    expect(await error("scrape?stat=x")).toContain('400 there is no parameter stat; did you mean "state"?');
    expect(await error("scrape?state=bannd")).toContain('did you mean "banned"?');
    expect(await error("scrape?sort=reqests")).toContain('did you mean "requests"?');
    expect(await error("scrape?tag=de")).toContain("a tag is written like country=de");
    expect(await error("scrape?limit=0")).toContain("limit must be a number from 1 to 65536");
    expect(await error("scrape/203.0.113.3")).toContain(
      '404 the egress pool scrape has no member 203.0.113.3; did you mean "203.0.113.1"?',
    );
    expect(await error("scrape/%ff")).toContain("400 the path is not percent-encoded as it should be");
  });
});

describe("GET /api/v1/egress/POOL/MEMBER", () => {
  test("tells how it stands, at which hosts, and what it has been through", async () => {
    const { ask, note, egresses, clock } = await stage();
    for (let index = 0; index < 3; index++)
      note(ids[0]!, { status: 403, host: "shop.example", key: `k${index}`, atMs: start + index * 1000 });
    note(ids[0]!, { status: 200, host: "calm.example", atMs: start + 5000, durationMs: 42 });
    clock.nowMs = start + 6000;
    egresses.ban({ pool: "scrape", member: ids[0]!, reason: "x", by: "" }, start + 60_000);
    const { body } = await ask<MemberAnswer>(`/api/v1/egress/scrape/${ids[0]}`);
    expect(body.member).toMatchObject({ state: "banned", requests: 4, succeeded: 1, failed: 3, hostsUnavailable: 1 });
    expect(body.member.until).toBe(new Date(start + 60_000).toISOString());
    expect(body.hosts).toMatchObject([{ host: "shop.example", state: "coolingDown", cause: "failures" }]);
    expect(body.timeline.map(({ state, cause, forMs }) => [state, cause, forMs])).toEqual([
      ["banned", "manual", 54_000],
      ["available", "added", null],
    ]);
    expect(
      body.history.map(({ status, host, key, isFailure, durationMs }) => [status, host, key, isFailure, durationMs]),
    ).toEqual([
      [200, "calm.example", "", false, 42],
      [403, "shop.example", "k2", true, -1],
      [403, "shop.example", "k1", true, -1],
      [403, "shop.example", "k0", true, -1],
    ]);
    const short = await ask<MemberAnswer>(`/api/v1/egress/scrape/${ids[0]}?limit=1`);
    expect([short.body.history.length, short.body.timeline.length]).toEqual([1, 1]);
  });
});

describe("GET /api/v1/egress/POOL/history", () => {
  test("is of all members or some, newest first, as a filter says", async () => {
    const { ask, note } = await stage();
    const outcomes: readonly [string, number, string][] = [
      [ids[0]!, 200, "a.example"],
      [ids[1]!, 403, "b.example"],
      [ids[2]!, 404, "a.example"],
      [ids[0]!, 403, "a.example"],
    ];
    for (const [index, [id, status, host]] of outcomes.entries())
      note(id, { status, host, key: index === 0 ? "k" : "", atMs: start + index * 1000 });
    const statuses = async (query: string): Promise<number[]> => {
      const { body } = await ask<HistoryAnswer>(`/api/v1/egress/scrape/history${query}`);
      return body.history.map(({ status }) => status);
    };
    expect(await statuses("")).toEqual([403, 404, 403, 200]);
    expect(await statuses(`?members=${ids[0]},${encodeURIComponent(ids[2]!)}`)).toEqual([403, 404, 200]);
    expect(await statuses("?status=4xx")).toEqual([403, 404, 403]);
    expect(await statuses("?status=404-499")).toEqual([404]);
    expect(await statuses("?host=A.example&status=403")).toEqual([403]);
    expect(await statuses("?key=k")).toEqual([200]);
    expect(await statuses("?failed=true")).toEqual([403, 403]);
    expect(await statuses(`?since=${new Date(start + 2000).toISOString()}`)).toEqual([403, 404]);
    const { body } = await ask<HistoryAnswer>("/api/v1/egress/scrape/history?limit=2");
    expect([body.history.map(({ status }) => status), body.isMore]).toEqual([[403, 404], true]);
    expect((await ask("/api/v1/egress/scrape/history?members=x")).status).toBe(404);
    const [six, other] = await Promise.all(
      [`members=${ids[2]!}`, "members=2001:DB8:0:0::3,[2001:db8::0003]"].map((query) =>
        ask<HistoryAnswer>(`/api/v1/egress/scrape/history?${query}`),
      ),
    );
    expect(other!.body).toEqual(six!.body);
    expect((await ask("/api/v1/egress/scrape/history?status=4x")).body.error).toContain("status must be such as");
    expect((await ask("/api/v1/egress/scrape/history?since=soon")).body.error).toContain("since must be a time");
  });
});

describe("orders", () => {
  test("a ban and its end stand in the answer, the timeline and the log, with reason and who", async () => {
    const { ask, log } = await stage();
    const path = `/api/v1/egress/scrape/${encodeURIComponent(ids[2]!)}`;
    const banned = await ask<MemberAnswer>(`${path}/ban`, { reason: "captcha wave", for: "1h", by: "ann" });
    expect([banned.status, banned.body.member.state, banned.body.member.until]).toEqual([
      200,
      "banned",
      new Date(start + 3_600_000).toISOString(),
    ]);
    const other = `/api/v1/egress/scrape/${encodeURIComponent(ids[1]!)}/unban`;
    expect((await ask<MemberAnswer>(other, undefined, "POST")).body.member.why).toBe("let off by an operator");
    const freed = await ask<MemberAnswer>(`${path}/unban`, { reason: "calm again", by: "bob" });
    expect([freed.body.member.state, freed.body.member.why]).toEqual([
      "available",
      "let off by an operator: bob: calm again",
    ]);
    const { timeline } = (await ask<MemberAnswer>(path)).body;
    expect(timeline.map(({ why }) => why)).toEqual([
      "let off by an operator: bob: calm again",
      "by an operator: ann: captcha wave",
      "new in the config",
    ]);
    expect(log.join("")).toContain("2001:db8::3 is banned until 2026-11-22T10:06:03.000Z by ann: captcha wave");
    expect(log.join("")).toContain("let off by bob: calm again");
  });

  test("reach an address however it is written", async () => {
    const { ask, egresses } = await stage();
    for (const written of ["2001:DB8::3", "2001:db8:0:0:0:0:0:3", "[2001:db8::3]"]) {
      const path = `/api/v1/egress/scrape/${encodeURIComponent(written)}`;
      expect((await ask<MemberAnswer>(path)).body.member.id).toBe(ids[2]!);
      expect((await ask(`${path}/ban`, { reason: "x" })).status).toBe(200);
      expect(egresses.find("scrape")!.pool.standing(ids[2]!)!.state).toBe(4);
      expect((await ask(`${path}/unban`, {})).status).toBe(200);
    }
  });

  test("are refused where they say too little, or too much", async () => {
    const { ask } = await stage();
    const refused = async (order: string, body: object): Promise<string> => {
      const answer = await ask(`/api/v1/egress/scrape/${ids[0]}/${order}`, body);
      return `${answer.status} ${answer.body.error}`;
    };
    expect(await refused("ban", {})).toBe('422 say why: "reason" must be a text');
    expect(await refused("ban", { reason: "x", for: "1 hour" })).toContain('422 "for" must be a duration');
    expect(await refused("ban", { reason: "x", until: "2020-01-01T00:00:00Z" })).toContain("must be in the future");
    expect(await refused("ban", { reason: "x", till: "x" })).toContain('"till" means nothing here');
    expect(await refused("ban", { reason: "a\nb" })).toContain("one line");
    expect((await ask(`/api/v1/egress/scrape/${ids[0]}/ban`)).status).toBe(405);
  });

  test("logs are read when that is asked for, and not before", async () => {
    const path = join(root, "renewed.log");
    writeFileSync(path, "200 19001\n403 19002\n");
    const logs = [
      { path, format: { kind: "nginx", text: "$status $server_port" }, mode: "parse", everyMs: 0 },
    ] as const;
    const { ask } = await stage({ logs });
    expect((await ask("/api/v1/egress/scrape/renew", {})).body).toMatchObject({ pools: ["scrape"] });
    expect((await ask("/api/v1/egress/renew", { by: "ann" })).body).toMatchObject({ pools: ["scrape"] });
    const { body } = await ask<EgressesAnswer>("/api/v1/egress");
    expect(body.pools[0]!.evidence).toMatchObject({ lines: { good: 2 }, logs: [{ path, files: 1, problem: null }] });
    expect((await ask("/api/v1/egress/other/renew", {})).body.error).toContain("the egress pool other has no logs");
    expect((await ask("/api/v1/egress/renew", { by: "ann\nbob" })).status).toBe(422);
    expect((await ask("/api/v1/egress/renew")).status).toBe(405);
  });
});

test("ten thousand members are answered quickly, all of them or the worst", async () => {
  const many = Array.from({ length: 10_000 }, (_, index) =>
    gatewayMember(`10.0.${index >> 8}.${index & 255}`, 10_000 + index),
  );
  const { ask, egresses } = await stage({ members: many, history: { entriesMax: 10, changesMax: 10 } });
  for (const { id } of many.slice(0, 2000)) egresses.find("scrape")!.pool.ban(id, 0, "x", start);
  const took = async (path: string): Promise<number> => {
    await ask(path);
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const startMs = performance.now();
      await ask(path);
      times.push(performance.now() - startMs);
    }
    return Math.min(...times);
  };
  const page = await took("/api/v1/egress/scrape?state=banned&sort=state&limit=100");
  const pools = await took("/api/v1/egress");
  const history = await took("/api/v1/egress/scrape/history");
  expect(Math.max(page, pools, history)).toBeLessThan(50);
  const { body } = await ask<MembersAnswer>("/api/v1/egress/scrape?limit=10000");
  expect(body.members).toHaveLength(10_000);
});
