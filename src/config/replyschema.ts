// The keys of an answer of our own: what a rule replies with, a pool without servers, or we do instead of our usual words for an
// error. Which of them go together is for reviewreply.ts to say, and what a file holds for httpfile.ts.

import { z } from "zod";
import { type FaultCode, fault, faultCodes } from "../base/fault.ts";
import { didYouMean } from "../base/nearest.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { ReplyInput } from "./input.ts";
import { count, duration, filePath, flag, says, section, text, token, words } from "./term.ts";
import type { Reply } from "./types.ts";

/** RFC 9110 5.5: no control characters but tabs. */
const fieldValue = /^[^\x00-\x08\x0a-\x1f\x7f]{0,4096}$/;
/** How a message ends is said by us alone (RFC 9112 6), and so is what becomes of its connection. */
export const framingFields: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  // As CGI and its heirs take them for the real ones: a request that has them is refused (wire/http1/framing.ts).
  "content_length",
  "transfer_encoding",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function readFieldName(text: string): Reading<string> {
  if (!token.test(text)) return misread(`must be the name of a header field such as "x-reason", not ${quote(text)}`);
  if (framingFields.has(text.toLowerCase()))
    return misread(`must be a field that does not say where a message ends, as ${quote(text)} does: Sluice writes it`);
  return read(text);
}

export function readFieldValue(text: string): Reading<string> {
  return fieldValue.test(text) ? read(text) : misread(`must be a text of one line, not ${quote(text)}`);
}

const headerName = z.string().check((context) => {
  const reading = readFieldName(context.value);
  if (!reading.ok) context.issues.push({ code: "custom", message: reading.message, input: context.value });
});

/** Fields by name. */
export const headers: z.ZodType<Record<string, string>, Record<string, string>> = z.record(
  headerName,
  text("a text of one line", readFieldValue),
  { error: says("a section of header fields") },
);

export const status: z.ZodType<number, number> = count(200, 599);

export const replyKeys: {
  status: z.ZodOptional<z.ZodType<number, number>>;
  reason: z.ZodOptional<z.ZodType<string, string>>;
  headers: z.ZodOptional<z.ZodType<Record<string, string>, Record<string, string>>>;
  type: z.ZodOptional<z.ZodType<string, string>>;
  body: z.ZodOptional<z.ZodType<string, string>>;
  file: z.ZodOptional<z.ZodType<string, string>>;
  template: z.ZodDefault<z.ZodType<boolean, boolean>>;
  retryAfter: z.ZodOptional<z.ZodType<string | false, string | false>>;
} = {
  status: status
    .optional()
    .describe(
      "Its status. Absent: 200 for a reply, 503 for a pool's, 403 for a denial, 429 for a limit's or tarpit's.",
    ),
  reason: words("a few printable characters", /^[\x20-\x7e]{1,128}$/)
    .optional()
    .describe("The words behind the status; absent: the usual ones."),
  headers: headers.optional().describe("Header fields, by name."),
  type: text("a media type", readFieldValue)
    .optional()
    .describe("Content-Type of the body; text/plain in UTF-8 when absent."),
  body: z
    .string({ error: says("a text") })
    .optional()
    .describe("Its body; absent: a line that says the status."),
  file: filePath("the path of a file")
    .optional()
    .describe("A file that holds the whole answer: status line, header fields, an empty line, body, as in HAProxy."),
  template: flag().default(false).describe("Fill in {expression} in header fields and body; {{ and }} are braces."),
  retryAfter: z
    .union([duration("1s", "365d"), z.literal(false)], { error: says('a duration such as "30s", or false') })
    .optional()
    .describe(
      "The Retry-After field. Absent: with 429 and 503, the time that a limit or ban has left, where it is known; false sends none.",
    ),
};

export const reply: z.ZodType<Reply, ReplyInput> = section(replyKeys).meta({
  id: "Reply",
  description: "An answer of our own.",
});

/** 499 stands in the log only: its client is gone. */
function isAnswered(code: FaultCode): boolean {
  return code !== "client_closed" && fault(code).status !== 0;
}

const answeredCodes = faultCodes.filter(isAnswered);

/** Why no answer is chosen by this key; null where one is. */
function keyFault(key: string): string | null {
  if (/^[45]\d\d$/.test(key) || answeredCodes.some((code) => code === key)) return null;
  if (faultCodes.some((code) => code === key)) return "is a fault of which nobody is told: no answer can be sent then";
  if (/^\d+$/.test(key)) return "must be a status from 400 to 599";
  return `must be a status from 400 to 599 or the code of a fault, such as connect_refused${didYouMean(key, answeredCodes)}`;
}

/** A status, or the code of a fault that somebody is told of. The pattern is for editors. */
const errorKey = z.string().regex(new RegExp(`^(?:[45]\\d\\d|${answeredCodes.join("|")})$`), {
  error: ({ input }) => keyFault(String(input)) ?? "",
});

type ErrorAnswers<Section> = Record<string, number | string | Section>;

/** Answers instead of our own, by status or by fault. */
export const errors: z.ZodType<ErrorAnswers<Reply>, ErrorAnswers<ReplyInput>> = z.record(
  errorKey,
  z.union([status, filePath("the path of a file"), reply], {
    error: says("a status, the path of a file that holds a whole answer, or a section with status, body or file"),
  }),
  { error: says("a section of statuses and faults with an answer each") },
);
