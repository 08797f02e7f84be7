// Actions that answer or end: deny, return, tarpit, redirect, auth. Their arguments are HAProxy's "http reply" (deny and return share
// them): a status, a content type, a payload, fields.

import { quote } from "../../../base/reading.ts";
import { method, primary, text } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import { written } from "./duration.ts";
import { frontPage } from "./errors.ts";
import { pathAndQuery } from "./fetchnames.ts";
import { constantOf, literalInTemplate, type Part, pathAndQueryTemplate, readFormat, templateOf } from "./logformat.ts";
import { fault, refuse } from "./objection.ts";
import type { RuleLine } from "./ruleline.ts";
import type { Service, Word } from "./scene.ts";
import { warn } from "./tell.ts";
import { readUnits } from "./time.ts";

/** Those that HAProxy has a page for. */
const paged: ReadonlySet<number> = new Set([
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
]);
/** As HAProxy without `timeout tarpit` and `timeout connect`: for ever. Here that has an end. */
const tarpitMsMax = 3_600_000;

interface Answer {
  readonly status: number;
  /** Keys of a reply of ours beside the status. */
  readonly keys: RuleDraft;
}

export function deny(line: RuleLine): RuleDraft {
  // What a server has answered is no client's fault.
  const { status, keys } = readAnswer(line, line.site.stage === "response" ? 502 : 403, true);
  const isPlain = Object.keys(keys).length === 0;
  return { deny: isPlain ? (status === 403 ? true : status) : withStatus(status, keys) };
}

export function reply(line: RuleLine): RuleDraft {
  const { status, keys } = readAnswer(line, 200, false);
  return { reply: withStatus(status, keys) };
}

export function tarpit(line: RuleLine): RuleDraft {
  const { status, keys } = readAnswer(line, 500, true);
  return { tarpit: { for: written(Math.min(tarpitMs(line.site.proxy), tarpitMsMax)), ...withStatus(status, keys) } };
}

/** A file says its status itself. */
function withStatus(status: number, keys: RuleDraft): RuleDraft {
  return "file" in keys ? keys : { status, ...keys };
}

function tarpitMs(proxy: Service): number {
  for (const name of ["tarpit", "connect"]) {
    const timeout = proxy.statements.findLast(({ words }) => words[0]!.text === "timeout" && words[1]?.text === name);
    const value = timeout?.words[2];
    if (value !== undefined) return readUnits(value, "ms") || tarpitMsMax;
  }
  return tarpitMsMax;
}

function readAnswer(line: RuleLine, usual: number, isDenial: boolean): Answer {
  let status = usual;
  let type: string | null = null;
  let payload: { readonly word: Word; readonly value: Word | null } | null = null;
  const fields: [string, readonly Part[]][] = [];
  for (let word = line.peek(); word !== null; word = line.peek()) {
    line.next("");
    switch (word.text) {
      case "status":
      case "deny_status":
        if (word.text === "deny_status" && !isDenial) fault(word, "goes with deny and tarpit; return has status");
        status = readStatus(line.next("a status"));
        break;
      case "content-type":
        type = line.next("a media type").text;
        break;
      case "default-errorfiles":
        payload = { word, value: null };
        break;
      case "errorfile":
      case "errorfiles":
      case "file":
      case "lf-file":
      case "string":
      case "lf-string":
        payload = { word, value: line.next("a value") };
        break;
      case "hdr":
        addField(fields, line.next("the name of a field"), line.format("its value"));
        break;
      default:
        return fault(word, `is no argument of ${line.statement.words[1]!.text}: ${quote(word.text)}`);
    }
  }
  const keys = payloadKeys(line, { status, type, payload, isDenial });
  if (fields.length === 0) return { status, keys };
  const isTemplate = keys["template"] === true || fields.some(([, parts]) => constantOf(parts) === null);
  const text = (parts: readonly Part[]): string => (isTemplate ? templateOf(parts) : constantOf(parts)!);
  const body = keys["body"];
  // A text that was plain is put among templates, where braces mean something.
  if (isTemplate && keys["template"] !== true && typeof body === "string") keys["body"] = literalInTemplate(body);
  keys["headers"] = Object.fromEntries(fields.map(([name, parts]) => [name, text(parts)]));
  if (isTemplate) keys["template"] = true;
  return { status, keys };
}

/** A field that is written twice is a list of two values. */
function addField(fields: [string, readonly Part[]][], { text: name, ...word }: Word, value: readonly Part[]): void {
  const before = fields.find(([other]) => other.toLowerCase() === name.toLowerCase());
  if (before === undefined) fields.push([name, value]);
  else if (name.toLowerCase() === "set-cookie")
    refuse(
      { ...word, text: name },
      "an answer that is written here sets one cookie: write it whole, in a file, for errorfile",
    );
  else before[1] = [...before[1], ", ", ...value];
}

interface Payload {
  readonly status: number;
  readonly type: string | null;
  readonly payload: { readonly word: Word; readonly value: Word | null } | null;
  readonly isDenial: boolean;
}

function payloadKeys(line: RuleLine, { status, type, payload, isDenial }: Payload): Record<string, unknown> {
  const { site } = line;
  if (payload === null || payload.value === null) {
    if ((payload !== null || isDenial) && !paged.has(status))
      fault(payload?.word ?? line.last, `has no page of HAProxy's for status ${status}: write what is answered`);
    if (payload === null && type !== null)
      warn(site.conversion.ledger, line.last, "gives a content type to no content");
    if (payload === null && !isDenial) return status !== 204 && status !== 304 ? { body: "" } : {};
    const { status: said, ...page } = frontPage(site, status) ?? {};
    // errorloc answers with a status of its own.
    return said === 302 || said === 303 ? { status: said, ...page } : page;
  }
  const { word, value } = payload;
  switch (word.text) {
    case "errorfile":
      return { file: site.conversion.pathOf(value.text) };
    case "errorfiles": {
      const section = site.conversion.errorSections.get(value.text);
      const file = section?.get(status);
      if (section === undefined)
        return fault(value, `names a section http-errors ${quote(value.text)}, and there is none`);
      return file === undefined ? fault(value, `has no file for status ${status}`) : { file };
    }
    case "string":
      return { ...typed(word, type), body: value.text };
    case "lf-string":
      return { ...typed(word, type), ...bodyOf(readFormat(site, value)) };
    default: {
      const held = site.conversion.textOf(value.text);
      if (held === null)
        return refuse(
          value,
          `what ${quote(value.text)} holds cannot be read here: write it as string, or as errorfile with its head`,
        );
      return {
        ...typed(word, type),
        ...(word.text === "file" ? { body: held } : bodyOf(readFormat(site, value, held))),
      };
    }
  }
}

function typed(word: Word, type: string | null): RuleDraft {
  return type === null ? fault(word, "needs a content-type beside it") : { type };
}

function bodyOf(parts: readonly Part[]): RuleDraft {
  const constant = constantOf(parts);
  return constant === null ? { body: templateOf(parts), template: true } : { body: constant };
}

function readStatus(word: Word): number {
  const status = /^\d{3}$/.test(word.text) ? Number(word.text) : 0;
  return status >= 200 && status <= 599
    ? status
    : fault(word, `must be a status from 200 to 599, not ${quote(word.text)}`);
}

export function auth(line: RuleLine): RuleDraft {
  const realm = line.take("realm") === null ? line.site.proxy.name : line.next("a realm").text;
  const escaped = realm.replaceAll(/["\\]/g, "\\$&");
  return { deny: { status: 401, headers: { "WWW-Authenticate": `Basic realm="${escaped}"` } } };
}

/** `redirect location|prefix|scheme X [code N] [drop-query] [append-slash] [set-cookie N=V] [clear-cookie N=]`. */
export function redirect(line: RuleLine): RuleDraft {
  let to: ((options: ReadonlySet<string>) => string) | null = null;
  let status = 302;
  const options = new Set<string>();
  let cookie: string | null = null;
  for (let word = line.peek(); word !== null; word = line.peek()) {
    line.next("");
    switch (word.text) {
      case "location":
      case "prefix":
      case "scheme": {
        const parts = line.format("an address");
        const kind = word.text;
        to = (chosen) => destination(kind, parts, chosen);
        break;
      }
      case "code": {
        const code = line.next("a status");
        status = Number(code.text);
        if (![301, 302, 303, 307, 308].includes(status))
          fault(code, `must be 301, 302, 303, 307 or 308, not ${quote(code.text)}`);
        break;
      }
      case "set-cookie":
        cookie = `${line.next("NAME=VALUE").text}; path=/;`;
        break;
      case "clear-cookie":
        cookie = `${line.next("NAME=").text}; path=/; Max-Age=0;`;
        break;
      case "drop-query":
      case "append-slash":
      case "ignore-empty":
        options.add(word.text);
        break;
      default:
        return fault(word, `is no argument of redirect: ${quote(word.text)}`);
    }
  }
  if (to === null) return fault(line.last, "needs location, prefix or scheme with an address");
  if (options.has("ignore-empty")) line.differs("without a location it redirects all the same");
  const address = to(options);
  const headers = cookie === null ? {} : { headers: { "Set-Cookie": cookie } };
  if (status === 302 && cookie === null) return { redirect: address };
  return { redirect: { to: address, status, ...headers } };
}

function destination(kind: string, parts: readonly Part[], options: ReadonlySet<string>): string {
  const written = templateOf(parts);
  if (kind === "location") return written;
  const isBare = options.has("drop-query");
  // Behind the query too, as in HAProxy.
  const ending = method(isBare ? primary("path") : pathAndQuery, "endsWith", text("/"));
  const slash = options.has("append-slash") ? `{${ending.text} ? '' : '/'}` : "";
  const rest = (isBare ? "{path}" : pathAndQueryTemplate) + slash;
  if (kind === "scheme") return `${written}://{headers['host']}${rest}`;
  // A prefix of "/" alone adds nothing.
  return written === "/" ? rest : `${written}${rest}`;
}
