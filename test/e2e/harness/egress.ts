// A pool of outbound addresses as its users and its operator see it: requests that name their target in fields, and what the admin
// interface says.

import type {
  EgressesAnswer,
  EgressSummary,
  HistoryAnswer,
  MemberAnswer,
  MembersAnswer,
} from "../../../src/control/egress/answer.ts";
import { until } from "./wait.ts";

export interface Answered {
  readonly status: number;
  readonly body: string;
  /** X-Egress-IP; "" without. */
  readonly ip: string;
  readonly retryAfter: string | null;
  readonly headers: Headers;
}

export interface AskOptions {
  /** In place of 127.0.0.1. */
  readonly at?: string;
  readonly key?: string;
  readonly scheme?: string;
  readonly path?: string;
  readonly method?: string;
  readonly body?: string;
}

/** By X-Egress-Host and its like, at a port of Sluice's. */
export async function askBy(port: number, host: string, options: AskOptions = {}): Promise<Answered> {
  const { at = "127.0.0.1", key, scheme = "http", path = "/", method = "GET", body } = options;
  const response = await fetch(`http://${at}:${port}${path}`, {
    method,
    redirect: "manual",
    headers: {
      "X-Egress-Scheme": scheme,
      "X-Egress-Host": host,
      ...(key === undefined ? {} : { "X-Egress-Key": key }),
    },
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    body: await response.text(),
    ip: response.headers.get("x-egress-ip") ?? "",
    retryAfter: response.headers.get("retry-after"),
    headers: response.headers,
  };
}

/** So many at a time, in all `count`. */
export async function inTurns<T>(count: number, atOnce: number, one: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      all[index] = await one(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return all;
}

/** /api/v1/egress of an admin interface. */
export class EgressApi {
  readonly #admin: string;
  readonly #pool: string;

  constructor(admin: string, pool: string) {
    this.#admin = admin;
    this.#pool = pool;
  }

  async summary(): Promise<EgressSummary> {
    const { pools } = await this.#get<EgressesAnswer>("");
    return pools.find(({ name }) => name === this.#pool)!;
  }

  members(query = "limit=1000"): Promise<MembersAnswer> {
    return this.#get(`/${this.#pool}?${query}`);
  }

  one(id: string, limit = 50): Promise<MemberAnswer> {
    return this.#get(`/${this.#pool}/${encodeURIComponent(id)}?limit=${limit}`);
  }

  history(query = "limit=1000"): Promise<HistoryAnswer> {
    return this.#get(`/${this.#pool}/history?${query}`);
  }

  async order(path: string, body: object = {}): Promise<unknown> {
    const response = await fetch(`http://${this.#admin}/api/v1/egress/${this.#pool}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Waits for a state of one. */
  async stands(id: string, state: string, withinMs?: number): Promise<void> {
    let found = "";
    await until(
      `${id} to be ${state}`,
      async () => {
        found = (await this.one(id)).member.state;
        return found === state;
      },
      withinMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${found}`);
    });
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`http://${this.#admin}/api/v1/egress${path}`);
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T; // What our own admin interface answers.
  }
}
