// Where HAProxy's statistics page is answered: at its path on the admin interface, as operations of that, or at an address of its own, where
// nothing else is. Behind the path `;csv` and `;json` give the same as data. Where the page has users it asks for one by HTTP basic
// authentication, whatever else the address asks for, and after ten wrong passwords of a peer none is looked at for a while.

import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { readDuration } from "../../base/duration.ts";
import type { HaproxyPage } from "../../config/types.ts";
import { problem, text } from "../api/answer.ts";
import { type Operation, wordedOperation } from "../api/operation.ts";
import { Buckets } from "../buckets.ts";
import { BasicCredentials } from "../guard.ts";
import type { Status } from "../status.ts";
import type { Row } from "./fields.ts";
import type { Service } from "./names.ts";
import { pageStyle, statPage } from "./page.ts";
import { statText } from "./showcommands.ts";

export interface PageParts {
  readonly services: () => readonly Service[];
  readonly rows: () => readonly Row[];
  readonly status: () => Pick<Status, "version" | "uptimeSeconds">;
  /** No plan is in force yet: there is nothing to show. */
  readonly isStarting: () => boolean;
  /** A clock that does not go back. */
  readonly nowMs: () => number;
}

const wrongPasswords = { periodMs: 6000, burst: 10 };
/** What may stand behind the path, as tools write it; the operations of the admin interface have whole paths. */
const suffixes: readonly string[] = [
  ...["", ";csv", ";json", ";norefresh", ";up", ";csv;norefresh", ";csv;up", ";json;norefresh", ";up;norefresh"],
];
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(pageStyle).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export class StatsPage {
  readonly told: HaproxyPage;
  readonly #parts: PageParts;
  readonly #users: readonly BasicCredentials[];
  readonly #wrong = new Buckets(wrongPasswords);

  constructor(told: HaproxyPage, parts: PageParts) {
    this.told = told;
    this.#parts = parts;
    this.#users = told.users.map((user) => new BasicCredentials(user));
  }

  /** Null: the request is for something else. `console`: where that is at the same address; null where it is not. */
  answer(request: Request, peer: string, console: string | null): Response | null {
    const url = new URL(request.url);
    const asked = `${url.pathname}${url.search}`;
    const { uri } = this.told;
    const rest = asked.startsWith(uri) ? asked.slice(uri.length) : null;
    if (rest === null || !/^(?:$|[;?])/.test(rest)) return null;
    if (request.method !== "GET" && request.method !== "HEAD")
      return problem(405, `${request.method} is not allowed here; use GET: the page changes nothing`);
    const refusal = this.#refusal(request, peer);
    if (refusal !== null) return refusal;
    if (this.#parts.isStarting()) return problem(503, "Sluice is starting");
    return this.#page(rest.split(/[;?&]/), console);
  }

  #refusal(request: Request, peer: string): Response | null {
    if (this.#users.length === 0) return null;
    if (request.headers.has("authorization")) {
      const waitMs = this.#wrong.wait(peer, this.#parts.nowMs());
      if (waitMs > 0) return problem(429, `too many wrong passwords: ask again in ${Math.ceil(waitMs / 1000)} s`);
      // All are looked at, so that how long it takes tells nothing.
      if (this.#users.filter((user) => user.isIn(request)).length > 0) return null;
      this.#wrong.take(peer, this.#parts.nowMs());
    }
    const refusal = problem(401, "user and password are required");
    refusal.headers.set("www-authenticate", `Basic realm="${this.told.realm}"`);
    return refusal;
  }

  #page(options: readonly string[], console: string | null): Response {
    const { services, rows, status } = this.#parts;
    const { scope, hideVersion, uri, refresh } = this.told;
    const shown = rows().filter(({ pxname }) => scope.length === 0 || scope.includes(String(pxname)));
    const words = options.filter((option) => option === "up" || option === "no-maint");
    if (options.includes("csv")) return text(200, statText(services(), shown, words), "text/plain; charset=utf-8");
    if (options.includes("json")) return text(200, statText(services(), shown, ["json", ...words]), "application/json");
    const { version, uptimeSeconds } = status();
    const page = statPage(shown, {
      ...{ version: hideVersion ? null : version, uptimeSeconds, uri, console },
      node: hideVersion ? "this machine" : hostname(),
    });
    const answer = text(200, page, "text/html; charset=utf-8");
    answer.headers.set("content-security-policy", policy);
    answer.headers.set("referrer-policy", "no-referrer");
    const every = refresh === undefined ? null : secondsOf(readDuration(refresh));
    if (every !== null && !options.includes("norefresh")) answer.headers.set("refresh", String(every));
    return answer;
  }

  /** On the admin interface. At its root the console stays, and data stand behind the semicolon. */
  operations(): Operation[] {
    const [path = "/", query] = this.told.uri.split("?");
    const all = query === undefined ? suffixes.map((suffix) => `${path}${suffix}`) : [path];
    return all.filter((each) => each !== "/").map((each, at) => this.#operation(each, at));
  }

  #operation(path: string, at: number): Operation {
    return wordedOperation({
      ...{ id: `getStatsPage${at === 0 ? "" : at}_${idOf(path)}`, method: "GET", path, tag: "HAProxy", basic: "asked" },
      summary: "HAProxy's statistics page; with ;csv or ;json behind it, as data",
      answers: {
        200: { description: "What show stat tells.", type: "text/html; charset=utf-8" },
        401: { description: "The page has users, and this is none of them." },
        404: { description: "The page has another query." },
        503: { description: "Sluice is starting." },
      },
      // It asks for its own users; without any, whoever may ask the admin interface may see it.
      isOpen: this.#users.length > 0,
      handle: ({ request, peer }) => this.answer(request, peer, "/") ?? problem(404, `the page is at ${this.told.uri}`),
    });
  }
}

function idOf(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9]+/g, "_");
}

function secondsOf(reading: ReturnType<typeof readDuration>): number | null {
  return reading.ok ? Math.max(1, Math.round(reading.value / 1000)) : null;
}
