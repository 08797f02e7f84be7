import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeProfile } from "./profiler.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-profile-"));
afterAll(() => rmSync(folder, { recursive: true }));

function spin(untilMs: number): number {
  let sum = 0;
  while (performance.now() < untilMs) sum += Math.sqrt(sum + 1);
  return sum;
}

test("a CPU profile tells which functions ran, in the form that developer tools open", async () => {
  const path = join(folder, "a.cpuprofile");
  const taken = takeProfile({ what: "cpu", seconds: 0.2, path });
  await new Promise((resolve) => setTimeout(resolve, 20));
  spin(performance.now() + 120);
  await taken;
  const profile = JSON.parse(readFileSync(path, "utf8")) as {
    readonly nodes: readonly { readonly callFrame: { readonly functionName: string } }[];
    readonly samples: readonly number[];
    readonly timeDeltas: readonly number[];
  };
  expect(profile.nodes.map(({ callFrame }) => callFrame.functionName)).toContain("spin");
  expect(profile.samples.length).toBe(profile.timeDeltas.length);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a heap snapshot is one that developer tools open, and for nobody else to read", async () => {
  const path = join(folder, "a.heapsnapshot");
  await takeProfile({ what: "heap", seconds: 0, path });
  const { snapshot, nodes } = JSON.parse(readFileSync(path, "utf8")) as { snapshot: object; nodes: number[] };
  expect(Object.keys(snapshot)).toContain("meta");
  expect(nodes.length).toBeGreaterThan(1000);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("what cannot be written is told", async () => {
  expect(await takeProfile({ what: "cpu", seconds: 0.01, path: join(folder, "no", "where") }).catch(String)).toContain(
    "ENOENT",
  );
});
