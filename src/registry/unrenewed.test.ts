import { expect, test } from "bun:test";
import { unattended, unrenewable, unrenewed } from "./unrenewed.ts";

test("it is told which servers count though their lease is over, and why", () => {
  const told = { ok: true as const, servers: [{ address: "a:1" }, { address: "b:1" }], remarks: ["before"] };
  expect(unrenewed(told, ["http://b:1", "a:1"], unattended)).toEqual({
    ...told,
    remarks: ["before", "leases that are over still count, for no sentinel is there to renew them"],
    kept: { servers: ["a:1", "b:1"], why: "leases are over, and no sentinel is there to renew them" },
  });
  expect(unrenewed(told, [], unrenewable("its disk is full")).remarks[1]).toEndWith(
    "for nobody can renew them: its disk is full",
  );
});
