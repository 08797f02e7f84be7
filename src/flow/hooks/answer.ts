// What a hook has answered, read: nothing, an answer to the client, or something that makes no sense and is told as that. A
// standard `Response` comes as a reply with its bytes (hooks.ts), for its body is a promise.

import type { FieldPlan } from "../../config/plan.ts";
import { isSection, type Section, sectionOf } from "../../config/section.ts";
import type { Reply } from "../../rules/outcome.ts";
import { isTokenText, valueFault } from "../fieldtext.ts";

export type Answered =
  | { readonly ok: true; readonly reply: Reply | null }
  | { readonly ok: false; readonly message: string };

const nothing: Answered = { ok: true, reply: null };
const keys = ["status", "headers", "body", "json"];
const usage = "an answer has a status, headers and a body or json";

/** Never throws, whatever stands in it. */
export function readAnswer(value: unknown): Answered {
  if (value === undefined || value === null) return nothing;
  try {
    return readReply(value);
  } catch (error) {
    return nonsense(`it cannot be read: ${String(error)}`);
  }
}

function readReply(value: unknown): Answered {
  if (!isSection(value)) return nonsense(`it is a ${typeof value}; ${usage}`);
  const reply = sectionOf(value);
  const present = Object.keys(reply).filter((key) => reply[key] !== undefined);
  const stranger = present.find((key) => !keys.includes(key));
  if (stranger !== undefined || present.length === 0) return nonsense(`it holds ${stranger ?? "nothing"}; ${usage}`);
  const { status = 200, json } = reply;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
    return nonsense(`its status is ${String(status)}, which is none from 200 to 599`);
  const fields = readFields(reply["headers"]);
  if (typeof fields === "string") return nonsense(fields);
  if (json !== undefined && reply["body"] !== undefined) return nonsense("it has both body and json");
  const body = json === undefined ? bodyOf(reply) : jsonOf(json);
  if (body === undefined)
    return nonsense("its body is neither a text nor bytes, or its json cannot be written as JSON");
  const isTyped = fields.some(({ name }) => name.toLowerCase() === "content-type");
  const typed =
    json === undefined || isTyped ? fields : [...fields, { name: "Content-Type", value: "application/json" }];
  return { ok: true, reply: { status, reason: "", fields: typed, body, retryAfterS: 0 } };
}

function nonsense(message: string): Answered {
  return { ok: false, message };
}

function readFields(value: unknown): FieldPlan[] | string {
  const fields: FieldPlan[] = [];
  let fault: string | null = null;
  const add = (name: unknown, text: unknown): void => {
    if (typeof name !== "string" || !isTokenText(name)) {
      fault ??= `${String(name)} is not the name of a field`;
      return;
    }
    const wrong = valueFault(text);
    if (wrong !== null) fault ??= `the value of ${name} ${wrong}`;
    else fields.push({ name, value: String(text) });
  };
  if (value === undefined) return fields;
  if (Array.isArray(value)) for (const pair of value) add(sectionless(pair)[0], sectionless(pair)[1]);
  else if (!isSection(value)) return "its headers are no section of fields";
  else if (isStandard(value)) value.forEach((text, name) => void add(name, text));
  else
    for (const [name, text] of Object.entries(sectionOf(value)))
      if (Array.isArray(text)) for (const each of text) add(name, each);
      else if (text !== undefined) add(name, text);
  return fault ?? fields;
}

function sectionless(pair: unknown): readonly unknown[] {
  return Array.isArray(pair) ? pair : [];
}

/** `Headers`, or anything that is gone through alike. */
function isStandard(value: unknown): value is { forEach(each: (text: unknown, name: unknown) => void): void } {
  return typeof sectionOf(value)["forEach"] === "function";
}

/** A character a byte; null, where nothing is said of it, is the usual words for the status. */
function bodyOf({ body }: Section): string | null | undefined {
  if (body === undefined) return null;
  if (body === null) return "";
  if (typeof body === "string") return Buffer.from(body, "utf8").toString("latin1");
  return body instanceof Uint8Array ? Buffer.from(body).toString("latin1") : undefined;
}

function jsonOf(json: unknown): string | undefined {
  const text = JSON.stringify(json) as string | undefined; // Of a function there is none.
  return text === undefined ? undefined : Buffer.from(text, "utf8").toString("latin1");
}
