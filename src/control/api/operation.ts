// One operation of the admin API: its path and method, what it takes and answers as schemas, and who answers it. The table of all
// (operations.ts) is what the router obeys, what the OpenAPI document is made of, and what tests hold every answer against: nothing is
// served that is not described. It knows schemas and HTTP; what an operation does is its handler's business, in the file of its subject.

import type { z } from "zod";
import type { Answer } from "./answer.ts";

export type OperationMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a request asks an operation, read and found good. */
export interface Call<Query = unknown, Body = unknown> {
  readonly request: Request;
  /** Parts of the path, percent-decoded, by the names in its braces. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** The peer's address, "unix" on a unix socket. */
  readonly peer: string;
  /** Who asks, for the audit log: `by` of the body or of the field Sluice-Actor, else the peer. */
  readonly actor: string;
}

export interface OperationAnswer {
  readonly description: string;
  /** Of a JSON body. Absent: there is none, or `type` says what it is. */
  readonly schema?: z.ZodType;
  /** Content type of a body that is not JSON. */
  readonly type?: string;
}

export interface Operation {
  /** In camel case, unique, as clients made of the OpenAPI document call it: "listPools". */
  readonly id: string;
  readonly method: OperationMethod;
  /** With parameters in braces: "/api/v1/pools/{pool}/servers/{server}/drain". One parameter is one part of the path. */
  readonly path: string;
  /** One line, which the index page and the reference show. */
  readonly summary: string;
  readonly description?: string;
  /** The subject under which documents list it: "Pools". */
  readonly tag: string;
  /** What each part of the path is, by name. */
  readonly params?: Readonly<Record<string, string>>;
  /** An object's schema, of strings as they stand in the URL: use z.coerce where they are numbers. Unknown parameters are refused. */
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Content types of bodies that are taken; JSON where absent. */
  readonly bodyTypes?: readonly string[];
  /** By status; refusals that every operation may give (400, 401, 403, 405, 413, 422, 429) need not be listed. */
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  /** It changes something: asked for in the audit log, and of browsers only from the console. Absent: all but GET does. */
  readonly isChange?: boolean;
  /** Told to whoever may speak to the address at all, without the token: it says nothing that is worth one. Or only where it is asked so. */
  readonly isOpen?: boolean | ((request: Request) => boolean);
  /** User and password are asked for by name, beside the token; shared: pages of other origins may ask it, where they show these themselves. */
  readonly basic?: "asked" | "shared";
  /** It goes on for as long as the client listens: no timeout. */
  readonly isStream?: boolean;
  /** The last parameter of the path takes slashes too, such as a block of addresses. */
  readonly hasRest?: boolean;
  /** The most that a body may have; 65,536 where absent. */
  readonly bodyBytesMax?: number;
  /** Query and body are read by the handler, which refuses in words of its own: the schemas are what documents tell. See `wordedOperation`. */
  readonly isWorded?: boolean;
  handle(call: Call): Answer;
}

/** An operation whose handler has query and body in their types. */
export function operation<Query = undefined, Body = undefined>(
  told: Omit<Operation, "handle" | "query" | "body"> & {
    readonly query?: z.ZodType<Query>;
    readonly body?: z.ZodType<Body>;
    handle(call: Call<Query, Body>): Answer;
  },
): Operation {
  // The router has read both by these very schemas before it calls.
  return told as Operation;
}

export function isOpenTo({ isOpen = false }: Operation, request: Request): boolean {
  return typeof isOpen === "function" ? isOpen(request) : isOpen;
}

export function isChangeOf({ method, isChange }: Operation): boolean {
  return isChange ?? method !== "GET";
}

/** An operation whose handler reads query and body itself: a reader that other doors use too (the command line, a file) refuses alike. */
export function wordedOperation(
  told: Omit<Operation, "handle" | "isWorded"> & { handle(call: WordedCall): Answer },
): Operation {
  // The router hands over just these to an operation that is worded.
  return { ...told, isWorded: true } as Operation;
}

/** The body is a JSON object, whatever is in it; {} without one where the schema lets it be absent. */
export type WordedCall = Call<URLSearchParams, Readonly<Record<string, unknown>>>;
