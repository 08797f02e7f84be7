// The keys of what is done with bodies: compression, other text in the place of some, copies of requests for another pool. And CORS,
// which is about who may read them.

import { z } from "zod";
import { mediaRange } from "../base/mediarange.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { CompressInput, CorsInput, MirrorInput, ReplaceInput } from "./input.ts";
import {
  choice,
  count,
  duration,
  flag,
  list,
  says,
  section,
  share,
  size,
  sizeOrZero,
  text,
  token,
  words,
} from "./term.ts";
import type { Compress, Cors, Mirror, Replace } from "./types.ts";

const mediaType = words('a media type such as "text/html" or "text/*"', mediaRange);
const coding = choice(["gzip", "br", "zstd"]);

const compressSection = section({
  codings: list(coding, "codings", 1)
    .default(["zstd", "br", "gzip"])
    .describe("Which there are, the preferred first; a client gets the best that it takes."),
  types: list(mediaType, "media types", 1)
    .default([
      "text/*",
      "application/json",
      "application/javascript",
      "application/xml",
      "application/manifest+json",
      "application/wasm",
      "image/svg+xml",
    ])
    .describe(
      "Media types that are compressed; with application/json also those that end in +json, likewise +xml. text/event-stream only where it is named.",
    ),
  minimum: sizeOrZero("1b", "1gb")
    .default("1kb")
    .describe("Shorter bodies stay as they are, where their length is told."),
  level: count(1, 9).default(4).describe("1 is fast, 9 is small."),
}).meta({
  id: "Compress",
  description: "Responses are compressed for clients that take it, where the server did not do it.",
});

export const compress: z.ZodType<
  boolean | ("gzip" | "br" | "zstd")[] | Compress,
  boolean | ("gzip" | "br" | "zstd")[] | CompressInput
> = z.union([flag(), list(coding, "codings", 1), compressSection], {
  error: says("true, false, a list of codings, or a section with codings, types, minimum and level"),
});

export const replace: z.ZodType<Replace[], ReplaceInput[]> = list(
  section({
    find: words("a text of 1 to 4096 characters", /^[\s\S]{1,4096}$/)
      .optional()
      .describe("The text that is looked for."),
    pattern: words("a regular expression of 1 to 4096 characters", /^[\s\S]{1,4096}$/)
      .optional()
      .describe("Or a regular expression (RE2's syntax)."),
    by: z
      .string({ error: says("a text") })
      .describe("What stands there instead; of a pattern, $1 is what its first group has matched."),
    types: list(mediaType, "media types", 1)
      .default(["text/*", "application/json", "application/javascript", "application/xml"])
      .describe(
        "In bodies of these media types only; with application/json also in those that end in +json, likewise +xml.",
      ),
    longest: size("1b", "1mb")
      .default("4kb")
      .describe("What a pattern matches is never longer: so much of a body waits for what follows."),
  }).meta({
    id: "Replace",
    description: "Other text in bodies of responses: of find or pattern exactly one says which.",
  }),
  "replacements",
);

export const mirror: z.ZodType<string | Mirror, string | MirrorInput> = z.union(
  [
    z.string({ error: says("the name of a pool") }),
    section({
      to: z.string({ error: says("the name of a pool") }).describe("The pool that gets copies."),
      share: share(0, 1).default(1).describe("The share of requests that are copied."),
      body: sizeOrZero("1b", "64mb").default("64kb").describe("Requests with longer bodies are not copied."),
      concurrency: count(1, 100_000)
        .default(100)
        .describe("Copies under way at once, in each worker; more are not made."),
    }).meta({ id: "Mirror", description: "Copies of requests go to another pool; its answers are thrown away." }),
  ],
  { error: says("the name of a pool, or a section with to and share") },
);

function readOrigin(text: string): Reading<string> {
  if (text === "*" || text === "null") return read(text);
  if (
    /^[a-z][a-z0-9+.-]*:\/\/(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$/.test(text) ||
    /^[a-z]+:\/\/\[[0-9a-f:.]+\](:\d{1,5})?$/.test(text)
  )
    return read(text);
  return misread(
    `must be an origin such as "https://example.com" or "https://*.example.com", or "*", not ${quote(text)}`,
  );
}

const name = words("a name of letters, digits and dashes", token);

const corsSection = section({
  origins: list(text("an origin", readOrigin), "origins", 1).describe(
    'Who may: "https://app.example.com", "https://*.example.com", "*".',
  ),
  methods: list(name, "methods", 1)
    .default(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    .describe("Methods that they may use."),
  headers: list(words("the name of a header field, or *", /^(\*|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256})$/), "header fields")
    .default(["*"])
    .describe("Request fields that they may send; * allows those that they ask for."),
  expose: list(name, "header fields").default([]).describe("Response fields that their scripts may read."),
  credentials: flag().default(false).describe("With cookies and credentials; not together with the origin *."),
  maxAge: duration("0s", "1d").default("10m").describe("How long a browser need not ask again."),
}).meta({
  id: "Cors",
  description: "Cross-origin resource sharing: preflights are answered here, responses say who may read them.",
});

export const cors: z.ZodType<string | Cors, string | CorsInput> = z.union(
  [text("an origin", readOrigin), corsSection],
  {
    error: says('an origin such as "https://app.example.com", or a section with origins'),
  },
);
