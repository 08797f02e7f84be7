// Where a worker's time goes: reads the .cpuprofile that Bun writes and sums the time spent in each function itself.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface FunctionTime {
  readonly name: string;
  readonly place: string;
  readonly us: number;
}

/** The sampler says nothing while the loop waits; what follows such a gap is not the next function's time. */
const sampleUsMax = 1000;

/** Functions by their own time, most first. */
export function selfTimes(profile: CpuProfile, root: string): FunctionTime[] {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map<string, FunctionTime>();
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id);
    if (frame === undefined) return;
    const file = frame.url.replace("file://", "").replace(`${root}/`, "");
    const place = file === "" ? "(runtime)" : `${file}:${frame.lineNumber + 1}`;
    const name = frame.functionName || "(anonymous)";
    const key = `${name} ${place}`;
    const us = Math.min(profile.timeDeltas[index] ?? 0, sampleUsMax);
    times.set(key, { name, place, us: (times.get(key)?.us ?? 0) + us });
  });
  return [...times.values()].sort((a, b) => b.us - a.us);
}

const rowsMax = 30;

/** Of the profiles in the folder, one for each process, the worker's: the one that has run the data plane. */
export function profileTable(folder: string, root: string): string {
  const profile = readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as CpuProfile)
    .find(({ nodes }) => nodes.some(({ callFrame }) => callFrame.url.includes("/src/data/")));
  if (profile === undefined) throw new Error(`no worker wrote a profile to ${folder}`);
  const times = selfTimes(profile, root).filter(({ name }) => name !== "(idle)");
  const totalUs = times.reduce((sum, time) => sum + time.us, 0);
  const rows = times
    .slice(0, rowsMax)
    .map(({ name, place, us }) => `| ${((us / totalUs) * 100).toFixed(1)} % | ${name} | ${place} |`);
  return ["| self time | function | place |", "|---|---|---|", ...rows].join("\n");
}
