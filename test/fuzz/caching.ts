// What must hold of what a cache reads, whatever it is: it is read or not, never thrown at; directives, dictionaries, dates, ranges, entity tags
// and references are what a model says that is too simple to be wrong; a key says what it was made of, and can be taken apart again; a stored
// head stays as it is when it is stored again, and holds nothing of the connection.

import { directive } from "../../src/cache/cachecontrol.ts";
import { noDate, parseDate } from "../../src/cache/httpdate.ts";
import { invalidates, writeReference } from "../../src/cache/invalidation.ts";
import { Key } from "../../src/cache/key.ts";
import { Ranges, rangeOutcome } from "../../src/cache/range.ts";
import { writeFreshenedHead, writeStoredHead } from "../../src/cache/storedhead.ts";
import { conditionOf, conditionOutcome } from "../../src/cache/validators.ts";
import { VaryNames, writeVariant } from "../../src/cache/vary.ts";
import { cacheFlag } from "../../src/memory/cache.ts";
import { StoredFacts } from "../../src/memory/cachefacts.ts";
import { Head } from "../../src/wire/http1/head.ts";
import { parseResponse } from "../../src/wire/http1/reader.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { latin1, nowMs, policyOf, requestFacts, requestHead, responseFacts, responseHead } from "../cacheheads.ts";
import * as texts from "./cachetexts.ts";
import { Disagreement, show } from "./codec.ts";
import type { Inputs } from "./inputs.ts";

function agree(what: string, input: unknown, ours: unknown, model: unknown): void {
  if (JSON.stringify(ours) !== JSON.stringify(model))
    throw new Disagreement(
      `${what} of ${JSON.stringify(input)} is ${JSON.stringify(ours)}, the model says ${JSON.stringify(model)}`,
    );
}

export function checkCaching(inputs: Inputs): void {
  checkDirectives(inputs);
  checkDictionary(inputs);
  checkDate(inputs);
  checkRange(inputs);
  checkTags(inputs);
  checkReference(inputs);
  checkKey(inputs);
  checkVariant(inputs);
  checkHeads(inputs);
}

/** Elements by a regular expression that swallows quoted strings; of each, its name and whether it has an argument that is a number. */
function checkDirectives(inputs: Inputs): void {
  const text = texts.directives(inputs);
  const { control } = responseFacts(responseHead(200, `Cache-Control: ${text}`));
  const elements = text.match(/(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^,"])+/g) ?? [];
  let maxAge = -1;
  let isNoStore = false;
  let isPublic = false;
  for (const element of elements) {
    const parts = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(.*)$/s.exec(element);
    if (parts === null) continue;
    const name = parts[1]!.toLowerCase();
    if (name === "no-store") isNoStore = true;
    if (name === "public" && /^[ \t]*$/.test(parts[2]!)) isPublic = true;
    const number = /^=(?:"(\d+)"|(\d+))[ \t]*$/.exec(parts[2]!);
    if (name === "max-age" && maxAge === -1)
      maxAge = number === null ? 0 : Math.min(Number(number[1] ?? number[2]), 2_147_483_648);
  }
  const ours = [control.has(directive.noStore), control.has(directive.public), control.maxAgeS];
  agree("Cache-Control", text, ours, [isNoStore, isPublic, maxAge]);
}

const keyPattern = "[a-z*][a-z0-9_.*-]*";
const item = `(?:-?\\d{1,12}\\.\\d{1,3}|-?\\d{1,15}(?![\\d.])|"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"|[A-Za-z*][!#$%&'*+\\-.^_\`|~0-9A-Za-z:/]*|:[A-Za-z0-9+/=]*:|\\?[01])`;
const parameters = `(?:; *${keyPattern}(?:=${item})?)*`;
const inner = `\\( *(?:${item}${parameters}(?: +${item}${parameters})* *)?\\)`;
const member = `${keyPattern}(?:=(?:${inner}|${item}))?${parameters}`;
const dictionaryPattern = new RegExp(`^${member}(?:[ \\t]*,[ \\t]*${member})*$`);

/** RFC 8941 as a regular expression. A directive of the wrong type is no dictionary of ours. */
function checkDictionary(inputs: Inputs): void {
  const text = texts.dictionary(inputs);
  const { isTargeted } = responseFacts(responseHead(200, `CDN-Cache-Control: ${text}`));
  if (isTargeted && !dictionaryPattern.test(text)) agree("CDN-Cache-Control", text, isTargeted, false);
  const hasOurs = /(?:max-age|no-store|private)/.test(text);
  if (!isTargeted && !hasOurs) agree("CDN-Cache-Control", text, isTargeted, dictionaryPattern.test(text));
}

const fixdate = /^(?:sun|mon|tue|wed|thu|fri|sat), (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:gmt|utc)$/i;
const asctime = /^(?:sun|mon|tue|wed|thu|fri|sat) ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;
const rfc850 =
  /^(?:sunday|monday|tuesday|wednesday|thursday|friday|saturday), (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) (?:gmt|utc)$/i;
const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function checkDate(inputs: Inputs): void {
  const text = texts.date(inputs);
  const bytes = Buffer.from(`x${text}9`, "latin1");
  agree("date", text, parseDate(bytes, 1, bytes.length - 1, nowMs), modelDate(text));
}

function modelDate(text: string): number {
  const one = fixdate.exec(text) ?? rfc850.exec(text);
  const two = asctime.exec(text);
  const [day, month, year, hour, minute, second] =
    one !== null
      ? [one[1], one[2], one[3], one[4], one[5], one[6]]
      : two !== null
        ? [two[2], two[1], two[6], two[3], two[4], two[5]]
        : [];
  if (day === undefined) return noDate;
  // 1984 to 2083 are the years of 2033 that two digits can mean.
  const whole = year!.length === 4 ? Number(year) : Number(year) > 83 ? 1900 + Number(year) : 2000 + Number(year);
  const index = monthNames.indexOf(month!.toLowerCase());
  const date = new Date(0);
  date.setUTCFullYear(whole, index, Number(day));
  const isDay = index !== -1 && date.getUTCMonth() === index && date.getUTCDate() === Number(day) && Number(day) > 0;
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return noDate;
  date.setUTCHours(Number(hour), Number(minute), Math.min(59, Number(second)));
  return Math.max(0, date.getTime());
}

const bodyBytes = 10;

function checkRange(inputs: Inputs): void {
  const text = texts.range(inputs);
  const bytes = Buffer.from(`-${text}-9`, "latin1");
  const ranges = new Ranges();
  const outcome = ranges.read(bytes, 1, bytes.length - 2, bodyBytes);
  const read = Array.from({ length: ranges.count }, (_, index) => [ranges.starts[index]!, ranges.ends[index]!]);
  agree("range", text, outcome === rangeOutcome.partial ? read : outcome, modelRange(text));
}

function modelRange(text: string): number[][] | number {
  const set = /^bytes=(.*)$/i.exec(text);
  const specs = (set?.[1] ?? "")
    .split(",")
    .map((spec) => spec.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((spec) => spec !== "");
  if (specs.length === 0 || specs.length > 16) return rangeOutcome.whole;
  const ranges: number[][] = [];
  for (const spec of specs) {
    const parts = /^(\d*)-(\d*)$/.exec(spec);
    if (parts === null || spec === "-") return rangeOutcome.whole;
    const [first, last] = [parts[1]!, parts[2]!];
    // What is beyond any body is one number.
    const most = Number.MAX_SAFE_INTEGER;
    if (first !== "" && last !== "" && Math.min(Number(last), most) < Math.min(Number(first), most))
      return rangeOutcome.whole;
    const start = first === "" ? Math.max(0, bodyBytes - Number(last)) : Number(first);
    const end = first === "" || last === "" ? bodyBytes : Math.min(bodyBytes, Number(last) + 1);
    if (start < end) ranges.push([start, end]);
  }
  if (ranges.length === 0) return rangeOutcome.unsatisfiable;
  const touched = ranges.flatMap(([start, end]) => Array.from({ length: end! - start! }, (_, index) => start! + index));
  return new Set(touched).size === touched.length ? ranges : rangeOutcome.whole;
}

function checkTags(inputs: Inputs): void {
  const [tag, list] = [texts.entityTag(inputs), texts.entityTags(inputs)];
  const head = requestHead("GET /", `If-None-Match: ${list}`);
  const bytes = Buffer.from(`..${tag}`, "latin1");
  const facts = Object.assign(new StoredFacts(), {
    status: 200,
    flags: cacheFlag.hasEtag,
    etagStart: 1,
    etagEnd: bytes.length - 1,
  });
  const ours = conditionOf(head, requestFacts(head), facts, bytes, 1, nowMs) === conditionOutcome.notModified;
  const opaque = (text: string): string => text.replace(/^W\//, "");
  const tags = list.match(/(?:W\/)?(?:"[^"]*(?:"|$)|[^, \t"][^, \t]*)|W\//g) ?? [];
  agree("If-None-Match", [tag, list], ours, list === "*" || tags.some((each) => opaque(each) === opaque(tag)));
}

const base = "http://shop.example/dir/file?query";

/** The runtime's own URL knows what is meant, where it does not mend what we refuse. */
function checkReference(inputs: Inputs): void {
  const text = texts.reference(inputs);
  const key = new Key();
  const response = responseHead(201, `Location: ${text}`);
  const request = requestHead("POST /dir/file?query");
  if (!invalidates(request, 201)) throw new Disagreement("a POST changes nothing");
  const isThere = writeReference(key, request, false, response, 0, policyOf());
  const ours = isThere ? latin1(key.bytes, 0, key.end) : null;
  const url = URL.parse(text, base);
  const isOurs =
    url !== null &&
    url.protocol === "http:" &&
    url.host === "shop.example" &&
    url.username === "" &&
    url.password === "";
  if (ours === null) {
    // With a scheme, an authority or nothing but a fragment the runtime mends more than we do.
    if (!/^(?:#|$|\/\/)|:/.test(text)) throw new Disagreement(`${show(text)} is taken for no reference`);
    return;
  }
  if (!isOurs) throw new Disagreement(`${show(text)} is taken for ${show(ours)}, which is another origin`);
  agree("reference", text, ours, url.href.replace(/#.*$/, ""));
}

/** A key without fields is a URL that has this key; parameters in another order have it too. */
function checkKey(inputs: Inputs): void {
  const target = texts.target(inputs);
  const query = { included: inputs.choice(3) === 0 ? ["id"] : null, excluded: ["a"], isSorted: inputs.choice(2) === 0 };
  const policy = policyOf({ query });
  const key = new Key();
  key.write(requestHead(`GET ${target}`), true, policy);
  const first = latin1(key.bytes, 0, key.end);
  if (!key.writeUrl(first, policy)) throw new Disagreement(`${show(first)} is the key of ${show(target)} and no URL`);
  agree("key", target, latin1(key.bytes, 0, key.end), first);
  if (!query.isSorted) return;
  const mark = target.indexOf("?");
  const names = target
    .slice(mark + 1)
    .split("&")
    .map((part) => part.split("=")[0]);
  if (mark === -1 || new Set(names).size < names.length) return;
  const turned =
    target.slice(0, mark + 1) +
    target
      .slice(mark + 1)
      .split("&")
      .reverse()
      .join("&");
  key.write(requestHead(`GET ${turned}`), true, policy);
  agree("key", [target, turned], latin1(key.bytes, 0, key.end), first);
}

const varied = "Accept-Encoding, accept-language, foo, bar, cookie, user-agent";

/** The second part can be taken apart, and what was absent is told from what was empty. */
function checkVariant(inputs: Inputs): void {
  const fields = Array.from({ length: inputs.choice(6) }, () => texts.choosing(inputs)).filter(
    (field) => field !== null,
  );
  const head = requestHead("GET /", ...fields);
  const response = responseHead(200, `Vary: ${varied}`);
  const names = new VaryNames();
  const count = names.read(response, responseFacts(response));
  const key = new Key();
  key.write(head, false, policyOf());
  writeVariant(key, names.bytes, 0, names.end, head, requestFacts(head));
  const parts = latin1(key.bytes, key.firstEnd, key.end).split("\0");
  agree("parts of a variant", fields, parts.length, count + 1);
  const sorted = varied.toLowerCase().split(", ").sort();
  for (const [index, name] of sorted.entries()) {
    const isThere = fields.some((field) => field.toLowerCase().startsWith(`${name}:`));
    agree("name in a variant", fields, parts[index]!.split(":")[0], name);
    agree("presence in a variant", [fields, name], parts[index]!.length > name.length, isThere);
  }
}

const gone = /\r\n(?:connection|keep-alive|age|trailer|transfer-encoding|upgrade):/i;

function checkHeads(inputs: Inputs): void {
  const [before, after] = [texts.responseLines(inputs), texts.responseLines(inputs)];
  const policy = policyOf({ dropsCookies: inputs.choice(2) === 0 });
  const head = responseHead(200, ...before);
  const facts = new StoredFacts();
  const output = new Output();
  writeStoredHead(output, head, responseFacts(head), policy, facts);
  const stored = checkedHead(output, facts, before);
  const again = new Output();
  const factsAgain = new StoredFacts();
  writeStoredHead(again, stored, responseFacts(stored), policy, factsAgain);
  agree("a head stored twice", before, latin1(again.bytes, 0, again.length), latin1(output.bytes, 0, output.length));
  agree("facts stored twice", before, factsAgain, facts);
  const answer = responseHead(304, ...after);
  const freshened = new Output();
  writeFreshenedHead(freshened, stored, answer, responseFacts(answer), policy, facts);
  const fresh = checkedHead(freshened, facts, [before, after]);
  const once = latin1(freshened.bytes, 0, freshened.length);
  const twice = new Output();
  writeFreshenedHead(twice, fresh, answer, responseFacts(answer), policy, facts);
  agree(
    "a head freshened twice",
    [before, after],
    latin1(twice.bytes, 0, twice.length).split("\r\n").sort(),
    once.split("\r\n").sort(),
  );
}

function checkedHead(output: Output, facts: StoredFacts, input: unknown): Head {
  const text = latin1(output.bytes, 0, output.length);
  const head = new Head(64);
  if (parseResponse(head, output.bytes, 0, output.length, output.length) !== output.length)
    throw new Disagreement(`${JSON.stringify(input)} is stored as ${show(text)}, which is no head`);
  if (gone.test(text)) throw new Disagreement(`${JSON.stringify(input)} is stored as ${show(text)}`);
  const etag = /\r\netag: (.*)\r\n/i.exec(text)?.[1] ?? "";
  agree("the span of an ETag", input, text.slice(facts.etagStart, facts.etagEnd), etag);
  return head;
}
