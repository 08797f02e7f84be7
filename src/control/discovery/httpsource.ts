// A document that is fetched again and again. One that has not changed costs a question and no answer where its server knows
// validators (RFC 9110 13.1): the tag or date of the last good one goes along.

import type { Discover, DiscoverHttp } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import type { Teller } from "./entry.ts";
import { answers, fetchWhole, placeOf, type Target } from "./fetching.ts";
import { answerBytesMax, readAnswer } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

export class HttpSource implements Source {
  readonly name: string;
  readonly #target: Target;
  readonly #path: string;
  readonly #settings: Discover;
  readonly #teller: Teller;
  readonly #rhythm: Rhythm;
  #asking: Asking | null = null;
  #last: { readonly answer: Answer; readonly validators: Record<string, string> } | null = null;

  constructor({ url, headers, tls }: DiscoverHttp, settings: Discover, rhythm: Rhythm) {
    this.name = `http ${placeOf(url)}`;
    // The whole path stands in the question, for it may have a query.
    const parsed = url.startsWith("unix:") ? null : new URL(url);
    const base = parsed === null ? url : url.slice(0, url.length - afterHost(url).length);
    this.#path = parsed === null ? "/" : `${parsed.pathname}${parsed.search}`;
    this.#target = { base, headers: lowered(headers ?? {}), tls };
    this.#settings = settings;
    this.#teller = parsed === null ? "here" : "afar";
    this.#rhythm = rhythm;
  }

  start(tell: (answer: Answer) => void): void {
    this.#asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    this.#asking.now();
  }

  stop(): void {
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    const last = this.#last;
    const headers = { ...last?.validators, ...this.#target.headers };
    const target = { ...this.#target, headers };
    const fetched = await fetchWhole(target, this.#path, answerBytesMax, signal);
    if (fetched.status === 304 && last !== null) return { answer: last.answer };
    if (fetched.status !== 200) throw new Refusal(answers(fetched.status));
    const answer = readAnswer(fetched.body, this.#settings, this.#teller);
    if (answer.ok) this.#last = { answer, validators: validatorsOf(fetched.headers) };
    return { answer };
  }
}

function validatorsOf(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const { etag, "last-modified": modified } = headers;
  if (typeof etag === "string") return { "if-none-match": etag };
  return typeof modified === "string" ? { "if-modified-since": modified } : {};
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Of a web address: what comes behind the host. */
function afterHost(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*(.*)$/is.exec(url)?.[1] ?? "";
}
