import { expect, test } from "bun:test";
import { originOf, unloadable } from "./configorigin.ts";

test("a config is where its file is, or where else it stands", () => {
  expect(originOf({ path: "/etc/sluice.toml" })).toBe("/etc/sluice.toml");
  expect(originOf({ path: null })).toBe("command line");
  expect(originOf({ path: null, origin: "environment" })).toBe("environment");
});

test("why there is nothing to load again is said by where it stands", () => {
  expect(unloadable({ path: null })).toEndWith("everything stands on the command line");
  expect(unloadable({ path: null, origin: "environment" })).toContain("the environment");
});
