// `sluice cache ls` and `sluice cache purge`: what the caches of a running Sluice hold, and what is to go. Why a request is answered
// from one stands in cachewhy.ts. A purge says how many responses it was about; it asks nothing back.

import type { CacheSummary, CachesAnswer, PurgedAnswer } from "../control/cache/answer.ts";
import { bytesText } from "./bytes.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, failureOf, type RemoteOptions } from "./client.ts";
import { table } from "./table.ts";

const USAGE_ERROR = 2;

export async function cacheList(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", "/api/v1/caches");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return failureOf(answer);
  }
  const { caches } = answer.body as CachesAnswer; // What our own admin interface answers.
  if (options.json === true) writer.out(JSON.stringify(answer.body, null, 2));
  else if (caches.length === 0) writer.note("the config has no caches");
  else writer.out(cachesText(caches));
  return 0;
}

export function cachesText(caches: readonly CacheSummary[]): string {
  const rows = caches.map(({ name, policy, pools, objectBytesMax, redis, remote, holds }) => [
    name,
    redis ? `${policy}, redis${remote?.state === "away" ? " (away)" : ""}` : policy,
    ...(holds === null
      ? ["(each worker's own)", "-", "-", "-", "-"]
      : [
          `${bytesText(holds.bytes)} of ${bytesText(holds.bytesMax)}`,
          `${Math.round((holds.bytes / Math.max(1, holds.bytesMax)) * 100)} %`,
          String(holds.entries),
          String(holds.evictions),
          String(holds.refusals + holds.misfits),
        ]),
    bytesText(objectBytesMax),
    pools.length === 0 ? "(none)" : pools.join(" "),
  ]);
  const headings = ["CACHE", "POLICY", "MEMORY", "FULL", "RESPONSES", "EVICTED", "REFUSED", "LARGEST", "POOLS"];
  const own = caches.filter(({ holds }) => holds === null).map(({ name }) => name);
  const note = `of ${own.join(", ")} each worker has its own (memory: worker), which cannot be looked into from outside; sluice_cache_* in /metrics counts what they answer`;
  return [table(headings, rows, [3, 4, 5, 6, 7]), ...(own.length === 0 ? [] : ["", note])].join("\n");
}

export interface PurgeOptions extends RemoteOptions {
  readonly url?: string;
  readonly prefix?: string;
  readonly tag?: string;
  readonly all?: boolean;
  readonly soft?: boolean;
  readonly cache?: string;
}

export async function cachePurge(options: PurgeOptions, writer: Writer): Promise<number> {
  const { url, prefix, tag, all, soft, cache } = options;
  const meant = Object.entries({ url, prefix, tag, all }).filter(([, value]) => value !== undefined);
  if (meant.length !== 1) {
    writer.err("sluice: say what is to be purged by one of these: --url URL, --prefix URL, --tag TAG, --all");
    return USAGE_ERROR;
  }
  const others = Object.entries({ soft, cache }).filter(([, value]) => value !== undefined);
  const answer = await ask(options, "POST", "/api/v1/cache/purge", Object.fromEntries([...meant, ...others]));
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${inOurWords(refusal ?? "")}`);
    return failureOf(answer);
  }
  const body = answer.body as PurgedAnswer;
  writer.out(options.json === true ? JSON.stringify(body, null, 2) : purgedText(body));
  return 0;
}

/** The fields of a request are the options of the command. */
function inOurWords(message: string): string {
  return message.replace(/"(url|prefix|tag|all|soft|cache)"/g, (_, word: string) => `--${word}`);
}

export function purgedText({ purged, soft, caches, told, unreached, removed }: PurgedAnswer): string {
  const names = Object.entries(caches).filter(([, count]) => count > 0);
  const where = names.length === 0 ? "" : ` in ${names.map(([name]) => name).join(", ")}`;
  const count = purged === 1 ? "1 response" : `${purged === 0 ? "no" : purged} responses`;
  const done = soft ? `${count}${where} ${purged === 1 ? "is" : "are"} stale from now on` : `purged ${count}${where}`;
  const workers = told.length === 0 ? "" : `; workers are told to do so in their own caches (${told.join(", ")})`;
  const away = `\nthe Redis behind ${unreached.join(", ")} is away: it is purged there as soon as it is back, and until then what it holds may come back`;
  const gone = `\nin the Redis behind ${removed.join(", ")} it is gone, not stale`;
  return `${done}${workers}${removed.length === 0 ? "" : gone}${unreached.length === 0 ? "" : away}`;
}
