// A service of Consul, by blocking queries: a question carries the index of the last answer and is answered when there is a newer one, or
// when the interval is over. An index that falls begins anew, and an agent that answers at once all the time is not asked all the
// time (Consul's "Blocking Queries", implementation details). Weights are those of the service, by what its checks say.

import type { Discover, DiscoverConsul } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { answerOf, type Entry } from "./entry.ts";
import { basic, fetchText, placeOf, type Target } from "./fetching.ts";
import { valueAt } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

const listBytesMax = 16 << 20;
const instancesMax = 10_000;
/** An agent adds up to a sixteenth of the wait, so that not all come back at once. */
const lateShare = 1 / 16;
/** Answers that come in a row are gathered for so long, and with each twice as long: some agents have a newer index at once all the time. */
const gatherMs = 10;
const gatherMsMax = 250;
/** Where each of them tells of other servers: a change is to be known within 100 ms. */
const gatherNewsMsMax = 40;
/** An agent that held a question for longer than the way to it and back takes, and this, is none of those. */
const calmMs = 100;
/** With a very large answer: as many times as long as it takes to read. */
const gatherShare = 4;
/** Consul takes no longer ones. */
const waitMsMax = 600_000;

export class ConsulSource implements Source {
  readonly name: string;
  readonly #asked: DiscoverConsul;
  readonly #target: Target;
  readonly #usualPort: number | undefined;
  readonly #intervalMs: number;
  readonly #rhythm: Rhythm;
  #asking: Asking | null = null;
  /** 0: the next question is answered at once. */
  #index = 0;
  #gatherMs: number = gatherMs;
  /** The soonest of its answers since it was asked anew, which none was held back for: so far away it is. */
  #awayMs = Number.POSITIVE_INFINITY;
  #last: Answer | null = null;

  constructor(asked: DiscoverConsul, settings: Discover, { intervalMs, timeoutMs }: Rhythm) {
    const { service, tag, datacenter, endpoint, token, user = "", password = "", tls } = asked;
    const more = [tag, datacenter].filter((each) => each !== undefined).join(", ");
    this.name = `consul ${service}${more === "" ? "" : ` (${more})`} at ${placeOf(endpoint)}`;
    this.#asked = asked;
    const credentials = basic(user, password);
    const headers = {
      accept: "application/json",
      ...(token === undefined ? {} : { "x-consul-token": token }),
      ...(credentials === null ? {} : { authorization: credentials }),
    };
    this.#target = { base: endpoint, headers, tls };
    this.#usualPort = settings.port;
    this.#intervalMs = intervalMs;
    this.#rhythm = { intervalMs, timeoutMs, holdMs: () => (this.#index === 0 ? 0 : this.#waitMs * (1 + lateShare)) };
  }

  start(tell: (answer: Answer) => void): void {
    this.#asking = new Asking(
      this.#rhythm,
      (signal) => this.#ask(signal),
      (answer) => {
        // After a failure the next answer must not be held back.
        if (!answer.ok) [this.#index, this.#awayMs] = [0, Number.POSITIVE_INFINITY];
        tell(answer);
      },
    );
    this.#asking.now();
  }

  stop(): void {
    this.#asking?.stop();
  }

  get #waitMs(): number {
    return Math.min(this.#intervalMs, waitMsMax);
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    const startedMs = performance.now();
    const former = this.#index;
    const { headers, body } = await fetchText(this.#target, this.#path(former), listBytesMax, signal);
    const waitedMs = performance.now() - startedMs;
    this.#awayMs = Math.min(this.#awayMs, waitedMs);
    const answer = answerOf(this.#entriesOf(body), this.#usualPort);
    const isNews = !Bun.deepEquals(answer, this.#last);
    const readMs = performance.now() - startedMs - waitedMs;
    this.#last = answer;
    const index = Number(headers["x-consul-index"]);
    const isIndex = Number.isSafeInteger(index) && index > 0;
    this.#index = isIndex && index >= former ? index : 0;
    // Once is once, and without an index there is nothing to wait for.
    if (this.#intervalMs === 0 || !isIndex) return { answer };
    if (this.#index === former && waitedMs < this.#waitMs / 2) return { answer };
    this.#gatherMs =
      waitedMs > this.#awayMs + calmMs
        ? gatherMs
        : Math.min(this.#gatherMs * 2, isNews ? gatherNewsMsMax : gatherMsMax);
    return { answer, nextMs: Math.min(Math.max(this.#gatherMs, gatherShare * readMs), this.#intervalMs) };
  }

  #path(index: number): string {
    const { service, tag, datacenter, passing } = this.#asked;
    const query = new URLSearchParams();
    if (passing) query.set("passing", "1");
    if (tag !== undefined) query.set("tag", tag);
    if (datacenter !== undefined) query.set("dc", datacenter);
    if (index > 0) {
      query.set("index", String(index));
      query.set("wait", `${this.#waitMs}ms`);
    }
    const text = query.toString();
    return `/v1/health/service/${encodeURIComponent(service)}${text === "" ? "" : `?${text}`}`;
  }

  #entriesOf(body: string): Entry[] {
    let list: unknown;
    try {
      list = JSON.parse(body);
    } catch {
      list = null;
    }
    if (!Array.isArray(list)) throw new Refusal("answers something that is no list of a service's instances");
    return list.slice(0, instancesMax).map((instance, number): Entry => {
      const checks = valueAt(instance, "Checks");
      const isWarned = Array.isArray(checks) && checks.some((check) => valueAt(check, "Status") === "warning");
      return {
        at: `instance ${number}`,
        host: valueAt(instance, "Service.Address") || valueAt(instance, "Node.Address"),
        // 0 is that of a service that has none.
        port: valueAt(instance, "Service.Port") || "",
        weight: valueAt(instance, isWarned ? "Service.Weights.Warning" : "Service.Weights.Passing"),
        name: this.#nameIn(valueAt(instance, "Service.Tags")),
      };
    });
  }

  /** Of several tags that say one, the last counts. */
  #nameIn(tags: unknown): string | undefined {
    const { nameTag } = this.#asked;
    if (nameTag === undefined || !Array.isArray(tags)) return undefined;
    const found = tags.findLast((tag) => typeof tag === "string" && tag.startsWith(`${nameTag}=`)) as
      | string
      | undefined; // Seen to be a text.
    return found?.slice(nameTag.length + 1);
  }
}
