// One set as it stands in Redis, read at one moment by a script; and without scripts, where a user is kept from them, as far as that goes:
// its members, but no leases. A set of many thousands is read in part.

import type { Connection } from "../redis/connection.ts";
import { type Reply, ReplyError } from "../redis/resp.ts";
import { RegistryError } from "./registry.ts";
import { keysOf, readMax, readScript } from "./scripts.ts";

export interface SetReading {
  /** Of all members, read or not, whether their lease is over or not. */
  readonly size: number;
  /** Those whose lease is over are not among them. */
  readonly members: readonly string[];
  readonly draining: readonly string[];
  /** Those whose lease is over, and who still stand there. */
  readonly over: readonly string[];
  /** Where there are some: the word of some sentinel still counts, and its next vote takes them out. */
  readonly hasSentinel: boolean;
  /** Until the next lease ends; null where there is none. */
  readonly nextEndMs: number | null;
}

/** Rejects as `ask` does. */
export async function readSet(connection: Connection, set: string): Promise<SetReading> {
  const { draining, leases, views } = keysOf(set);
  try {
    return readingOf(await connection.ask("EVAL", readScript, 4, set, draining, leases, views));
  } catch (error) {
    if (!isKeptFrom(error)) throw await named(error, connection, set);
    return readPlainly(connection, set, draining);
  }
}

/** Of what stands where another kind was looked for Redis does not say the key: it is looked for, and the error names it. */
export async function named(error: unknown, connection: Connection, set: string): Promise<unknown> {
  if (!(error instanceof ReplyError) || !error.message.includes("WRONGTYPE")) return error;
  const keys = keysOf(set);
  const kinds = { [keys.set]: "set", [keys.draining]: "set", [keys.leases]: "zset", [keys.views]: "hash" };
  try {
    for (const [key, kind] of Object.entries(kinds)) {
      const found = String(await connection.ask("TYPE", key));
      if (found !== kind && found !== "none")
        return new RegistryError(`${key} is no ${kind} but something of another kind (${found})`);
    }
  } catch {
    // This user may not ask; what is known is told.
  }
  return error;
}

/** By Redis' own words: this user, or this Redis, has no such command. */
export function isKeptFrom(error: unknown): boolean {
  if (!(error instanceof ReplyError)) return false;
  return error.code === "NOPERM" || /^ERR unknown command|can't run this command/i.test(error.message);
}

export function textsOf(reply: Reply | undefined): string[] {
  return Array.isArray(reply) ? reply.filter((each) => typeof each === "string") : [];
}

function readingOf(reply: Reply): SetReading {
  const [size, members, draining, over, next, alive] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
  if (typeof size !== "number") throw new ReplyError("ERR the script answers something else");
  const gone = new Set(textsOf(over));
  const there = textsOf(members);
  return {
    size,
    members: gone.size === 0 ? there : there.filter((member) => !gone.has(member)),
    draining: textsOf(draining),
    over: there.filter((member) => gone.has(member)),
    hasSentinel: alive === 1,
    nextEndMs: typeof next === "number" && next >= 0 ? next : null,
  };
}

async function readPlainly(connection: Connection, set: string, draining: string): Promise<SetReading> {
  const some = async (key: string): Promise<readonly [number, string[]]> => {
    const size = Number(await connection.ask("SCARD", key).catch(onlyWhenKept));
    if (size <= readMax) return [size, textsOf(await connection.ask("SMEMBERS", key))];
    const page = await connection.ask("SSCAN", key, 0, "COUNT", readMax);
    return [size, Array.isArray(page) ? textsOf((page as readonly Reply[])[1]).slice(0, readMax) : []];
  };
  const [size, members] = await some(set);
  const [, drained] = await some(draining).catch((error: unknown): readonly [number, string[]] => {
    if (isKeptFrom(error)) return [0, []];
    throw error;
  });
  return {
    size: Math.max(size, members.length),
    members,
    draining: drained,
    over: [],
    hasSentinel: false,
    nextEndMs: null,
  };
}

function onlyWhenKept(error: unknown): Reply {
  if (isKeptFrom(error)) return 0;
  throw error;
}
