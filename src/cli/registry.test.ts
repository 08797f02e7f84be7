import { expect, test } from "bun:test";
import type { PoolStatus } from "../control/status.ts";
import type { Membership } from "../registry/registry.ts";
import { keptIn, setsText } from "./registry.ts";

function membership(member: string, more: Partial<Membership> = {}): Membership {
  const usual = { server: null, problem: null, isMember: true, isDraining: false, leaseLeftMs: null, views: [] };
  return { member, ...usual, ...more };
}

test("members are shown with state, lease and what sentinels say", () => {
  const views = [
    { voter: "s1", isUp: true, leftMs: 1 },
    { voter: "s2", isUp: true, leftMs: 1 },
    { voter: "s3", isUp: false, leftMs: 1 },
  ];
  const members = [
    membership("http://a:1", { leaseLeftMs: 12_345, views }),
    membership("http://b:1", { isDraining: true }),
    membership("http://c:1", { isMember: false, views: views.slice(2) }),
    membership("odd", { problem: "must have a port" }),
  ];
  expect(
    setsText([
      { set: "shop", members, size: 9 },
      { set: "none", members: [], size: 0 },
    ]).split("\n"),
  ).toEqual([
    "  SET   MEMBER      STATE                          LEASE  SENTINELS",
    "  shop  http://a:1  in                               13s  up: s1, s2; down: s3",
    "  shop  http://b:1  draining                           -  -",
    "  shop  http://c:1  out                                -  down: s3",
    "  shop  odd         passed over: must have a port      -  -",
    "6 more members of shop are not shown",
    "the set none is empty",
  ]);
});

test("servers that traffic goes to though the set has them no more are told of, with why", () => {
  const since = "2026-01-01T00:00:00.123Z";
  const why = "not found again after the outage";
  const source = { servers: 2, lastSuccess: null, ageSeconds: null, problem: null, remarks: [] };
  const server = (name: string, from: string | null): PoolStatus["servers"][number] =>
    ({ name, kept: from === null ? null : { source: from, since } }) as PoolStatus["servers"][number];
  const kept = keptIn([
    {
      sources: [
        { ...source, source: "registry shop", kept: { servers: 2, since, why } },
        { ...source, source: "dns a", kept: { servers: 1, since, why: "no answer" } },
      ],
      servers: [
        server("a:1", "registry shop"),
        server("b:1", "registry shop"),
        server("c:1", "dns a"),
        server("d:1", null),
      ],
    },
    { sources: [{ ...source, source: "registry none", kept: null }], servers: [] },
  ]);
  const sets = ["shop", "none"].map((set) => ({ set, members: [], size: 0 }));
  expect(setsText(sets, kept).split("\n")).toEqual([
    "the set shop is empty",
    "traffic still goes to a:1, b:1, which shop had: kept since 2026-01-01T00:00:00Z: not found again after the outage",
    "the set none is empty",
  ]);
});

test("a member that is much too long shifts its own row only", () => {
  const long = "x".repeat(400);
  const members = [membership("http://a:1"), membership(long, { problem: "must have a port" })];
  const [, first, second] = setsText([{ set: "shop", members, size: 2 }]).split("\n");
  expect(first!.length).toBeLessThan(120);
  expect(second).toStartWith(`  shop  ${long}  passed over: must have a port`);
});

test("what somebody has written into a set gives the terminal no orders", () => {
  const views = [{ voter: "s\x1b[2J", isUp: true, leftMs: 1 }];
  const members = [membership("http://\x1b]0;owned\x07a:1\u202e", { views, problem: "must be\r\nan address" })];
  expect(setsText([{ set: "sh\x9bop", members, size: 2 }])).toBe(
    [
      "  SET         MEMBER                                STATE                                       LEASE  SENTINELS",
      "  sh\\u009bop  http://\\u001b]0;owned\\u0007a:1\\u202e  passed over: must be\\u000d\\u000aan address      -  up: s\\u001b[2J",
      "1 more members of sh\\u009bop are not shown",
    ].join("\n"),
  );
});
