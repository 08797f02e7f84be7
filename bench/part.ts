// What is measured of parts alone, without proxies and load: a program of its own each (bench/micro), which prints its figures. Only
// those that answer what users ask of a scale are run with the bench; all others are for whoever changes the part.

import { join } from "node:path";
import { run } from "../scripts/stage/command.ts";

export interface Part {
  readonly key: string;
  readonly title: string;
  /** Below bench/. */
  readonly path: string;
}

export const parts: readonly Part[] = [
  { key: "w", title: "egress pools: choosing one of 300 and of 10,000 addresses", path: "micro/egress.ts" },
  { key: "x", title: "egress pools: reading an access log, beside grep", path: "micro/logscan.ts" },
];

const timeoutMs = 600_000;

/** The lines that it has printed. */
export async function measurePart({ title, path }: Part): Promise<readonly string[]> {
  const { code, output } = await run(process.execPath, [join(import.meta.dir, path)], { timeoutMs });
  if (code !== 0) throw new Error(`${title}: ${output}`);
  console.log(output.trimEnd());
  return output.trimEnd().split("\n");
}
