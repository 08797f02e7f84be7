// The public suite of HTTP cache tests against a real Sluice with two workers: what is not passed is listed with its reason
// (test/conform/cachesuite/unmet.ts), and nothing else fails. `npm run cache-suite` plays it against other caches too.

import { expect, setDefaultTimeout } from "bun:test";
import { startSluice } from "../conform/cachesuite/setup.ts";
import { type Judged, type Kind, Suite, sum } from "../conform/cachesuite/suite.ts";
import { optimal, required } from "../conform/cachesuite/unmet.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";

setDefaultTimeout(120_000);
const test = testWith(["node"]);

/** With the suite's words, so that a failure tells what happened. */
function missed(judged: readonly Judged[], kind: Kind): string[] {
  return judged
    .filter((it) => it.kind === kind && !it.isPassed)
    .map(({ id, detail }) => (id in required || id in optimal ? id : `${id}: ${detail}`))
    .sort();
}

test("the public suite of cache tests: all is passed but what is listed with its reason", async () => {
  await using room = new Room();
  const suite = await Suite.start(room);
  const sluice = await startSluice(room, suite.address);
  const judged = await suite.playTwice(sluice.url, (id) => id in required || id in optimal);
  expect(missed(judged, "required")).toEqual(Object.keys(required).sort());
  expect(missed(judged, "optimal")).toEqual(Object.keys(optimal).sort());
  expect(sum(judged, "required")).toEqual({ passed: 146, all: 165 });
  expect(sum(judged, "optimal")).toEqual({ passed: 85, all: 95 });
});
