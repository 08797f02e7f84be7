// Answers of the operator's own: errorfile, errorfiles with an http-errors section, http-error, errorloc. The last that says a status
// holds, whichever of them it is. A file holds a whole response, status line and all; ours are the same.

import type { ReplyInput } from "../../input.ts";
import { Ledger } from "../ledger.ts";
import type { Site } from "./sample.ts";
import { type Conversion, linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { Settings } from "./settings.ts";

/** By status. */
export type Answers = Map<number, string | ReplyInput>;

const statuses: ReadonlySet<number> = new Set([
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504,
]);

/** What a page of ours says behind the status. */
const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  413: "Content Too Large",
  425: "Too Early",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Of a conversion, what answers need. */
type Shelf = Pick<Conversion, "ledger" | "errorSections" | "pathOf">;

export function answersOf(conversion: Shelf, settings: Settings): Answers {
  const answers: Answers = new Map();
  for (const statement of settings.proxy.statements) {
    const [first, status, location] = statement.words;
    switch (first!.text) {
      case "errorfile":
        errorfile(conversion, statement, answers);
        break;
      case "errorfiles":
        errorfiles(conversion, statement, answers);
        break;
      case "http-error":
        httpError(conversion, statement, answers);
        break;
      case "errorloc":
      case "errorloc302":
      case "errorloc303":
        // Whoever reads rules tells what is wrong with it.
        if (location !== undefined) answers.set(Number(status!.text), redirection(first!.text, location.text));
        break;
      default:
    }
  }
  // Of the defaults that both modes share, HAProxy passes over in mode tcp what is for HTTP.
  return settings.proxy.mode === "tcp" ? new Map() : answers;
}

/** `errorfile STATUS FILE`, of a proxy or of an http-errors section. */
export function errorfile(
  conversion: Pick<Conversion, "ledger" | "pathOf">,
  { words, line }: Statement,
  answers: Answers,
): void {
  const [, status, file] = words as [Word, Word | undefined, Word | undefined];
  const code = status === undefined ? null : codeOf(conversion, status);
  if (status === undefined || file === undefined) conversion.ledger.fault([String(line)], "needs a status and a file");
  else if (code === null) return;
  else if (file.text === "/dev/null")
    conversion.ledger.approximate(
      pathOf(file),
      "the client is told the error; in HAProxy its connection is closed without a word",
    );
  else answers.set(code, conversion.pathOf(file.text));
}

function codeOf({ ledger }: Pick<Conversion, "ledger">, word: Word): number | null {
  const code = Number(word.text);
  if (statuses.has(code)) return code;
  ledger.fault(pathOf(word), `must be one of ${[...statuses].join(", ")}, as in HAProxy`);
  return null;
}

function errorfiles(conversion: Shelf, { words }: Statement, answers: Answers): void {
  const [, name, ...codes] = words as [Word, Word | undefined, ...Word[]];
  const section = name === undefined ? undefined : conversion.errorSections.get(name.text);
  if (section === undefined) {
    conversion.ledger.fault(pathOf(name ?? words[0]!), "must be the name of an http-errors section");
    return;
  }
  const wanted = codes.map((word) => codeOf(conversion, word));
  for (const [status, file] of section) if (codes.length === 0 || wanted.includes(status)) answers.set(status, file);
}

function httpError(conversion: Shelf, statement: Statement, answers: Answers): void {
  const { ledger } = conversion;
  const [, keyword, status, ...rest] = statement.words as [Word, Word | undefined, Word | undefined, ...Word[]];
  if (keyword?.text !== "status" || status === undefined)
    return ledger.fault(linePath(statement), "needs status and a number");
  const code = codeOf(conversion, status);
  const reply: ReplyInput = {};
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    const value = rest[++at];
    if (word.text === "default-errorfiles") return;
    if (value === undefined) return ledger.fault(pathOf(word), "needs a value behind it");
    if (word.text === "content-type") reply.type = value.text;
    else if (word.text === "string") reply.body = value.text;
    else if (word.text === "errorfile") reply.file = conversion.pathOf(value.text);
    else if (word.text === "errorfiles") reply.file = conversion.errorSections.get(value.text)?.get(code ?? 0) ?? "";
    else if (word.text === "hdr") {
      const own = { ...reply.headers };
      const name = Object.keys(own).find((other) => other.toLowerCase() === value.text.toLowerCase());
      const text = rest[++at]?.text ?? "";
      if (name !== undefined && name.toLowerCase() === "set-cookie")
        return ledger.refuse(
          pathOf(value),
          "an answer that is written here sets one cookie: write it whole, in a file, for errorfile",
        );
      reply.headers = name === undefined ? { ...own, [value.text]: text } : { ...own, [name]: `${own[name]}, ${text}` };
    } else if (/^(?:lf-)?(?:file|string)$/.test(word.text))
      return ledger.refuse(pathOf(word), "an answer is written here by string, or stands whole in an errorfile");
    else return ledger.fault(pathOf(word), "is no word of http-error");
  }
  if (code !== null) answers.set(code, reply.file === undefined ? reply : reply.file);
}

/**
 * The page of a frontend's own denials, where that of the backend it leads to is another, which comes first for what is answered here:
 * to HAProxy there is no backend yet. Null where there is nothing to say.
 */
export function frontPage({ conversion, proxy, stage }: Site, status: number): ReplyInput | null {
  const word = proxy.statements.findLast(({ words }) => words[0]!.text === "default_backend")?.words[1];
  if (proxy.kind === "backend" || stage === "response" || word === undefined) return null;
  const backend = conversion.proxies.find(({ kind, name }) => kind !== "frontend" && name === word.text);
  if (backend === undefined) return null;
  // Whoever adds the listener and the pool tells what is wrong with their answers.
  const shelf: Shelf = {
    ledger: new Ledger(),
    errorSections: conversion.errorSections,
    pathOf: (file) => conversion.pathOf(file),
  };
  const [own, theirs] = [proxy, backend].map((each) => answersOf(shelf, new Settings(each)).get(status));
  if (theirs === undefined || JSON.stringify(own) === JSON.stringify(theirs)) return null;
  if (own === undefined)
    return { status, type: "text/plain", body: `${[status, reasons[status] ?? ""].join(" ").trim()}\n` };
  return typeof own === "string" ? { file: own } : { status, ...own };
}

/** What errorloc and its kin answer: as HAProxy itself does. */
function redirection(keyword: string, location: string): ReplyInput {
  return {
    status: keyword === "errorloc303" ? 303 : 302,
    headers: { "Cache-Control": "no-cache", Location: location },
    body: "",
  };
}

/** `errors` of a listener or pool; empty when there are none. */
export function errorKeys(answers: Answers): { readonly errors?: Record<string, number | string | ReplyInput> } {
  const kept = [...answers].filter(([status]) => status >= 400);
  return kept.length === 0 ? {} : { errors: Object.fromEntries(kept) };
}

/** What a backend without servers answers. A file has a status of its own. */
export function replyOf(answers: Answers): ReplyInput {
  const answer = answers.get(503);
  return typeof answer === "string" ? { file: answer } : { status: 503, ...answer };
}

/** HAProxy says 503 of every server that it cannot connect to, with its errorfile 503. */
export const unconnected: Readonly<Record<string, number>> = {
  connect_refused: 503,
  connect_timeout: 503,
  tls_refused: 503,
};
