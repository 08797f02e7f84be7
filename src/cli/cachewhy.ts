// `sluice cache why URL`: what stands under the key of such a request, and why it is answered from there or is not. The verdict
// comes first, in a sentence; below it, what it follows from.

import { formatRoughly } from "../base/duration.ts";
import type { KeyAnswer, StoredAnswer, WhyAnswer } from "../control/cache/answer.ts";
import { bytesText } from "./bytes.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, failureOf, type RemoteOptions } from "./client.ts";

export interface WhyOptions extends RemoteOptions {
  /** "name: value" each. */
  readonly header?: readonly string[];
  readonly request?: string;
  readonly listener?: string;
  readonly cache?: string;
}

const USAGE_ERROR = 2;

/** `words`: a method, which may be left out, and a URL. */
export async function cacheWhy(words: readonly string[], options: WhyOptions, writer: Writer): Promise<number> {
  if (words.length > 2) {
    writer.err(`sluice: a method and a URL, not ${words.length} words: quote a URL that has spaces or an &`);
    return USAGE_ERROR;
  }
  const [url, method] = words.length === 2 ? [words[1]!, words[0]!] : [words[0]!, options.request];
  const query = new URLSearchParams({ url });
  if (method !== undefined) query.set("method", method);
  if (options.listener !== undefined) query.set("listener", options.listener);
  if (options.cache !== undefined) query.set("cache", options.cache);
  for (const header of options.header ?? []) query.append("header", header);
  const answer = await ask(options, "GET", `/api/v1/cache/why?${query}`);
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return failureOf(answer);
  }
  const body = answer.body as WhyAnswer; // What our own admin interface answers.
  writer.out(options.json === true ? JSON.stringify(body, null, 2) : whyText(body));
  return 0;
}

export function whyText({ method, url, keys, notes }: WhyAnswer): string {
  const lines = [`${method} ${url}`];
  for (const key of keys) lines.push(...keyLines(key, url));
  if (keys.length === 0) lines.push(notes.length === 0 ? "  no cache is asked for it" : "  nothing can be told of it:");
  if (notes.length > 0) lines.push("", ...notes.map((note) => `  note: ${note}`));
  return lines.join("\n");
}

function keyLines(key: KeyAnswer, url: string): string[] {
  const { cache, pools, outcome, because, stored, vary, others } = key;
  const whose = pools.length === 1 ? `pool ${pools[0]}` : `pools ${pools.join(", ")}`;
  const lines = ["", `  ${outcome}: ${because}`, "", line("cache", `${cache}, of ${whose}`)];
  if (key.key !== url) lines.push(line("key", key.key));
  if (vary.length > 0) lines.push(line("vary", vary.join(", ")));
  const chosen = stored.filter(({ isChosen }) => isChosen);
  for (const each of chosen) lines.push(...storedLines(each));
  const rest = stored.filter(({ isChosen }) => !isChosen);
  if (rest.length > 0) {
    const title = chosen.length === 0 ? "stored for other requests" : "other variants";
    lines.push("", `  ${title}:`, ...rest.map((each) => `    ${variantText(each)}  ${shortText(each)}`));
  }
  if (others > 0)
    lines.push(
      "",
      `  ${counted(others, "response")} for this URL under other fields or cookies of the key, or of other pools`,
    );
  return lines;
}

function storedLines(each: StoredAnswer): string[] {
  const { status, bodyBytes, ageMs, storedAt, hits, tags, etag, lastModified } = each;
  if (each.state === "fetching") return [line("since", "its head has not come yet")];
  const what = `${status}, ${bytesText(bodyBytes)}${each.state === "filling" ? " so far" : ""}`;
  const lines = [
    line("stored", `${what}, ${short(storedAt)}, ${counted(hits, "hit")}`),
    line("age", formatRoughly(ageMs)),
    line("fresh", freshText(each)),
  ];
  const stale = staleText(each);
  if (stale !== "") lines.push(line("stale", stale));
  if (Object.keys(each.variant).length > 0) lines.push(line("variant", variantText(each)));
  const validators = [...(etag === null ? [] : [etag]), ...(lastModified === null ? [] : [short(lastModified)])];
  if (validators.length > 0) lines.push(line("validator", validators.join(", ")));
  if (tags.length > 0) lines.push(line("tags", tags.join(" ")));
  return lines;
}

function freshText({ isFresh, freshForMs, lifetimeMs, lifetimeFrom, isPurged }: StoredAnswer): string {
  const from = lifetimeFrom === "" ? "" : ` by ${lifetimeFrom}`;
  const left = isFresh
    ? `${formatRoughly(freshForMs)} left`
    : isPurged && freshForMs > 0
      ? "purged, softly"
      : `over since ${formatRoughly(-freshForMs)}`;
  return `${formatRoughly(lifetimeMs)}${from}, ${left}`;
}

function staleText({ staleWhileRevalidateMs, staleIfErrorMs, mustRevalidate, noCache }: StoredAnswer): string {
  if (noCache) return "never shown without asking first (no-cache)";
  if (mustRevalidate) return "never shown (must-revalidate)";
  const parts: string[] = [];
  if (staleWhileRevalidateMs > 0)
    parts.push(`shown for ${formatRoughly(staleWhileRevalidateMs)} while it is asked for anew`);
  if (staleIfErrorMs > 0) parts.push(`shown for ${formatRoughly(staleIfErrorMs)} when its server fails`);
  return parts.join(", ");
}

function shortText(each: StoredAnswer): string {
  if (each.state === "fetching") return "on its way";
  const state = each.isFresh ? `fresh for ${formatRoughly(each.freshForMs)}` : "stale";
  return `${each.status}, ${bytesText(each.bodyBytes)}, ${state}, ${counted(each.hits, "hit")}`;
}

function variantText({ variant }: StoredAnswer): string {
  const fields = Object.entries(variant).map(([name, value]) => (value === null ? `no ${name}` : `${name}: ${value}`));
  return fields.length === 0 ? "(the only variant)" : fields.join(", ");
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(9)}  ${text}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function short(iso: string): string {
  return iso.replace(/\.\d+Z$/, "Z");
}
