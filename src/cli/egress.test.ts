// The commands against an admin interface that is a script: what is asked, and what is made of the answers. What the real one answers
// stands in control/api/egress.test.ts.

import { afterEach, describe, expect, test } from "bun:test";
import type { MemberSummary, OutcomeSummary } from "../control/egress/answer.ts";
import { egressSummary } from "../control/egress/sample.fixture.ts";
import { egressBan, egressHistory, egressList, egressRenew, egressShow, egressUnban } from "./egress.ts";
import { egressLines, memberText, troubles } from "./egresstext.ts";

const open: Bun.Server<undefined>[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop(true);
});

const now = Date.now();
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

const member: MemberSummary = {
  ...{ id: "203.0.113.7", door: "gateway 127.0.0.1:19001", weight: 1, tags: { country: "de" }, state: "coolingDown" },
  ...{ cause: "failures", why: "too many failures at shop.example", since: ago(60), until: ago(-541) },
  ...{
    failures: 3,
    level: 2,
    hostsUnavailable: 1,
    active: 0,
    requests: 120,
    succeeded: 100,
    failed: 20,
    unanswered: 4,
  },
  ...{ bytesUp: 2048, bytesDown: 1_048_576, used: ago(62) },
};
const outcome: OutcomeSummary = {
  ...{
    at: "2026-11-22T09:06:03.000Z",
    member: "203.0.113.7",
    status: 403,
    fault: null,
    host: "shop.example",
    key: "k",
  },
  ...{ durationMs: 42, isFailure: true, isBan: false, isTunnel: false, from: "log" },
};
const states = { available: 290, coolingDown: 6, trial: 1, banned: 3 };

/** Answers by path; what is asked for and not there is 404. */
function stage(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const server = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      asked.push(`${request.method} ${decodeURIComponent(pathname + search)}${body === "" ? "" : ` ${body}`}`);
      const answer = answers[`${decodeURIComponent(pathname)}${search}`] ?? answers[decodeURIComponent(pathname)];
      return answer === undefined
        ? Response.json({ error: "there is no such thing" }, { status: 404 })
        : Response.json(answer as object);
    },
  });
  open.push(server);
  const out: string[] = [];
  const err: string[] = [];
  const writer = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    note: (text: string) => void err.push(text),
  };
  return { options: { admin: `127.0.0.1:${server.port}` }, asked, out, err, writer };
}

const pools = { pools: [egressSummary] };
const several = { pools: [egressSummary, { ...egressSummary, name: "other" }] };

describe("ls", () => {
  test("tells of pools, and of what is wrong with them", async () => {
    const { options, writer, out } = stage({ "/api/v1/egress": pools });
    expect(await egressList(undefined, options, writer)).toBe(0);
    expect(out.join("\n").split("\n")).toEqual([
      "  EGRESS  IPS  AVAILABLE  COOLING  TRIAL  BANNED  ACTIVE  ANSWERED  FAILED  REFUSED  SESSIONS  HOSTS DOWN   MEMORY",
      "  scrape  300        290        6      1       3      17     12345      28       10        40           1  7.0 MiB",
      "scrape: down, and no address is blamed for it: down.example",
    ]);
  });

  test("tells of the addresses of one, page by page, and what is not shown", async () => {
    const page = { pool: "scrape", members: [member], found: 300, offset: 0, states };
    const { options, writer, out, err, asked } = stage({ "/api/v1/egress/scrape": page });
    expect(
      await egressList("scrape", { ...options, limit: 2, tag: ["country=de"], state: "unavailable" }, writer),
    ).toBe(0);
    expect(asked).toEqual([
      "GET /api/v1/egress/scrape?state=unavailable&sort=state&offset=0&limit=2&tag=country=de",
      "GET /api/v1/egress/scrape?state=unavailable&sort=state&offset=1&limit=1&tag=country=de",
    ]);
    expect(out.join("\n").split("\n")).toEqual([
      "  ADDRESS      STATE         FOR  BACK IN  ACTIVE  REQUESTS  FAILED  IN A ROW  AT HOSTS  USED  WHY",
      expect.stringMatching(
        /^ +203\.0\.113\.7 +cooling down +1m +(9m|8m)[0-9]*s? +0 +120 +20 +3 +1 +1m[0-9]+s +too many failures at shop\.example$/,
      ),
      expect.stringContaining("203.0.113.7"),
    ]);
    expect(err).toEqual([
      "(2 of 300; --all shows the others too; in all 290 available, 6 cooling down, 1 on trial, 3 banned)",
    ]);
  });

  test("of one pool only, it need not be named", async () => {
    const page = { pool: "scrape", members: [], found: 0, offset: 0, states };
    const { options, writer, err, asked } = stage({ "/api/v1/egress": pools, "/api/v1/egress/scrape": page });
    expect(await egressList(undefined, { ...options, state: "banned" }, writer)).toBe(0);
    expect(asked.at(-1)).toContain("/api/v1/egress/scrape?state=banned");
    expect(err[0]).toStartWith("(no such address in scrape; it has 290 available");
    const two = stage({ "/api/v1/egress": several });
    expect(await egressList(undefined, { ...two.options, state: "banned" }, two.writer)).toBe(2);
    expect(two.err).toEqual(["sluice: there are several egress pools: say which by --pool: scrape, other"]);
  });

  test("all of it is JSON where that is asked for", async () => {
    const page = { pool: "scrape", members: [member], found: 1, offset: 0, states };
    const { options, writer, out, err } = stage({ "/api/v1/egress/scrape": page });
    await egressList("scrape", { ...options, json: true }, writer);
    expect([JSON.parse(out.join("")), err]).toEqual([page, []]);
  });
});

test("show tells of one address: why, where, since when, and what came before", async () => {
  const answer = {
    ...{
      pool: "scrape",
      member,
      history: [outcome, { ...outcome, status: 0, fault: "connect_refused", key: "", from: "own" }],
    },
    hosts: [
      {
        ...{ host: "shop.example", state: "coolingDown", cause: "failures", until: ago(-541), failures: 3, active: 0 },
        ...{ requests: 40, next: null },
      },
    ],
    timeline: [
      {
        at: "2026-11-22T09:06:03.000Z",
        state: "coolingDown",
        cause: "failures",
        why: "too many failures at shop.example",
        forMs: 600_000,
      },
    ],
  };
  const { options, writer, out, asked } = stage({
    "/api/v1/egress": several,
    "/api/v1/egress?member=203.0.113.7": pools,
    "/api/v1/egress/scrape/203.0.113.7": answer,
  });
  expect(await egressShow("203.0.113.7", options, writer)).toBe(0);
  expect(asked).toEqual([
    "GET /api/v1/egress",
    "GET /api/v1/egress?member=203.0.113.7",
    "GET /api/v1/egress/scrape/203.0.113.7?limit=20",
  ]);
  const text = memberText(answer as Parameters<typeof memberText>[0], now);
  expect(out[0]!.split("\n")[1]).toBe("  why: too many failures at shop.example");
  expect(text.split("\n").slice(1)).toEqual([
    "  why: too many failures at shop.example",
    "  gateway 127.0.0.1:19001, weight 1, country=de",
    "  120 requests: 100 succeeded, 20 failed, 4 of them without an answer, 3 in a row; 0 under way; 2.0 KiB up, 1.0 MiB down",
    "",
    "  HOST          STATE         BACK IN  ACTIVE  REQUESTS  IN A ROW  NEXT IN  WHY",
    "  shop.example  cooling down     9m1s       0        40         3        -  too many failures",
    "",
    "  SINCE                 STATE         FOR  WHY",
    "  2026-11-22T09:06:03Z  cooling down  10m  too many failures at shop.example",
    "",
    "  TIME                  STATUS           TOOK  HOST          KEY  FROM",
    "  2026-11-22T09:06:03Z  403              42ms  shop.example  k    log   failure",
    "  2026-11-22T09:06:03Z  connect_refused  42ms  shop.example  -    own   failure",
  ]);
  expect(text.split("\n")[0]).toMatch(
    /^203\.0\.113\.7 of egress pool scrape: cooling down since .*\(1m\), until .* \(9m1s\), 2 times in a row$/,
  );
});

test("history is of the addresses that are named, in the pool that their names say", async () => {
  const answer = { pool: "scrape", history: [outcome], isMore: true };
  const { options, writer, out, err, asked } = stage({
    "/api/v1/egress": several,
    "/api/v1/egress/scrape/history": answer,
  });
  const asking = { ...options, status: "4xx", failed: true, host: "shop.example", since: "10m", limit: 1 };
  expect(await egressHistory(["scrape/203.0.113.7"], asking, writer)).toBe(0);
  expect(asked[1]).toBe(
    "GET /api/v1/egress/scrape/history?status=4xx&failed=true&host=shop.example&since=10m&limit=1&members=203.0.113.7",
  );
  expect(out[0]).toContain("203.0.113.7  403     42ms  shop.example  k    log   failure");
  expect(err).toEqual(["(the last 1; --limit shows more)"]);
  expect(await egressHistory(["scrape"], { ...options, failed: true }, writer)).toBe(0);
  expect(asked.at(-1)).toBe("GET /api/v1/egress/scrape/history?failed=true&limit=100");
});

describe("orders", () => {
  test("carry reason and who, and tell what came of them", async () => {
    const done = { pool: "scrape", member: { ...member, state: "banned", until: "2026-11-22T10:06:03.000Z" } };
    const path = "/api/v1/egress/scrape/203.0.113.7";
    const { options, writer, out, asked } = stage({ [`${path}/ban`]: done, [`${path}/unban`]: done });
    const asking = { ...options, pool: "scrape", reason: "captcha wave", for: "1h" };
    expect(await egressBan("203.0.113.7", asking, writer)).toBe(0);
    expect(asked[0]).toStartWith(`POST ${path}/ban {"for":"1h","reason":"captcha wave","by":"`);
    expect(await egressUnban("203.0.113.7", { ...options, pool: "scrape" }, writer)).toBe(0);
    expect(out).toEqual([
      "203.0.113.7 of egress pool scrape is banned until 2026-11-22T10:06:03.000Z",
      "203.0.113.7 of egress pool scrape is available; what was held against it is forgotten",
    ]);
  });

  test("a ban without a reason is not understood, and what is refused is told in the words of the command line", async () => {
    const { options, writer, err } = stage({});
    expect(await egressBan("203.0.113.7", { ...options, pool: "scrape" }, writer)).toBe(2);
    expect(err).toEqual(["sluice: say why, for whoever looks at it later: --reason TEXT"]);
    const refusing = stage({ "/api/v1/egress/scrape/a/ban": { error: '"for" must be a duration' } });
    expect(await egressBan("a", { ...refusing.options, pool: "scrape", reason: "x" }, refusing.writer)).toBe(1);
    expect(refusing.err).toEqual(["sluice: --for must be a duration"]);
  });

  test("logs are read again, of one pool or all", async () => {
    const { options, writer, out, asked } = stage({
      "/api/v1/egress/renew": { pools: ["scrape", "other"] },
      "/api/v1/egress/scrape/renew": { pools: ["scrape"] },
    });
    expect([await egressRenew(undefined, options, writer), await egressRenew("scrape", options, writer)]).toEqual([
      0, 0,
    ]);
    expect(asked[1]).toStartWith('POST /api/v1/egress/scrape/renew {"by":');
    expect(out).toEqual(["the logs of scrape, other are read up to now", "the logs of scrape are read up to now"]);
  });
});

test("the status has the pools, and first of all what is wrong", () => {
  expect([egressLines([]), egressLines(undefined)]).toEqual([[], []]);
  expect(egressLines([egressSummary]).at(-1)).toBe("  scrape: down, and no address is blamed for it: down.example");
  const none = { available: 0, coolingDown: 300, trial: 0, banned: 0 };
  const calm = { ...egressSummary, hostsDown: { count: 0, hosts: [] } };
  expect(troubles({ ...calm, states: none })).toEqual([
    "scrape: no address is available, the first is back at 2026-11-22T09:16:03Z: requests are answered 503",
  ]);
  const saysOf = (whenNone: "soonest" | "direct", states: typeof none): string | undefined =>
    troubles({ ...calm, whenNone, states })[0]?.replace(/.*: /, "");
  expect([
    saysOf("soonest", none),
    saysOf("soonest", { ...none, banned: 1 }),
    saysOf("soonest", { ...none, coolingDown: 0, banned: 300 }),
    saysOf("direct", none),
  ]).toEqual([
    "the one that is back first is used",
    "the one that is back first is used, but for those that are banned",
    "requests are answered 503",
    "requests go out from the system's own address",
  ]);
  const evidence = calm.evidence!;
  const log = { ...evidence.logs[0]!, files: 300, unreadable: 2, problem: "/a: it may not be read by this user" };
  expect(troubles({ ...calm, evidence: { ...evidence, logs: [log, { ...log, problem: null, absent: 3 }] } })).toEqual([
    "scrape: the log /var/log/nginx/host.access.log cannot be read: 2 of 300 files: /a: it may not be read by this user",
    "scrape: the log /var/log/nginx/host.access.log is not there: 3 of 300 files",
  ]);
  const lines = { good: 0, unlike: 9, badTime: 1, unknown: 4, long: 0 };
  expect(troubles({ ...calm, evidence: { ...evidence, lines } })).toEqual([
    "scrape: of its logs no line could be used: 9 are unlike the format, 1 have no time, 4 are about no member",
  ]);
});
