import { expect, test } from "bun:test";
import type { ReplyPlan } from "../config/plan.ts";
import { SampleScene, sampleScope } from "./expression/sample.fixture.ts";
import { ReplyMaker } from "./reply.ts";
import { Terms } from "./terms.ts";

const plan: ReplyPlan = { status: 429, reason: "", fields: [], body: "{path}", isTemplate: false, retryAfterS: -1 };
const maker = (rest: Partial<ReplyPlan>): ReplyMaker =>
  new ReplyMaker({ ...plan, ...rest }, new Terms(sampleScope("request"), null));

test("the wait that is told is whole seconds, never less than one", () => {
  const waits = [0, 1, 999, 1000, 1001, 60_000].map((ms) => maker({}).fill(new SampleScene(), ms).retryAfterS);
  expect(waits).toEqual([1, 1, 1, 1, 2, 60]);
  expect(maker({ retryAfterS: 7 }).fill(new SampleScene(), 60_000).retryAfterS).toBe(7);
});

test("an answer that is the same for everybody is made once", () => {
  const same = maker({ retryAfterS: 0 });
  expect(same.fill(new SampleScene())).toBe(same.fill(new SampleScene({ path: "/other" })));
  const filled = maker({ retryAfterS: 0, isTemplate: true });
  expect(filled.fill(new SampleScene({ path: "/a" })).body).toBe("/a");
  expect(filled.fill(new SampleScene({ path: "/b" })).body).toBe("/b");
});
