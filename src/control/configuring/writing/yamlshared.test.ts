import { expect, test } from "bun:test";
import type { Path } from "../../../config/problem.ts";
import { sharedReason } from "./yamlshared.ts";

const text = `listeners:
  web: &base
    listen: ":80"
    rules: &r [ { name: a } ]
  w2:
    <<: *base
    listen: ":81"
  w3: { rules: *r }
pools:
  a: &alone { retries: 1 }
`;
const reason = (...path: Path): string | null => sharedReason(text, [{ path, value: 1, isInserted: false }]);

test("a change of what several places share is told with the anchor and all of them", () => {
  expect(reason("listeners", "web", "rules", 0, "name")).toBe(
    "listeners.web.rules[0].name is part of what &base names, which listeners.web and listeners.w2 share",
  );
  expect(reason("listeners", "w3", "rules", 0, "name")).toBe(
    "listeners.w3.rules[0].name is part of what &r names, which listeners.web.rules and listeners.w3.rules share",
  );
  expect(reason("listeners", "w2", "rules")).toContain("&base");
});

test("what nobody shares has another reason", () => {
  expect([reason("pools", "a", "retries"), reason("pools", "b"), reason("listeners")]).toEqual([null, null, null]);
  // A key of its own beside <<, the same key above, and an alias as a whole.
  expect([reason("listeners", "w2", "listen"), reason("listeners", "web", "listen")]).toEqual([null, null]);
  expect([reason("listeners", "w2"), reason("listeners", "w3", "rules")]).toEqual([null, null]);
});

test("of several changes the first that is in the way is told", () => {
  const changes = [
    ["pools", "b"],
    ["listeners", "w3", "rules", 0],
  ].map((path) => ({ path, value: 1, isInserted: false }));
  expect(sharedReason(text, changes)).toStartWith("listeners.w3.rules[0] is part of what &r names");
});
