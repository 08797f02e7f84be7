// Actions that edit a request or response: its fields, its line, its status. What HAProxy
// replaces it replaces whole: the value of a field or a path becomes what is written, with groups of what matched in it.

import { quote } from "../../../base/reading.ts";
import { type Code, call, choose, index, method, pattern, primary, relate, text } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import { pathAndQuery } from "./fetchnames.ts";
import { constantOf, expressionOf, type Part, templateOf } from "./logformat.ts";
import { fault, refuse } from "./objection.ts";
import { givenStatus, isStatusEdited } from "./received.ts";
import { eachPart, hasAll, readRegex, replacement, whole } from "./regex.ts";
import type { RuleLine } from "./ruleline.ts";
import { nameIn, textOf } from "./sample.ts";
import type { Word } from "./scene.ts";

type Edit = (line: RuleLine) => RuleDraft;

function headers(line: RuleLine): Code {
  return primary(line.site.stage === "response" ? "response.headers" : "headers");
}

function setField(key: "setHeader" | "addHeader"): Edit {
  return (line) => {
    const name = fieldName(line);
    return { [key]: { [name.text]: templateOf(line.format("a value")) } };
  };
}

function deleteField(line: RuleLine): RuleDraft {
  const name = fieldName(line);
  const flag = line.take("-m");
  if (flag !== null && line.next("a way to match").text !== "str")
    refuse(flag, "fields are removed by their whole names only");
  return { removeHeader: name.text };
}

function fieldName(line: RuleLine): Word {
  const word = line.next("the name of a field");
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(word.text)
    ? word
    : fault(word, `must be the name of a field, not ${quote(word.text)}`);
}

interface Replacing {
  /** As it is written. */
  readonly plain: string;
  /** Around it so much that it takes in all that is there. */
  readonly expression: string;
  /** What matched is held by a group of its own, for a part that says it. */
  readonly isHeld: boolean;
  readonly parts: readonly Part[];
  /** What is written where that is the same for all requests; null where it is not. */
  readonly constant: string | null;
}

function replacing(line: RuleLine): Replacing {
  const word = line.next("a regular expression");
  const reading = readRegex(word.text);
  if (!reading.ok) return fault(word, reading.message);
  const parts = line.format("what to write instead");
  const isHeld = parts.some((part) => typeof part === "string" && hasAll(part));
  const expression = whole(reading.value, isHeld);
  return { plain: reading.value, expression, isHeld, parts, constant: constantOf(parts) };
}

function substitution({ expression, isHeld }: Replacing, constant: string): { pattern: string; by: string } {
  return { pattern: expression, by: replacement(constant, isHeld) };
}

/** All that is there is replaced by what is written, with the groups of the expression in it. */
function replaced({ expression: wanted, isHeld, parts }: Replacing, subject: Code): Code {
  const expression = pattern(wanted);
  const filled = (part: Part): Code => {
    if (typeof part !== "string") return textOf(part.code, part.kind);
    const by = text(replacement(part, isHeld));
    return /\\\d/.test(part) ? method(subject, "replaceRegex", expression, by) : text(part);
  };
  const put = parts
    .filter((part) => typeof part === "string" || part.missing === null)
    .map(filled)
    .reduce((joined, code) => relate(joined, "+", code));
  return choose(method(subject, "matches", expression), put, subject);
}

function replaceField(line: RuleLine): RuleDraft {
  const name = fieldName(line);
  return wholeReplaced(line, name, replacing(line));
}

function wholeReplaced(line: RuleLine, name: Word, own: Replacing): RuleDraft {
  if (own.constant !== null) return { replaceHeader: { [name.text]: substitution(own, own.constant) } };
  const field = index(headers(line), text(name.text.toLowerCase()));
  return { if: call("has", field).text, setHeader: { [name.text]: `{${replaced(own, field).text}}` } };
}

function replaceValue(line: RuleLine): RuleDraft {
  const name = fieldName(line);
  const own = replacing(line);
  const each = own.constant === null ? null : eachPart(own.plain, own.constant);
  if (each !== null) return { replaceHeader: { [name.text]: each } };
  line.differs("a field with several values is replaced as one");
  return wholeReplaced(line, name, own);
}

function setPart(key: string, expected: string): Edit {
  return (line) => ({ [key]: templateOf(line.format(expected)) });
}

/** `key`: where what is written is the same for all; `other`: where it is not. */
function replacePart(key: string, other: string, subject: Code): Edit {
  return (line) => {
    const own = replacing(line);
    if (own.constant !== null) return { [key]: substitution(own, own.constant) };
    return { [other]: `{${replaced(own, subject).text}}` };
  };
}

/** What begins with a slash by itself: a path, or a target. */
const isRooted = (part: Part | undefined): boolean =>
  typeof part === "object" && /^\(?(?:path|target|vars\.received_target)(?![\w.[])/.test(part.code.text);

const isAbsolute = (part: Part | undefined): boolean => typeof part === "string" && /^https?:\/\//i.test(part);

/** With an absolute URI the host is another too. */
function setUri(line: RuleLine): RuleDraft {
  const parts = line.format("a URI");
  const [first] = parts;
  if (!isAbsolute(first)) {
    if (typeof first === "object" && !/^\(?(?:path|target)\b/.test(first.code.text))
      line.differs("where it comes to an absolute URI, nothing is changed");
    return { setTarget: templateOf(parts) };
  }
  const bare = [(first as string).replace(/^https?:\/\/(?:[^@/?]*@)?/i, ""), ...parts.slice(1)];
  const end = bare.findIndex((part) => isRooted(part) || (typeof part === "string" && /[/?]/.test(part)));
  if (isRooted(bare[end])) return setUriParts(bare.slice(0, end), bare.slice(end));
  const ending = end === -1 ? "" : (bare[end] as string);
  const cut = ending.search(/[/?]/);
  const authority = end === -1 ? bare : [...bare.slice(0, end), ending.slice(0, cut)];
  const rest = end === -1 ? ["/"] : [ending[cut] === "/" ? "" : "/", ending.slice(cut), ...bare.slice(end + 1)];
  if (end === -1 && parts.length > 1) line.differs("its host is all of it, without a path");
  return setUriParts(authority, rest);
}

function setUriParts(authority: readonly Part[], rest: readonly Part[]): RuleDraft {
  const host = { Host: templateOf(authority) };
  const constant = constantOf(rest);
  if (constant !== null) return { setHeader: host, setTarget: templateOf([constant]) };
  // What it is made of is what there was before it.
  const kept = nameIn("vars", "uri_target").text;
  return {
    set: { [kept]: expressionOf(rest.filter((part) => part !== "")).text },
    setHeader: host,
    setTarget: `{${kept}}`,
  };
}

function replaceUri(line: RuleLine): RuleDraft {
  const word = line.peek();
  const by = line.statement.words[line.statement.words.indexOf(word!) + 1];
  if (isAbsolute(by?.text))
    refuse(by!, "an absolute URI is written by set-uri, under a condition that asks what this expression does");
  return replacePart("rewriteTarget", "setTarget", primary("target"))(line);
}

function setStatus(line: RuleLine): RuleDraft {
  const word = line.next("a status");
  const status = /^\d{3}$/.test(word.text) ? Number(word.text) : 0;
  if (status < 100 || status > 999) fault(word, `must be a status, not ${quote(word.text)}`);
  if (status < 200 || status > 599) refuse(word, "a response has a status from 200 to 599");
  if (line.take("reason") !== null) {
    line.next("a reason");
    line.differs("the usual reason stands behind the status");
  }
  const isSeen = line.site.isSent !== true && isStatusEdited(line.site.conversion.proxies);
  return { ...(isSeen ? { set: { [nameIn("vars", givenStatus).text]: String(status) } } : {}), setStatus: status };
}

const merges: Readonly<Record<string, string>> = {
  "path-merge-slashes": "{path.replaceRegex('/+', '/', true)}",
  "fragment-strip": "{path}",
};

function normalize(line: RuleLine): RuleDraft {
  const word = line.next("a normalizer");
  const path = Object.hasOwn(merges, word.text) ? merges[word.text] : undefined;
  if (path === undefined) return refuse(word, `${word.text}: requests are sent on with the path that they came with`);
  return { setPath: path };
}

export const requestEdits: Readonly<Record<string, Edit>> = {
  "set-header": setField("setHeader"),
  "add-header": setField("addHeader"),
  "del-header": deleteField,
  "replace-header": replaceField,
  "replace-value": replaceValue,
  "set-method": setPart("setMethod", "a method"),
  "set-path": setPart("setPath", "a path"),
  "set-query": setPart("setQuery", "a query"),
  "set-uri": setUri,
  "set-pathq": setPart("setTarget", "a path with its query"),
  "replace-path": replacePart("rewritePath", "setPath", primary("path")),
  "replace-pathq": replacePart("rewriteTarget", "setTarget", pathAndQuery),
  "replace-uri": replaceUri,
  "normalize-uri": normalize,
};

export const responseEdits: Readonly<Record<string, Edit>> = {
  "set-header": setField("setHeader"),
  "add-header": setField("addHeader"),
  "del-header": deleteField,
  "replace-header": replaceField,
  "replace-value": replaceValue,
  "set-status": setStatus,
};
