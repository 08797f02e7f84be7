// The process that watch.ts starts: it runs the tests of one config from some test on, and tells how it goes. Whoever it tells may be
// gone; then it has nothing more to do.

import { loadConfig } from "../config/load.ts";
import { runTests, type TestResult } from "./run.ts";
import { subjectIn } from "./subject.ts";

/** What it says, by structured clone. */
export type Course =
  | { readonly kind: "moving" | "ready" }
  | { readonly kind: "result"; readonly result: TestResult }
  /** Nothing can be tested. */
  | { readonly kind: "failure"; readonly message: string };

const beatMs = 200;

export async function runCourse(path: string, from: number): Promise<void> {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("tests are run for another process, which is not there");
  process.on("disconnect", () => process.exit(1));
  const say = (said: Course): void => void send(said);
  setInterval(() => say({ kind: "moving" }), beatMs);
  try {
    const loaded = await loadConfig(path);
    const subject = await subjectIn(loaded);
    say({ kind: "ready" });
    for (const test of subject.config.tests.slice(from))
      for (const result of await runTests(subject, [test])) say({ kind: "result", result });
  } catch (error) {
    say({ kind: "failure", message: (error as Error).message });
  }
  process.exit(0);
}
