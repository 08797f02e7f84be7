import { expect, test } from "bun:test";
import { version } from "./cli/version.ts";
import { differenceTo } from "./code.ts";
import { layouts } from "./memory/layouts.ts";

const code = { version: "2.0.0", layouts: "b" };

test("a worker of control's own code says nothing", () => {
  expect(differenceTo({ version, layouts })).toBeNull();
});

test("one of another version serves and tells, also under a control that does not say what it is", () => {
  const text =
    "the files of Sluice were changed while it runs: a worker that starts is of version 2.0.0, control of 1.0.0; it serves all the same; restart Sluice";
  expect(differenceTo({ version: "1.0.0", layouts: "b" }, code)).toEqual({ mayServe: true, text });
  expect(differenceTo(undefined, code)?.text).toContain("control of one before; it serves");
});

test("one that lays out shared memory differently does not serve, whatever its version", () => {
  const difference = differenceTo({ version: "2.0.0", layouts: "a" }, code);
  expect(difference?.mayServe).toBe(false);
  expect(difference?.text).toEndWith("they lay out shared memory differently, and it cannot serve; restart Sluice");
});
