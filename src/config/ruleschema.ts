// The keys of a rule: a condition, effects, and at most one outcome or rules of its own. Here only the shapes; which keys go
// together, in which phase and mode, is for reviewrule.ts to say, and what stands in expressions for reviewexpression.ts.

import { z } from "zod";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { readSize } from "../base/size.ts";
import { expressionLengthMax, slotsMax, templateLengthMax } from "../rules/expression/limits.ts";
import type { LimitInput, RuleInput, RulePhasesInput } from "./input.ts";
import { rateExpected, readRate } from "./rate.ts";
import { headers, reply, replyKeys, status } from "./replyschema.ts";
import { entries } from "./tableschema.ts";
import { choice, count, duration, flag, list, says, section, size, text, token, words } from "./term.ts";
import type { Limit, Rule, RulePhases } from "./types.ts";

function readTemplate(text: string): Reading<string> {
  return upTo(templateLengthMax, text);
}

function readExpression(text: string): Reading<string> {
  return text.trim() === "" ? misread("must be an expression, not an empty text") : upTo(expressionLengthMax, text);
}

function readTarget(text: string): Reading<string> {
  if (text.trim() === "") return misread('must name a counter, such as "marked[src].gpc0"');
  return upTo(expressionLengthMax, text);
}

/** A rate alone is what people try first. */
function readLimit(text: string): Reading<string> {
  return readRate(text).ok ? misread(`must be a section: write limit: { rate: ${quote(text)} }`) : readTarget(text);
}

function upTo(max: number, text: string): Reading<string> {
  return text.length <= max ? read(text) : misread(`must have at most ${max} characters, not ${text.length}`);
}

function readPace(text: string): Reading<string> {
  const reading = readSize(text.replace(/\/s$/, ""));
  if (reading.ok && reading.value >= 1024) return read(text);
  return misread(`must be a size a second of at least 1kb, such as "100kb" or "2mb/s", not ${quote(text)}`);
}

function readVerb(text: string): Reading<string> {
  // A template may come to any method; what is none then is not sent.
  return token.test(text) || text.includes("{") ? read(text) : misread(`must be a method, not ${quote(text)}`);
}

export const expression: z.ZodType<string, string> = text("an expression", readExpression);
const template = text("a text, with {expressions} in it", readTemplate);
const target = text('a counter such as "marked[src].gpc0"', readTarget);
const limitTarget = text("a table that stores tokens", readLimit);
const tableName = z.string({ error: says("the name of a table") });
const always = z.literal(true, { error: says("true") });

/** An expression, or a plain value as one. */
const computed = z.union([expression, z.number(), z.boolean()], {
  error: says("an expression, a number or true or false"),
});

const track = section({
  table: tableName.describe("The table whose entry is held."),
  by: expression.default("src").describe("Its key: an expression."),
  slot: count(0, slotsMax - 1)
    .optional()
    .describe("What tracked[N] says; the first to take a slot keeps it. Absent: one that nothing else takes."),
}).meta({ id: "Track", description: "Hold an entry of a table for as long as the connection or request lasts." });

const tracked = z.union([tableName, track], {
  error: says("the name of a table, or a section with table, by and slot"),
});

export const limit: z.ZodType<Limit, LimitInput> = section({
  rate: text(rateExpected, readRate)
    .optional()
    .describe('How many are let through: "2/s", "100/m", "10/30s". Makes a table of its own.'),
  burst: count(1, 1_000_000)
    .optional()
    .describe("How many at once after a pause; absent: as many as rate lets through in its time."),
  size: entries.optional().describe("Entries of the table that rate makes; absent: 100k."),
  table: tableName.optional().describe('Instead of rate: a table that stores tokens, such as "tokens(5,500ms)".'),
  by: expression
    .default("src")
    .describe(
      "Who shares a limit: an expression, such as src or headers['x-api-key']; of a text the first 256 bytes count.",
    ),
  share: flag().optional().describe("With a fleet: one limit for all its nodes together."),
  cost: z
    .union([expression, z.number()], { error: says("an expression or a number") })
    .optional()
    .describe("Tokens that one takes: an expression. Absent: 1."),
}).meta({ id: "Limit", description: "A rate with a burst, for each client or whatever by says." });

const tarpit = section({
  for: duration("1ms", "1h").describe("How long the client waits for its answer."),
  ...replyKeys,
}).meta({ id: "Tarpit", description: "An answer that comes late, and costs its client the time." });

const redirect = section({
  to: template.describe("Where to, with {expressions} in it."),
  status: z
    .literal([301, 302, 303, 307, 308], { error: says("one of 301, 302, 303, 307, 308") })
    .default(302)
    .describe("301 and 308 are remembered by browsers; 307 and 308 keep method and body."),
  headers: headers.optional().describe("Header fields beside Location, by name."),
}).meta({ id: "RuleRedirect", description: "A redirect to another address." });

const fieldNames = text("the name of a header field", readName);

function readName(text: string): Reading<string> {
  return token.test(text) ? read(text) : misread(`must be the name of a header field, not ${quote(text)}`);
}

const fields = z.record(fieldNames, template, { error: says("a section of header fields") });

const substitution = section({
  pattern: words("a regular expression of 1 to 4096 characters", /^[\s\S]{1,4096}$/).describe(
    "A regular expression (RE2's syntax); (?i) at its beginning takes no note of case.",
  ),
  by: z
    .string({ error: says("a text") })
    .describe("What stands wherever it matches: $1 is what its first group has matched, $& all of it."),
}).meta({ id: "Substitution", description: "Other text in place of what a regular expression matches." });

export const rule: z.ZodType<Rule, RuleInput> = section({
  name: words(
    "a name of at most 64 letters, digits, spaces and . _ : -, starting with a letter or digit",
    /^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,63}$/,
  )
    .optional()
    .describe('What metrics, logs and explanations call it; absent: its place, such as "request[2]".'),
  if: expression.optional().describe("When it applies: an expression that is true or false. Absent: always."),
  mode: choice(["off", "observe", "enforce"])
    .default("enforce")
    .describe("observe: it is counted and explained as if it applied, but does nothing; off: it is not there."),
  track: z
    .union([tableName, track, list(tracked, "tables", 1)], {
      error: says("the name of a table, a section with table, by and slot, or a list of these"),
    })
    .optional()
    .describe("Hold an entry of a table for as long as the connection or request lasts, and count by it: by src."),
  mark: z
    .union([target, list(target, "entries or counters", 1)], {
      error: says('an entry such as "marked[src]", a counter such as "marked[src].gpc1", or a list of these'),
    })
    .optional()
    .describe("Mark an entry: its gpc0 is incremented, or its gpt0 set to 1, or what is named."),
  increment: z
    .union([target, list(target, "counters", 1), z.record(target, computed)], {
      error: says('a counter such as "marked[src].gpc0", a list of these, or a section of counters with amounts'),
    })
    .optional()
    .describe("Add 1 to counters gpc, or with a section what it says."),
  clear: z
    .union([target, list(target, "counters", 1)], {
      error: says('a counter such as "marked[src].gpc0", or a list of these'),
    })
    .optional()
    .describe("Set counters to 0."),
  set: z
    .record(target, computed, { error: says("a section of counters and variables with a value each") })
    .optional()
    .describe(
      'Set tags gpt and variables: { "marked[src].gpt0": 3, vars.country: "..." }, each to an expression\'s value.',
    ),
  countSession: always
    .optional()
    .describe(
      "The connection counts now in sess_cnt and sess_rate of the entries that it holds, whatever rules behind it decide; otherwise it does when all rules have let it in. Once for a connection.",
    ),
  setHeader: fields
    .optional()
    .describe("Set header fields, in place of those that are there, to texts with {expressions}."),
  addHeader: fields.optional().describe("Add header fields beside those that are there: texts with {expressions}."),
  removeHeader: z
    .union([fieldNames, list(fieldNames, "header fields", 1)], {
      error: says("the name of a header field, or a list of these"),
    })
    .optional()
    .describe("Remove header fields."),
  replaceHeader: z
    .record(fieldNames, substitution, { error: says("a section of header fields, each with pattern and by") })
    .optional()
    .describe("Replace what a regular expression matches in each value of header fields."),
  rewritePath: substitution
    .optional()
    .describe("Replace what a regular expression matches in the path, which is without its query."),
  rewriteTarget: substitution
    .optional()
    .describe("Replace what a regular expression matches in path and query together."),
  setPath: template.optional().describe("Another path for the request, without its query: a text with {expressions}."),
  setQuery: template.optional().describe("Another query, without the question mark: a text with {expressions}."),
  setMethod: text("a method", readVerb).optional().describe("Another method for the request."),
  setTarget: template.optional().describe("Another path and query together: a text with {expressions}."),
  setStatus: z
    .union([status, template], { error: says("a status from 200 to 599, or a text with {expressions}") })
    .optional()
    .describe("Another status for the response."),
  slowDown: text("a size a second", readPace)
    .optional()
    .describe('Bytes a second that pass from now on at most: "100kb", "2mb/s".'),
  maxBody: size("1b", "8191tb")
    .optional()
    .describe("The longest body that the request may have; a larger one is answered 413. limits.body holds beside it."),
  log: template.optional().describe("A line for the log: a text with {expressions}."),
  accept: always.optional().describe("Nothing after it in this phase is evaluated; what it is about goes on."),
  deny: z
    .union([always, status, reply], {
      error: says("true, a status from 200 to 599, or a section with status, body or file"),
    })
    .optional()
    .describe(
      "Refuse with an answer: true for 403, a status, or a section. Beside limit: what is answered then, 429 if absent.",
    ),
  reject: always.optional().describe("Close the connection without an answer."),
  reset: always.optional().describe("Reset the connection (RST)."),
  drop: always.optional().describe("Forget the connection: the client is told nothing at all, and waits."),
  tarpit: z
    .union([duration("1ms", "1h"), tarpit], {
      error: says('a duration such as "10s", or a section with for and status'),
    })
    .optional()
    .describe("Let the client wait so long, then refuse it with 429."),
  redirect: z
    .union([template, redirect], { error: says("an address, or a section with to and status") })
    .optional()
    .describe("Redirect to this address (302): a text with {expressions}, or a section."),
  reply: z
    .union([status, reply], { error: says("a status from 200 to 599, or a section with status, body or file") })
    .optional()
    .describe("Answer with this, without counting it as the client's error."),
  use: z
    .string({ error: says("the name of a pool") })
    .optional()
    .describe("Send to this pool."),
  limit: z
    .union([limitTarget, limit], {
      error: says('a section such as { rate: "2/s", burst: 5 }, or a table that stores tokens'),
    })
    .optional()
    .describe(
      'A rate limit: a section, or a table that stores tokens ("clients", "clients.tokens"). What is over it is denied with 429.',
    ),
  by: expression
    .optional()
    .describe("Beside a limit that names a table: who shares a limit, an expression. Absent: src."),
  rules: z
    .lazy(() => list(rule, "rules", 1))
    .optional()
    .describe("Rules that are evaluated when this one applies, in place of an outcome."),
}).meta({ id: "Rule", description: "A condition, effects in this order, and at most one outcome." });

const phases: z.ZodType<RulePhases, RulePhasesInput> = section({
  connection: list(rule, "rules").default([]).describe("Once for each connection."),
  request: list(rule, "rules").default([]).describe("For each request, before it is sent on. Mode http."),
  response: list(rule, "rules").default([]).describe("For each response of a server, before it is sent on. Mode http."),
  afterResponse: list(rule, "rules")
    .default([])
    .describe("For each response as it is sent, Sluice's own answers among them. Mode http."),
}).meta({ id: "RulePhases", description: "Rules by the moment that they are evaluated at." });

export const rules: z.ZodType<Rule[] | RulePhases, RuleInput[] | RulePhasesInput> = z.union(
  [list(rule, "rules"), phases],
  { error: says("a list of rules, or a section with lists for connection, request, response and afterResponse") },
);
