import { expect, test } from "bun:test";
import type { Membership } from "../registry/registry.ts";
import { setsText } from "./registry.ts";

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
