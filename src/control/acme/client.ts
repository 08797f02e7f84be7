// Speaks ACME (RFC 8555) with one authority: its directory, nonces, signed requests, and what goes wrong with them. It knows the protocol and
// no order of steps: that is order.ts'. A nonce that is refused is replaced and the request sent again; whatever else goes wrong
// is a `Trouble`. One client is made for each order, so that a directory that has moved is found.

import type { AccountKey } from "./jws.ts";
import type { Answer, Ask, Question } from "./network.ts";
import { problemIn, retryAfterMs, safeText, Trouble } from "./trouble.ts";

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** Null where it has none. */
  readonly terms: string | null;
  readonly needsExternalAccount: boolean;
}

export interface Said {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
  readonly text: string;
  readonly location: string | null;
  /** 0: it said nothing. */
  readonly retryAfterMs: number;
}

export interface ClientOptions {
  readonly directory: string;
  readonly key: AccountKey;
  readonly ask: Ask;
  readonly stop: AbortSignal;
  readonly nowMs: () => number;
}

/** A nonce may be refused because it is old, or another node of the authority knows nothing of it. */
const attemptsMax = 12;
const noncesMax = 5;
const jose = "application/jose+json";

export class AcmeClient {
  readonly #options: ClientOptions;
  readonly #nonces: string[] = [];
  readonly #host: string;
  /** Address of the account, once that is known. */
  account: string | null = null;
  #directory: Directory | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#host = new URL(options.directory).host;
  }

  get key(): AccountKey {
    return this.#options.key;
  }

  async directory(): Promise<Directory> {
    if (this.#directory !== null) return this.#directory;
    const answer = await this.#ask({ method: "GET", url: this.#options.directory, headers: {} });
    if (answer.status !== 200) throw this.#troubleOf(answer);
    const found = (bodyOf(answer) ?? {}) as Record<string, unknown>; // Looked at member by member.
    const meta = (found["meta"] ?? {}) as Record<string, unknown>; // As above.
    const address = (name: string): string => {
      const url = URL.parse(typeof found[name] === "string" ? found[name] : "");
      if (url?.protocol === "https:") return url.href;
      throw new Trouble("away", `${this.#host} answers no directory of ACME: it has no address for ${name}`);
    };
    const { termsOfService: terms, externalAccountRequired } = meta;
    this.#directory = {
      ...{ newNonce: address("newNonce"), newAccount: address("newAccount"), newOrder: address("newOrder") },
      terms: typeof terms === "string" ? safeText(terms) : null,
      needsExternalAccount: externalAccountRequired === true,
    };
    return this.#directory;
  }

  /** Reads what is at an address of the authority's, which is a signed request without content (6.3). */
  read(url: string, accept = "application/json"): Promise<Said> {
    return this.post(url, "", accept);
  }

  /** Rejects with a `Trouble` for whatever is no success. */
  async post(url: string, payload: object | "", accept = "application/json"): Promise<Said> {
    const { key, nowMs } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const signed = key.sign(this.#checked(url), await this.#nonce(), this.account, payload);
      const headers = { "content-type": jose, accept };
      const answer = await this.#ask({ method: "POST", url, headers, body: JSON.stringify(signed) });
      if (answer.status >= 200 && answer.status < 300) {
        const { status, text, header } = answer;
        const waitMs = retryAfterMs(header("retry-after"), nowMs());
        return { status, text, body: bodyOf(answer), location: header("location"), retryAfterMs: waitMs };
      }
      const trouble = this.#troubleOf(answer);
      if (trouble.type !== "badNonce" || attempt === attemptsMax) throw trouble;
    }
  }

  /** Where it sends us must be as safe as where we came from. */
  #checked(url: string): string {
    if (URL.parse(url)?.protocol === "https:") return url;
    throw new Trouble("away", `${this.#host} names an address that does not begin with https://: ${safeText(url)}`);
  }

  async #nonce(): Promise<string> {
    const known = this.#nonces.shift();
    if (known !== undefined) return known;
    const { newNonce } = await this.directory();
    const answer = await this.#ask({ method: "HEAD", url: newNonce, headers: {} });
    const fresh = this.#nonces.shift();
    if (fresh !== undefined) return fresh;
    throw answer.status < 300 ? new Trouble("away", `${this.#host} gives no nonce`) : this.#troubleOf(answer);
  }

  async #ask(question: Question): Promise<Answer> {
    const { ask, stop } = this.#options;
    try {
      const answer = await ask(question, stop);
      const nonce = answer.header("replay-nonce");
      if (nonce !== null && /^[A-Za-z0-9_-]{1,512}$/.test(nonce) && this.#nonces.length < noncesMax)
        this.#nonces.push(nonce);
      return answer;
    } catch (error) {
      if (stop.aborted) throw new Trouble("ours", "it was given up");
      const { message } = error as Error;
      throw new Trouble("away", `${this.#host} cannot be asked: ${safeText(message)}`);
    }
  }

  #troubleOf(answer: Answer): Trouble {
    const { status, header } = answer;
    const waitMs = retryAfterMs(header("retry-after"), this.#options.nowMs());
    const problem = problemIn(bodyOf(answer));
    const about = { type: problem?.type ?? "", retryAfterMs: waitMs };
    const text = `${this.#host} says: ${problem?.text ?? `status ${status}`}`;
    if (problem?.type === "rateLimited" || status === 429) return new Trouble("limited", text, about);
    if (status >= 500) return new Trouble("away", text, about);
    if (status === 404 || status === 410) return new Trouble("gone", text, about);
    return new Trouble("refused", text, about);
  }
}

function bodyOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
