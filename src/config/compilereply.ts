// Answers of our own as the plan has them, whole: files have been read, texts are bytes, what was left out has become what it
// means. Which of their texts hold expressions is said by the config alone: a body of JSON is full of braces.

import { assert } from "../base/assert.ts";
import { type FaultCode, fault, faultCodes } from "../base/fault.ts";
import type { Materials } from "./materials.ts";
import { seconds } from "./measure.ts";
import type { ErrorPlan, FieldPlan, ReplyPlan } from "./plan.ts";
import type { Reply } from "./types.ts";

/** Sent as Retry-After: what is known when the answer is given. */
const whatIsKnown = -1;

/** A status alone, or a section. `usual`: the status where none is said; `wait`: what Retry-After then says with 429 and 503. */
export function compileReply(
  reply: number | Partial<Reply>,
  usual: number,
  materials: Materials,
  wait: number = whatIsKnown,
): ReplyPlan {
  const said = typeof reply === "number" ? { status: reply } : reply;
  const file = said.file === undefined ? null : materials.response(said.file);
  assert(file !== undefined, `the file ${said.file} has not been read`);
  const status = said.status ?? file?.status ?? usual;
  const body = said.body === undefined ? null : bytesOf(said.body);
  const fields = file?.fields ?? fieldsOf(said, body !== null);
  return {
    status,
    reason: said.reason ?? file?.reason ?? "",
    fields,
    body: file?.body ?? body,
    isTemplate: said.template ?? false,
    retryAfterS: hasField(fields, "retry-after") ? 0 : retryAfter(said.retryAfter, status, wait),
  };
}

function fieldsOf({ headers, type }: Partial<Reply>, hasBody: boolean): FieldPlan[] {
  const fields = compileFields(headers ?? {});
  if (hasField(fields, "content-type") || (!hasBody && type === undefined)) return fields;
  return [{ name: "Content-Type", value: bytesOf(type ?? "text/plain; charset=utf-8") }, ...fields];
}

/** A text of the config as it goes over the wire: the bytes of its UTF-8, a character each. */
export function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function compileFields(headers: Readonly<Record<string, string>>): FieldPlan[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value: bytesOf(value) }));
}

function hasField(fields: readonly FieldPlan[], name: string): boolean {
  return fields.some((field) => field.name.toLowerCase() === name);
}

function retryAfter(said: string | false | undefined, status: number, wait: number): number {
  if (said === undefined) return status === 429 || status === 503 ? wait : 0;
  return said === false ? 0 : seconds(said);
}

/** Instead of our own answers: those by status in their order, then those by fault. */
export function compileErrors(
  errors: Readonly<Record<string, number | string | Partial<Reply>>>,
  materials: Materials,
): ErrorPlan[] {
  return Object.entries(errors)
    .map(([key, answer]) => ({ on: errorKeyOf(key), answer }))
    .sort((a, b) => rankOf(a.on) - rankOf(b.on))
    .map(({ on, answer }) => {
      if (typeof answer === "number") return { on, reply: answer };
      const usual = typeof on === "number" ? on : fault(on).status;
      return { on, reply: compileReply(typeof answer === "string" ? { file: answer } : answer, usual, materials, 0) };
    });
}

function errorKeyOf(key: string): number | FaultCode {
  return /^\d/.test(key) ? Number(key) : (key as FaultCode); // A checked config has no other keys.
}

function rankOf(on: number | FaultCode): number {
  return typeof on === "number" ? on : 1000 + faultCodes.indexOf(on);
}
