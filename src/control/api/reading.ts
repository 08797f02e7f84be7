// What a request asks an operation: its query and its body, read by the schemas that stand in the operation, or refused with the name of
// what is wrong and what is allowed there. A body is read once, here: the operation, the name of who asks, and the audit log all have it
// from here. It knows HTTP, JSON and schemas, and no operation.

import type { z } from "zod";
import { didYouMean } from "../../base/nearest.ts";
import { depthMax } from "../../config/depth.ts";
import { keyText, type Path } from "../../config/problem.ts";
import { isDeeper } from "../configuring/measure.ts";
import { notUnderstood, notValid, problem } from "./answer.ts";
import type { Operation } from "./operation.ts";
import { innermost, refusalOf, saidOf } from "./wording.ts";

/** Read and good; or the refusal. */
export type Reading = { readonly value: unknown } | Response;

const bodyBytesUsual = 65_536;

/** Pages take whatever query they are asked with, and so does what machines ask: balancers and scrapers send what they send. */
const root = "/api/v1/";

export function readQuery({ path, query: schema, isWorded }: Operation, { searchParams }: URL): Reading {
  if (isWorded === true && !path.startsWith(root)) return { value: searchParams };
  // Written by hand, an address often has a query that means nothing, such as the time against caches; here it would mean a slip.
  const shape = schema === undefined ? {} : (schema as z.ZodObject).shape;
  const names = Object.keys(shape);
  const asked: Record<string, string | string[]> = {};
  for (const name of new Set(searchParams.keys())) {
    if (!names.includes(name)) return notUnderstood(`there is no parameter ${name}${didYouMean(name, names)}`);
    const values = searchParams.getAll(name);
    asked[name] = values.length === 1 ? values[0]! : values;
  }
  if (isWorded === true) return { value: searchParams };
  if (schema === undefined) return { value: undefined };
  const read = schema.safeParse(asked);
  if (read.success) return { value: read.data };
  const issue = read.error.issues[0]!;
  const name = String(issue.path[0] ?? names[0]);
  if (asked[name] === undefined && shape[name] !== undefined && issue.code === "invalid_type")
    return notUnderstood(`the parameter ${name} is missing`);
  if (Array.isArray(asked[name]) && issue.code === "invalid_type")
    return notUnderstood(`${name} must be there once, not ${asked[name].length} times`);
  return notUnderstood(shape[name] === undefined ? issue.message : refusalOf(name, shape[name] as z.ZodType, issue));
}

/** The value of a JSON body, undefined where there is none. */
export async function readBody(operation: Operation, request: Request): Promise<Reading> {
  const { body: schema, bodyTypes, isWorded } = operation;
  if (schema === undefined) return { value: undefined };
  const wrongType = typeProblem(request, bodyTypes);
  if (wrongType !== null) return problem(415, wrongType);
  const bytesMax = operation.bodyBytesMax ?? bodyBytesUsual;
  // Without a length the body may still be long: it is read no further than it may be.
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return tooLarge(bytesMax);
  const text = await textOf(request, bytesMax);
  if (text === null) return notUnderstood("the body did not come whole");
  if (text === undefined) return tooLarge(bytesMax);
  if (text === "" && schema.safeParse(undefined).success) return { value: isWorded === true ? {} : undefined };
  const value = parsed(text);
  if (bodyTypes === undefined && (typeof value !== "object" || value === null || Array.isArray(value)))
    return notUnderstood("the body must be a JSON object");
  if (value === undefined) return notUnderstood("the body must be JSON");
  if (isDeeper(value)) return notUnderstood(`the body must not be nested more than ${depthMax} deep`);
  // Schemas pass over this one name, and nothing is passed over in silence.
  if (Object.hasOwn(Object(value), "__proto__")) return notValid("__proto__ is not a known key");
  if (isWorded === true) return { value };
  const read = schema.safeParse(value);
  return read.success ? { value: read.data } : notValid(bodyRefusal(schema, read.error.issues[0]!));
}

/** Null where the client has left meanwhile, undefined where it is too long. */
async function textOf({ body }: Request, bytesMax: number): Promise<string | null | undefined> {
  if (body === null) return "";
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
      length += part.length;
      // Leaving the loop lets go of the stream.
      if (length > bytesMax) return undefined;
      parts.push(part);
    }
  } catch {
    return null;
  }
  return new TextDecoder().decode(Buffer.concat(parts, length));
}

function typeProblem(request: Request, types: readonly string[] | undefined): string | null {
  if (types === undefined) return null;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  return types.includes(type) ? null : `Content-Type must be ${types.join(" or ")}`;
}

function tooLarge(bytesMax: number): Response {
  return problem(413, `the body must have at most ${bytesMax} bytes`);
}

/** Undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In the words of the readers that are there besides schemas. */
function bodyRefusal(schema: z.ZodType, outer: z.core.$ZodIssue): string {
  const issue = innermost(outer);
  const [first, ...rest] = issue.path.map(String);
  const shape = (schema as Partial<z.ZodObject>).shape ?? {};
  if (first === undefined && issue.code === "unrecognized_keys") {
    const names = Object.keys(shape);
    const name = String(issue.keys[0]).slice(0, 100);
    return `the key ${JSON.stringify(name)} is not known; there is ${names.join(", ")}`;
  }
  if (first === undefined) return issue.code === "custom" ? issue.message : `the body ${saidOf(issue)}`;
  const place = keyText(issue.path as Path); // What JSON has for keys.
  const of = rest.length === 0 ? (shape[first] as z.ZodType | undefined) : undefined;
  return of === undefined ? `${place} ${saidOf(issue)}` : refusalOf(place, of, issue);
}
