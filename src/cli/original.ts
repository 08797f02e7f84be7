// What the commands in the place of GopherProxy's two programs have in common: variables of which an empty one is as none, a Redis that must
// answer at the start, and a log on stdout whose lines have the originals' fields: time, level in capitals, msg and what else there is.

import { type Log, openLog } from "../control/log.ts";
import type { RedisRegistry } from "../registry/redis.ts";

const startMs = 5000;

export type Environment = Readonly<Record<string, string | undefined>>;
export type Line = Readonly<Record<string, unknown>>;

export function firstOf(...texts: readonly (string | undefined)[]): string {
  return texts.find((text) => text !== undefined && text.trim() !== "")?.trim() ?? "";
}

/** Null when it answers. One that is just starting is given some time. */
export async function reached(registry: RedisRegistry): Promise<string | null> {
  const endMs = performance.now() + startMs;
  for (;;) {
    try {
      await registry.ping();
      return null;
    } catch (error) {
      const { message } = error as Error;
      if (!message.includes("loading") || performance.now() > endMs) return message;
      await Bun.sleep(100);
    }
  }
}

/** `worded`: the lines that one of ours becomes, each with a msg; itself where nothing is said. */
export function openOriginalLog(worded: (line: Line) => readonly Line[] = (line) => [line]): Log {
  const write = (text: string): void => {
    const { level, time, ...said } = JSON.parse(text) as Line;
    for (const { msg, ...fields } of worded(said))
      process.stdout.write(`${JSON.stringify({ time, level: String(level).toUpperCase(), msg, ...fields })}\n`);
  };
  return openLog({ level: "info", format: "json", isColored: false, write });
}
