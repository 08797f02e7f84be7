// What a method may become, and what a status, while the message stays framed as it is: some of them are about messages that have no body
// where others have one. Rules pass over such a change (edits.ts), hooks are told of it as an error.

import { isTokenText } from "./fieldtext.ts";

/** Methods whose answers, or whose requests, are framed in a way of their own (RFC 9110 sections 9.3.2, 9.3.6 and 9.3.8). */
const unlike = new Set(["HEAD", "CONNECT", "TRACE"]);
/** As the reader of requests has it (wire/http1/reader.ts). */
const methodLengthMax = 32;
/** Have no body where others do (RFC 9112 section 6.3), or none that is not empty (RFC 9110 section 15.3.6). */
const bodiless = new Set([204, 205, 304]);

/** What is wrong with another method for a request, null where nothing is. */
export function methodMistake(method: string, wanted: string): string | null {
  if (!isTokenText(wanted) || wanted.length > methodLengthMax) return `${JSON.stringify(wanted)} is not a method`;
  if (method === wanted || !(unlike.has(method) || unlike.has(wanted))) return null;
  return `a ${method} cannot become a ${wanted}, whose messages are framed in another way`;
}

/** What is wrong with another status for a response, null where nothing is. */
export function statusMistake(status: number, wanted: number): string | null {
  if (!Number.isInteger(wanted) || wanted < 200 || wanted > 999) return `${wanted} is not a status from 200 to 999`;
  if (status === wanted) return null;
  if (bodiless.has(wanted)) return `a response with a body cannot become a ${wanted}, which has none`;
  if (bodiless.has(status) || status < 200) return `a ${status} has no body, which a ${wanted} would have`;
  return null;
}
