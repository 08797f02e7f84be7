// What is asked and answered; what is found is the recorder's business (../recorder.test.ts).

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePlan } from "../../../test/playbook/plan.ts";
import { Recorder } from "../recorder.ts";
import { requestOperations } from "./requests.ts";
import { routesOfOperations } from "./router.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-requests-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function asked(recorder: Recorder, path: string): Promise<[number, unknown]> {
  const url = new URL(path, "http://a");
  const answer = await routesOfOperations(requestOperations(recorder))(new Request(url.href), url.pathname)!;
  return [answer.status, await answer.json()];
}

function recorderOf(entriesMax: number): Recorder {
  const recorder = new Recorder(join(folder, String(entriesMax)), 1);
  const plan = entriesMax === 0 ? null : { entriesMax, hasQuery: false };
  recorder.prepare({ ...makePlan(), recorder: plan }).keep();
  return recorder;
}

test("a list says how many were looked through, and whether there is a recorder at all", async () => {
  expect(await asked(recorderOf(4), "/api/v1/requests?limit=5")).toEqual([
    200,
    { requests: [], looked: 0, isOn: true },
  ]);
  expect(await asked(recorderOf(0), "/api/v1/requests")).toEqual([200, { requests: [], looked: 0, isOn: false }]);
});

test("what cannot be meant is refused by the name of the parameter", async () => {
  const recorder = recorderOf(4);
  const refusals: unknown[] = [];
  for (const query of ["limit=0", "limit=many", "after=x", "status=abc", "client=here", "failed=perhaps", "statuss=1"])
    refusals.push((await asked(recorder, `/api/v1/requests?${query}`))[0]);
  expect(refusals).toEqual([400, 400, 400, 400, 400, 400, 400]);
  expect((await asked(recorder, "/api/v1/requests?slower=soon"))[1]).toEqual({
    error: expect.stringMatching(/^slower must be a duration/),
  });
});

test("one that is not there: why", async () => {
  expect(await asked(recorderOf(4), "/api/v1/requests/0-1")).toEqual([
    404,
    { error: "there is no request 0-1: each worker's last 4 are kept" },
  ]);
  expect(await asked(recorderOf(4), "/api/v1/requests/first")).toEqual([
    404,
    { error: '"first" is no id of a request; they are such as 0-1234' },
  ]);
  expect(await asked(recorderOf(0), "/api/v1/requests/0-1")).toEqual([
    404,
    { error: "no request is recorded: recorder.entries is 0 in the config" },
  ]);
});
