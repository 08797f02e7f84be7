import { expect, test } from "bun:test";
import { membershipsOf } from "./membership.ts";

test("members and what is only talked about are one list, with lease, drain and views", () => {
  const views = new Map([
    [
      "http://a:1",
      [
        { voter: "z", isUp: true, leftMs: 5 },
        { voter: "b", isUp: false, leftMs: 5 },
      ],
    ],
    ["http://c:1", [{ voter: "z", isUp: false, leftMs: 5 }]],
  ]);
  const shown = membershipsOf({
    members: ["nonsense", "http://a:1"],
    draining: ["a:1"],
    leaseLeftMs: (member) => (member === "http://a:1" ? 7 : null),
    views,
  });
  expect(
    shown.map(({ member, isMember, isDraining, leaseLeftMs }) => [member, isMember, isDraining, leaseLeftMs]),
  ).toEqual([
    ["http://a:1", true, true, 7],
    ["http://c:1", false, false, null],
    ["nonsense", true, false, null],
  ]);
  expect(shown[0]!.views.map(({ voter }) => voter)).toEqual(["b", "z"]);
  expect([shown[0]!.server, shown[1]!.server, shown[2]!.server]).toEqual([{ address: "a:1" }, null, null]);
  expect(shown[2]!.problem).toContain("must have a port");
});
