// The commands against an admin interface that is played: what is asked, what is shown, and the exit code.

import { afterEach, expect, test } from "bun:test";
import { endPlayed, played } from "../../test/adminplay.ts";
import type { ConfigAnswer, ReloadAnswer } from "../control/api/shape/config.ts";
import { confirm, reload, rollback } from "./reload.ts";

afterEach(endPlayed);

const done: ReloadAnswer = {
  ...{ successful: true, generation: 2, problems: [], warnings: [], isDryRun: false, diff: null, confirmBy: null },
};
const diff = {
  changes: [{ kind: "changed", path: "pools.app.retries", before: 1, after: 2 }],
  effects: ["pool app: new settings hold from the next request on"],
  restart: [],
} as const;

test("a reload is told in a line, and what is wrong with one in lines of its own", async () => {
  const bad = {
    ...done,
    successful: false,
    generation: 1,
    problems: ["x.yaml:1:1: error: a is wrong"],
    warnings: ["hm"],
  };
  const { options, said, writer, vigil } = played({
    "POST /reload": [
      [200, done],
      [422, bad],
    ],
  });
  expect(await reload(options, writer, vigil)).toBe(0);
  expect(await reload(options, writer, vigil)).toBe(1);
  expect(said).toEqual([
    "reloaded: plan 2 is in force",
    "! hm",
    "! x.yaml:1:1: error: a is wrong",
    "! not reloaded: plan 1 stays in force",
  ]);
});

test("a dry run tells what is a warning and an effect once", async () => {
  const [effect] = diff.effects;
  const warnings = [effect, "a certificate expires soon"];
  const { options, said, writer, vigil } = played({
    "POST /reload?dry=true": [[200, { ...done, isDryRun: true, warnings, diff }]],
  });
  expect(await reload({ ...options, dryRun: true }, writer, vigil)).toBe(0);
  expect(said.filter((line) => line.includes(effect))).toHaveLength(1);
  expect(said[0]).toBe("! a certificate expires soon");
});

test("a dry run shows what would change", async () => {
  const { options, said, writer, vigil } = played({
    "POST /reload?dry=true": [[200, { ...done, isDryRun: true, diff }]],
  });
  expect(await reload({ ...options, dryRun: true }, writer, vigil)).toBe(0);
  expect(said).toEqual(["~ pools.app.retries  1 -> 2\n  * pool app: new settings hold from the next request on"]);
});

const confirmBy = "2099-01-01T00:00:00.000Z";
const waiting = { ...done, diff, confirmBy };

test("without a terminal it is said how to confirm, and that is all", async () => {
  const { options, said, writer, vigil } = played({ "POST /reload?confirm=60s": [[200, waiting]] });
  expect(await reload({ ...options, confirm: "60s" }, writer, vigil)).toBe(0);
  expect(said.at(-1)).toBe(
    `it is rolled back at ${confirmBy}, unless you confirm: sluice reload confirm (or: sluice reload rollback)`,
  );
});

const config: ConfigAnswer = {
  config: { pools: { app: { servers: ["a:1", "b:2"], retries: 1 } }, lists: { "my list": { texts: [] } } },
  ...{ origin: "/etc/sluice.yaml", generation: 2, unwritten: [], confirmBy, rolledBackAt: null, writeProblem: null },
};

test("at a terminal Enter confirms, and r goes back", async () => {
  const answers = () => ({
    "POST /reload?confirm=60s": [[200, waiting]] as [number, object][],
    "GET /config": [[200, config]] as [number, object][],
    "POST /reload/confirm": [[200, { confirmed: true }]] as [number, object][],
    "POST /reload/rollback": [[200, { ...done, generation: 3 }]] as [number, object][],
  });
  const one = played(answers(), [null, ""]);
  expect(await reload({ ...one.options, confirm: "60s" }, one.writer, one.vigil)).toBe(0);
  expect(one.said.at(-1)).toBe("confirmed: it stays in force");
  expect(one.shown[0]).toMatch(/^\d+ s left: press Enter to confirm/);
  const other = played(answers(), ["r"]);
  expect(await reload({ ...other.options, confirm: "60s" }, other.writer, other.vigil)).toBe(0);
  expect(other.said.at(-1)).toBe("rolled back: plan 3 is in force");
});

test("what nobody confirmed is told, and ends with 1", async () => {
  const past = { ...waiting, confirmBy: "2020-01-01T00:00:00.000Z" };
  const back = { ...config, generation: 3, confirmBy: null };
  const { options, said, writer, vigil } = played(
    {
      "POST /reload?confirm=1s": [[200, past]],
      "GET /config": [
        [200, { ...config, confirmBy }],
        [200, back],
      ],
    },
    [null, null],
  );
  expect(await reload({ ...options, confirm: "1s" }, writer, vigil)).toBe(1);
  expect(said.at(-1)).toBe("rolled back: plan 3 is in force");
});

test("with nothing to confirm, confirm and rollback say so", async () => {
  const refusal: [number, object][] = [[409, { error: "nothing waits to be confirmed" }]];
  const { options, said, writer } = played({ "POST /reload/confirm": refusal, "POST /reload/rollback": refusal });
  expect([await confirm(options, writer), await rollback(options, writer)]).toEqual([1, 1]);
  expect(said).toEqual(["! sluice: nothing waits to be confirmed", "! sluice: nothing waits to be confirmed"]);
});
