// Texts with samples in them: log-format strings (configuration manual, 8.2.4), as `http-request set-header` and its kin take them.
// They become templates of ours, or one expression where no template can stand. What is not there is an empty text in both.

import { didYouMean } from "../../../base/nearest.ts";
import { quote } from "../../../base/reading.ts";
import { type Code, call, choose, primary, relate, text } from "./code.ts";
import { readSample } from "./fetch.ts";
import { pathAndQuery } from "./fetchnames.ts";
import { isSure } from "./map.ts";
import { fault, refuse } from "./objection.ts";
import { isMethodEdited, receivedMethod } from "./received.ts";
import { missingSample, nameIn, type Sample, type Site, sampleOf, textOf } from "./sample.ts";
import { pathOf, type Word } from "./scene.ts";
import { serverName } from "./servername.ts";

/** A plain text, or what is put in its place. */
export type Part = string | Sample;

const query = primary("query");
const protocol = relate(text("HTTP/"), "+", primary("version"));

/** By the letters behind the percent sign. A text says why there is none. */
const variables: Readonly<Record<string, Sample | string>> = {
  ci: sampleOf("address", primary("src")),
  cp: sampleOf("int", primary("srcPort")),
  fi: sampleOf("address", primary("dst")),
  fp: sampleOf("int", primary("dstPort")),
  ID: sampleOf("text", primary("requestId")),
  HM: sampleOf("text", primary("method")),
  HP: sampleOf("text", primary("path")),
  HPO: sampleOf("text", primary("path")),
  HQ: sampleOf("text", choose(call("has", query), relate(text("?"), "+", query), text(""))),
  HU: sampleOf("text", primary("target")),
  HV: sampleOf("text", protocol),
  r: sampleOf(
    "text",
    relate(
      relate(relate(relate(primary("method"), "+", text(" ")), "+", primary("target")), "+", text(" ")),
      "+",
      protocol,
    ),
  ),
  Ts: sampleOf("int", call("int", primary("now"))),
  ST: sampleOf("int", primary("response.status")),
  sslv: sampleOf("text", relate(text("TLSv"), "+", primary("tls.version"))),
  sslc: sampleOf("text", primary("tls.cipher")),
};
const responseOnly: ReadonlySet<string> = new Set(["ST"]);
const requestOnly: ReadonlySet<string> = new Set(["HM", "HP", "HPO", "HQ", "HU", "HV", "r", "ID"]);
const others =
  `B CC CS H Hi Ta Tc Td Th Ti Tq Tr TR Tt Tw Tu U Tl T D ac b bc bi bp bq fc hr hrl hs hsl lc ms pid rc rt sc si sp sq t trg trl
  tsc tr ts f ft`.split(/\s+/);

export function readFormat(site: Site, word: Word, written: string = word.text, isQuoting = false): readonly Part[] {
  const parts: Part[] = [];
  let plain = "";
  let at = 0;
  const add = (part: Sample, isQuoted: boolean): void => {
    const quotes = isQuoted ? '"' : "";
    if (plain !== "" || isQuoted) parts.push(plain + quotes);
    parts.push(part);
    plain = quotes;
  };
  while (at < written.length) {
    if (written[at] !== "%") {
      plain += written[at++];
      continue;
    }
    if (written[at + 1] === "%") {
      plain += "%";
      at += 2;
      continue;
    }
    const flags = /^%(\{[^}]*\})?/.exec(written.slice(at))!;
    at += flags[0].length;
    const isQuoted = /Q/.test(flags[1] ?? "");
    if (/X/.test(flags[1] ?? "")) refuse(word, `texts are not put in hexadecimal, as ${flags[1]} wants`);
    if (/E/.test(flags[1] ?? ""))
      site.conversion.ledger.approximate(pathOf(word), `quotes and brackets get no backslash, as ${flags[1]} wants`);
    if (written[at] === "[") {
      const end = endOf(written, at + 1);
      if (end === -1) return fault(word, `has no closing ] after ${quote(written.slice(at))}`);
      const sample = readSample(site, word, written.slice(at + 1, end));
      if (sample.isLate) fault(word, `asks for what is not there: ${sample.missing}`);
      // HAProxy puts a sample in quotes in the text of a variable only, whatever its flags say.
      add(sample, isQuoted && isQuoting);
      at = end + 1;
      continue;
    }
    const name = /^[A-Za-z]+/.exec(written.slice(at))?.[0] ?? "";
    if (name === "") return fault(word, "has a lone %: %% stands for itself");
    at += name.length;
    if (name === "o" && flags[1] !== undefined) {
      if (isQuoted) refuse(word, `${flags[1]} for all that follows is not there: write it at each`);
      continue;
    }
    add(variableOf(site, word, name), isQuoted);
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

function variableOf(site: Site, word: Word, name: string): Sample {
  if (name === "f" || name === "ft")
    return site.proxy.kind === "backend"
      ? refuse(word, "%f: which frontend a request came by is not told to the rules of a backend")
      : sampleOf("text", text(site.proxy.name));
  if (name === "b" && site.proxy.kind !== "frontend") return sampleOf("text", text(site.proxy.name));
  if (name === "s")
    return site.stage === "response"
      ? sampleOf("text", serverName(site, word))
      : missingSample("text", "%s is not there yet");
  const isReceived = name === "HM" && isMethodEdited(site.conversion.proxies);
  const usual = Object.hasOwn(variables, name) ? variables[name]! : null;
  const known = isReceived ? sampleOf("text", nameIn("vars", receivedMethod)) : usual;
  if (known === null) {
    if (others.includes(name)) return refuse(word, `%${name} is not told to rules`);
    return fault(
      word,
      `has %${name}, which is no variable of HAProxy's${didYouMean(name, [...Object.keys(variables), "s"])}; %% stands for a percent sign`,
    );
  }
  const isEarly = site.stage !== "response" && responseOnly.has(name);
  const isBefore = (site.stage === "connection" || site.stage === "session") && requestOnly.has(name);
  return isEarly || isBefore || typeof known === "string" ? missingSample("text", `%${name} is not there yet`) : known;
}

/** The bracket that closes, outside of quotes and of brackets of arguments. */
function endOf(written: string, start: number): number {
  let quoted = "";
  let depth = 0;
  for (let at = start; at < written.length; at++) {
    const character = written[at]!;
    if (character === "\\" && quoted !== "'") at++;
    else if (quoted !== "") quoted = character === quoted ? "" : quoted;
    else if (character === '"' || character === "'") quoted = character;
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "]" && depth <= 0) return at;
  }
  return -1;
}

export function templateOf(parts: readonly Part[]): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return literalInTemplate(part);
      if (part.missing !== null) return "";
      return `{${(part.kind === "bool" ? textOf(part.code, "bool") : part.code).text}}`;
    })
    .join("");
}

export function literalInTemplate(written: string): string {
  return written.replaceAll(/[{}]/g, "$&$&");
}

/** One expression of type string. */
export function expressionOf(parts: readonly Part[]): Code {
  const codes = parts
    .filter((part) => typeof part === "string" || part.missing === null)
    .map((part, _, { length }) => {
      if (typeof part === "string") return text(part);
      const code = textOf(part.code, part.kind);
      // Of what is not there nothing is written, and the rest is.
      const isPlain =
        part.code.text.startsWith("'") || part.kind === "bool" || /^(?:src|dst)Port$/.test(part.code.text);
      const isThere = length === 1 || isPlain || isSure(part.code);
      return isThere ? code : choose(call("has", part.code), code, text(""));
    });
  if (codes.length === 0) return text("");
  return codes.reduce((joined, code) => relate(joined, "+", code));
}

/** Nothing in it changes. */
export function constantOf(parts: readonly Part[]): string | null {
  return parts.every((part): part is string => typeof part === "string") ? parts.join("") : null;
}

/** `path?query` in a template. */
export const pathAndQueryTemplate: string = `{${pathAndQuery.text}}`;
