// Why a request is answered from a cache, or is not: what stands under its key, and what the rules of cache/ make of that now. It
// decides nothing itself. What is looked at are copies; nobody's hit is counted by it.

import { formatRoughly } from "../../base/duration.ts";
import { Key } from "../../cache/key.ts";
import { CachePolicy } from "../../cache/policy.ts";
import { mayShowOnError, reuse, reuseOf, reuseOfNothing } from "../../cache/reuse.ts";
import { reasonWords } from "../../cache/storing.ts";
import { writeVariant } from "../../cache/vary.ts";
import type { PoolCachePlan } from "../../config/plan.ts";
import { cacheFlag, cacheState } from "../../memory/cache.ts";
import type { CacheStore } from "../../memory/cachestore.ts";
import { inSlices } from "../slices.ts";
import type { KeyAnswer } from "./answer.ts";
import type { AskedRequest } from "./request.ts";
import { isResponse, type Standing, standingSteps } from "./standing.ts";
import { storedAnswer } from "./stored.ts";

/** A pool that uses a cache. */
export interface CacheUser {
  readonly pool: string;
  readonly plan: PoolCachePlan;
  readonly store: CacheStore;
}

/** What stands under the request's key of each pool; pools with one key in one cache together. `bypass`: why none is asked, in sentences. */
export async function whyKeys(
  request: AskedRequest,
  users: readonly CacheUser[],
  nowMs: number,
  bypass: string | null = null,
): Promise<KeyAnswer[]> {
  const groups = new Map<string, { readonly users: CacheUser[]; readonly key: Key; readonly policy: CachePolicy }>();
  for (const user of users) {
    const policy = new CachePolicy(user.plan, user.store.objectBytesMax);
    const key = new Key();
    key.write(request.head, request.isSecure, policy);
    const name = JSON.stringify([user.store.name, latin1(key.bytes.subarray(0, key.end))]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { users: [user], key, policy });
    else group.users.push(user);
  }
  const answers: KeyAnswer[] = [];
  for (const { users: all, key, policy } of groups.values()) {
    const answer = await whyKey(request, all, key, policy, nowMs);
    answers.push(bypass === null || !request.facts.isLookedUp ? answer : { ...answer, ...bypassed(bypass) });
  }
  return answers;
}

async function whyKey(
  request: AskedRequest,
  users: readonly CacheUser[],
  key: Key,
  policy: CachePolicy,
  nowMs: number,
): Promise<KeyAnswer> {
  const { store } = users[0]!;
  const first = latin1(key.bytes.subarray(0, key.firstEnd));
  const [url = ""] = first.split(/[\0-\x03]/);
  const all = await inSlices(standingSteps(store, url));
  const ours = all.filter((each) => each.first === first);
  const mark = ours.find(({ state }) => state === cacheState.vary);
  if (mark !== undefined) writeVariant(key, mark.head, 0, mark.head.length, request.head, request.facts);
  const variant = latin1(key.bytes.subarray(key.firstEnd, key.end));
  // The younger stands before the older, and the one that is shown is whole.
  const chosen = ours.filter(
    (each) => each.variant === variant && each.state !== cacheState.vary && !isForOthers(request, each),
  );
  const shown = chosen.find(({ state }) => state === cacheState.whole) ?? chosen[0];
  const pass = chosen.find(({ state }) => state === cacheState.pass);
  const responses = ours.filter(isResponse);
  return {
    cache: store.name,
    pools: users.map(({ pool }) => pool),
    key: keyText(first, policy),
    ...judged(request, shown, responses.length > 0, policy, nowMs),
    vary: mark === undefined ? [] : latin1(mark.head).split(", "),
    pass: pass === undefined ? null : reasonOf(pass),
    stored: responses.map((each) => storedAnswer(each, policy, nowMs, each === shown)),
    others: all.filter((each) => each.first !== first && isResponse(each)).length,
  };
}

/** A mark that is for requests with conditions only. */
function isForOthers({ facts: { ifNoneMatch, ifModifiedSince } }: AskedRequest, { facts }: Standing): boolean {
  return (facts.flags & cacheFlag.isForConditional) !== 0 && ifNoneMatch === -1 && ifModifiedSince === -1;
}

type Judged = Pick<KeyAnswer, "outcome" | "because">;

function judged(
  request: AskedRequest,
  shown: Standing | undefined,
  hasOthers: boolean,
  policy: CachePolicy,
  nowMs: number,
): Judged {
  if (!request.facts.isLookedUp)
    return { outcome: "method", because: `${request.method} is never answered from a cache` };
  if (shown === undefined || (shown.state === cacheState.fetching && policy.plan.collapseMs === 0)) {
    if (reuseOfNothing(request.facts, policy) === reuse.gatewayTimeout) return onlyIfCached;
    const because = hasOthers
      ? "what is stored was chosen by other values of the fields that Vary names"
      : "nothing is stored under its key: nobody has asked for it, it may not be stored (Cache-Status says why), or it has been evicted or purged";
    return { outcome: "miss", because };
  }
  switch (shown.state) {
    case cacheState.fetching:
      return { outcome: "wait", because: "somebody is asking for it just now: others wait for that answer" };
    case cacheState.filling:
      return { outcome: "wait", because: "it is on its way: others get what is there, and the rest as it comes" };
    case cacheState.pass:
      return { outcome: "pass", because: `it is not stored: ${reasonOf(shown).text}` };
    default:
      return ofStored(request, shown, policy, nowMs);
  }
}

const onlyIfCached: Judged = {
  outcome: "timeout",
  because: "the request says only-if-cached, and there is nothing to show: it is answered 504",
};

function bypassed(text: string): Judged {
  return { outcome: "bypass", because: `${text[0]!.toLowerCase()}${text.slice(1).replace(/\.$/, "")}` };
}

function ofStored(request: AskedRequest, { facts }: Standing, policy: CachePolicy, nowMs: number): Judged {
  const lateMs = Math.max(0, nowMs - facts.bornMs - facts.freshForMs);
  const late =
    facts.flags & cacheFlag.isPurged ? "it was purged, softly" : `it went stale ${formatRoughly(lateMs)} ago`;
  const rescue = mayShowOnError(facts, request.facts, policy, nowMs)
    ? "; should that fail, it is shown (stale-if-error)"
    : "";
  switch (reuseOf(facts, request.facts, policy, nowMs)) {
    case reuse.fresh:
      return {
        outcome: "hit",
        because: `it is fresh for another ${formatRoughly(facts.bornMs + facts.freshForMs - nowMs)}`,
      };
    case reuse.accepted:
      return { outcome: "stale", because: `${late}, and the request takes it like that (max-stale)` };
    case reuse.whileRevalidating:
      return { outcome: "stale", because: `${late}, and is shown while it is asked for anew (stale-while-revalidate)` };
    case reuse.reload:
      return {
        outcome: "reload",
        because: `the request wants another than the stored one: it is asked for anew${rescue}`,
      };
    case reuse.gatewayTimeout:
      return onlyIfCached;
    default: {
      const always = (facts.flags & cacheFlag.alwaysRevalidate) !== 0;
      const why = always ? "it says no-cache" : late;
      return { outcome: "revalidate", because: `${why}: it is asked for anew before it is shown${rescue}` };
    }
  }
}

function reasonOf({ facts }: Standing): { reason: string; text: string } {
  const [reason, sentence] = reasonWords[facts.reason] ?? ["unknown", "It was not stored."];
  return { reason, text: `${sentence[0]!.toLowerCase()}${sentence.slice(1).replace(/\.$/, "")}` };
}

/** Of what fields and cookies add to the URL, with their names. */
function keyText(first: string, { plan }: CachePolicy): string {
  const [url = ""] = first.split(/[\0-\x03]/);
  const values = first.slice(url.length).match(/[\0\x01][^\0-\x03]*/g) ?? [];
  const names = [...plan.keyFields, ...plan.keyCookies.map((name) => `cookie ${name}`)];
  const added = names.map((name, index) => {
    const value = values[index];
    return value === undefined || value[0] === "\0" ? `no ${name}` : `${name}: ${value.slice(1)}`;
  });
  const scope = plan.scope === "" ? [] : [`pool ${plan.scope}`];
  return [url, ...added, ...scope].join(", ");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
