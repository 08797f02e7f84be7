import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { faultCodes } from "../../src/base/fault.ts";
import { faultsPage, faultsPath } from "./faults.ts";

test("docs/FAULTS.md is what the table of faults says (write it with: node scripts/bun.mjs test/conform/faults.ts)", () => {
  expect(readFileSync(faultsPath, "utf8")).toBe(faultsPage());
});

test("every code stands on the page once", () => {
  const page = faultsPage();
  for (const code of faultCodes) expect(page.split(`\`${code}\``).length).toBe(2);
});
