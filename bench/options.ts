// What `npm run bench` is asked for, and what it says of itself. It starts nothing: who asks for help, or mistypes, has nothing to
// clear away.

import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Keys of scenarios and parts; null: all. */
  readonly only: string | null;
  readonly rounds: number;
  readonly seconds: number;
  readonly json: string | null;
  readonly profile: boolean;
  readonly sluice: string | null;
  readonly thinkMs: number | undefined;
}

export const usage = `npm run bench -- [options]

Sluice beside HAProxy and nginx, in one run on one machine, on Linux.

  --only a,b     of bench/scenario.ts and bench/part.ts   --rounds N      turns of each target, 5
  --seconds S    length of one run, 4                     --json FILE     write the figures there too
  --profile      profile Sluice's worker instead and write docs/profile/SCENARIO.md
  --sluice PATH  measure the launcher of another checkout
  --think MS     what connections of (t) to (y) wait before they ask again, 4; 0: all ask for as much as there is to be had
  --help         say this
` as const;

/** Or what to say instead, and the exit code. */
export function readOptions(args: readonly string[]): BenchOptions | { readonly said: string; readonly code: number } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        rounds: { type: "string", default: "5" },
        seconds: { type: "string", default: "4" },
        json: { type: "string" },
        profile: { type: "boolean", default: false },
        think: { type: "string" },
        sluice: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { said: usage, code: 0 };
    return {
      only: values.only ?? null,
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      json: values.json ?? null,
      profile: values.profile,
      sluice: values.sluice ?? null,
      thinkMs: values.think === undefined ? undefined : Number(values.think),
    };
  } catch (error) {
    return { said: `${(error as Error).message.split(".")[0]}\n\n${usage}`, code: 2 };
  }
}
