// A stranger who knows how names are made cannot have its host taken for another's.

import { expect, test } from "bun:test";
import { hashString } from "../base/hash.ts";
import { memberState } from "../memory/egress.ts";
import { Sample } from "./sample.fixture.ts";

// Found by trying names for a minute.
const victim = "shop.example";
const other = "2euk7kb.evil.example";

test("two hosts of the same hash are judged each for itself", () => {
  expect(hashString(other)).toBe(hashString(victim));
  const sample = new Sample();
  for (let times = 0; times < 3; times++) sample.tell("10.0.0.1", { host: other, status: 403 });
  expect(sample.pairState("10.0.0.1", other)).toBe(memberState.coolingDown);
  expect(sample.pairState("10.0.0.1", victim)).toBe(memberState.available);
  const row = sample.board.memberOf("10.0.0.1");
  const tried = new Set([0, 2, 3]);
  expect(sample.choose({ host: victim, tried }).row).toBe(row);
});
