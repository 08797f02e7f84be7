import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { get, ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { formatRecorder, recorderBytes } from "../memory/recorderlayout.ts";
import { RecorderReader } from "../memory/recorderreader.ts";
import { Recorder } from "./recorder.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-worker-recorder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = { entriesMax: 4, hasQuery: false };

function made(name: string): string {
  const path = join(folder, name);
  const bytes = new Uint8Array(recorderBytes(2, 4));
  formatRecorder(bytes, 2, 4, []);
  writeFileSync(path, bytes);
  return path;
}

function written(path: string): number {
  return new RecorderReader(Bun.mmap(path, { shared: true })).next(1) - 1;
}

/** An exchange from its start to its report. */
function exchange(recorder: Recorder): void {
  const play = new Playbook({}, (ended) => recorder.exchange(ended));
  play.connect().sends(get("/"));
  play.accept().sends(ok("1"));
}

test("what ends goes into the ring of this worker, in the file of the plan in force", () => {
  const problems: string[] = [];
  const recorder = new Recorder(1, { nowMs: 1, wallMs: 1 }, (message) => problems.push(message));
  exchange(recorder);
  const [former, next] = [made("a"), made("b")];
  recorder.adopt(plan, former);
  exchange(recorder);
  recorder.adopt(plan, former);
  exchange(recorder);
  recorder.adopt({ ...plan, hasQuery: true }, next);
  exchange(recorder);
  recorder.adopt(null, null);
  exchange(recorder);
  expect([written(former), written(next), problems]).toEqual([2, 1, []]);
});

test("a file that cannot be mapped, or is none, is told of, and traffic goes on", () => {
  const problems: string[] = [];
  const recorder = new Recorder(1, { nowMs: 1, wallMs: 1 }, (message) => problems.push(message));
  recorder.adopt(plan, join(folder, "missing"));
  exchange(recorder);
  writeFileSync(join(folder, "none"), "text");
  recorder.adopt(plan, join(folder, "none"));
  exchange(recorder);
  expect(problems).toEqual([
    expect.stringMatching(/^worker 1 records no requests: ENOENT/),
    "worker 1 records no requests: it is no file of a flight recorder",
  ]);
});
