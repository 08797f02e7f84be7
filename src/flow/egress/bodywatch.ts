// What a body says of the outbound address that it came by: some servers say "blocked" with status 200. A step down of the stair sets it
// on, where the config looks for something in bodies of that host and type; then the first bytes of the content are gathered as they
// pass, out of their coding, and looked through once. Nothing is held up: of content in a coding the verdict may come after the
// exchange is over, and who waits for it is told then.

import { assert } from "../../base/assert.ts";
import type { EgressBodyPlan, EgressMeaning } from "../../config/plan.ts";
import { MediaTypes } from "../../rewrite/mediatype.ts";
import { readPattern } from "../../rules/expression/pattern.ts";
import type { Head } from "../../wire/http1/head.ts";
import { codingOf } from "../bodies.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import type { Onlooker } from "../filter.ts";
import { fieldOf, textOf } from "../headvalues.ts";
import type { Coder, CoderFlow } from "../port.ts";

/** Of content: a page that says no says so early. */
export const watchedBytesMax: number = 64 * 1024;

/** An entry of the config, ready to be asked. */
export interface BodyRule {
  readonly types: MediaTypes;
  readonly means: EgressMeaning;
  isFor(host: string): boolean;
  /** In bytes, one a character. */
  isIn(text: string): boolean;
}

export function bodyRuleOf({ find, isPattern, types, means, hosts }: EgressBodyPlan): BodyRule {
  const text = Buffer.from(find).toString("latin1");
  return { types: new MediaTypes(types, false), means, isFor: hostsOf(hosts), isIn: finderOf(text, isPattern) };
}

function hostsOf(hosts: readonly string[]): (host: string) => boolean {
  const whole = new Set(hosts);
  const suffixes = hosts.filter((each) => each.startsWith("*.")).map((each) => each.slice(1));
  return (host) => hosts.length === 0 || whole.has(host) || suffixes.some((each) => host.endsWith(each));
}

function finderOf(find: string, isPattern: boolean): (text: string) => boolean {
  if (!isPattern) return (text) => text.includes(find);
  const read = readPattern(find, "");
  assert(read.ok, `the pattern ${JSON.stringify(find)} of a plan does not compile`);
  const { pattern } = read;
  return (text) => pattern.execFrom(text, 0) !== null;
}

/** The step: behind all that makes other content of it, and behind the cache, whose look at it goes on. */
export function watchBody(exchange: Exchange, context: Context, head: Head): boolean {
  const { lease, passage } = exchange;
  if (lease === null || lease.member === null) return true;
  const type = fieldOf(head, "content-type");
  const rules = lease.site.bodyRules.filter((rule) => rule.types.has(type) && rule.isFor(lease.wish.host));
  const coding = rules.length === 0 ? "other" : codingOf(head);
  if (coding === "other") return true;
  const watch = new BodyWatch(rules, passage.onlooker);
  if (coding !== null) watch.open(context.port.coder({ coding, isOpening: true, level: 4 }, watch));
  passage.onlooker = watch;
  lease.watch = watch;
  return true;
}

export class BodyWatch implements Onlooker, CoderFlow {
  /** What it has found; null: nothing, or nothing yet. */
  meaning: EgressMeaning | null = null;
  /** Told when the verdict is there; nobody waits where that was soon enough. */
  whenOver: ((meaning: EgressMeaning | null) => void) | null = null;
  readonly #rules: readonly BodyRule[];
  /** Who looks on besides. */
  readonly #other: Onlooker | null;
  #coder: Coder | null = null;
  #writtenBytes = 0;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(rules: readonly BodyRule[], other: Onlooker | null) {
    this.#rules = rules;
    this.#other = other;
  }

  /** It comes in a coding. */
  open(coder: Coder): void {
    this.#coder = coder;
  }

  /** All has been seen, and the verdict is still to come. */
  get isPending(): boolean {
    return !this.#isOver;
  }

  /** By itself it is no reason to go on for a client that has left. */
  get isIncidental(): boolean {
    return this.#other === null;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    this.#other?.add(bytes, start, end);
    if (this.#isOver) return;
    const coder = this.#coder;
    if (coder === null) return this.#gather(bytes, start, end);
    if (this.#writtenBytes >= watchedBytesMax) return;
    const until = Math.min(end, start + watchedBytesMax - this.#writtenBytes);
    this.#writtenBytes += until - start;
    coder.write(bytes, start, until);
  }

  relieve(isChunked: boolean, chunkLeft: number): boolean {
    return this.#other?.relieve?.(isChunked, chunkLeft) === true;
  }

  isKept(isLast: boolean): boolean {
    return this.#other?.isKept?.(isLast) !== false;
  }

  over(isWhole: boolean): void {
    this.#other?.over(isWhole);
    if (this.#isOver) return;
    if (this.#coder === null) this.#judge();
    else this.#coder.end();
  }

  // ---- told by the coder ----

  coded(bytes: Uint8Array): void {
    if (!this.#isOver) this.#gather(bytes, 0, bytes.length);
  }

  ended(): void {
    this.#judge();
  }

  /** What was cut off does not end as it should; what came before that is as good. */
  broken(): void {
    this.#judge();
  }

  room(): void {}

  #gather(bytes: Uint8Array, start: number, end: number): void {
    const until = Math.min(end, start + watchedBytesMax - this.#bytes);
    this.#pieces.push(bytes.slice(start, until));
    this.#bytes += until - start;
    if (this.#bytes >= watchedBytesMax) this.#judge();
  }

  #judge(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#coder?.close();
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [];
    const text = textOf(whole, 0, whole.length);
    this.meaning = this.#rules.find((rule) => rule.isIn(text))?.means ?? null;
    this.whenOver?.(this.meaning);
  }
}
