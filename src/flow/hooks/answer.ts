// What a hook has answered, read: nothing, an answer to the client, or something that makes no sense and is told as that. A
// standard `Response` comes as a reply with its bytes (hooks.ts), for its body is a promise.

import { formatSize } from "../../base/size.ts";
import type { FieldPlan } from "../../config/plan.ts";
import { isSection, sectionOf } from "../../config/section.ts";
import type { Reply } from "../../rules/outcome.ts";
import { isTokenText, valueFault } from "../fieldtext.ts";

export type Answered =
  | { readonly ok: true; readonly reply: Reply | null }
  | { readonly ok: false; readonly message: string };

/** The longest body of an answer: it is held as a whole, for each client that it goes to. */
export const replyBytesMax: number = 16 * 1024 * 1024;

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
  const content = json === undefined ? reply["body"] : (JSON.stringify(json) as unknown); // Of a function there is none.
  if (isTooLong(content)) return nonsense(`its body is longer than ${formatSize(replyBytesMax)}`);
  const body = json !== undefined && content === undefined ? undefined : bodyOf(content);
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

/** Said of what is sent. Asked before anything is made of it: nobody knows how long it is. */
function isTooLong(content: unknown): boolean {
  if (content instanceof Uint8Array) return content.length > replyBytesMax;
  if (typeof content !== "string") return false;
  // Counting may take a while where it is much.
  return content.length > replyBytesMax || Buffer.byteLength(content, "utf8") > replyBytesMax;
}

/** A character a byte; null, where nothing is said of it, is the usual words for the status. */
function bodyOf(content: unknown): string | null | undefined {
  if (content === undefined) return null;
  if (content === null) return "";
  if (typeof content === "string") return Buffer.from(content, "utf8").toString("latin1");
  return content instanceof Uint8Array ? Buffer.from(content).toString("latin1") : undefined;
}
