// Texts for fuzzing what a cache reads: values of fields put together out of pieces that are right, nearly right and wrong.

import type { Inputs } from "./inputs.ts";

function pick<T>(inputs: Inputs, choices: readonly T[]): T {
  return choices[inputs.choice(choices.length)]!;
}

/** Up to so many pieces, one after the other. */
function joined(inputs: Inputs, pieces: readonly string[], countMax: number): string {
  let text = "";
  for (let count = inputs.choice(countMax + 1); count > 0; count--) text += pick(inputs, pieces);
  return text;
}

/** Without white space around it, as a head's parser leaves a value. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}

const directivePieces = [
  "max-age=5",
  "max-age=",
  "max-age",
  "s-maxage=",
  "no-store",
  "no-cache",
  "No-Cache",
  'no-cache="a, b"',
  "private",
  'private="',
  "public",
  "must-revalidate",
  "max-stale",
  "min-fresh=1",
  "x=y",
  'x="no-store, max-age=1"',
  '"',
  "\\",
  "=",
  ",",
  ", ",
  " ",
  "\t",
  ";",
  "0",
  "99999999999999",
  "\u00e9",
];

/** Half of them whole directives, the rest whatever. */
export function directives(inputs: Inputs): string {
  if (inputs.choice(2) === 0)
    return Array.from({ length: inputs.choice(5) }, () => pick(inputs, directivePieces))
      .join(pick(inputs, [",", ", ", " , "]))
      .trim();
  return trimmed(joined(inputs, directivePieces, 12));
}

const dictionaryPieces = [
  "max-age=5",
  "no-store",
  "private",
  "a",
  "*b",
  "=",
  "=1.5",
  "=-7",
  "=?1",
  "=?",
  '="x"',
  '="a\\"b"',
  "=tok/en:x",
  "=:YQ==:",
  "=(1 a)",
  "=( )",
  ";p",
  ";p=1",
  "; p",
  ",",
  ", ",
  "\t",
  " ",
  '"',
  "(",
  ")",
  "A",
  "_",
  ".",
];

const memberValues = ["", "", "=5", "=1.5", "=-7", "=?1", "=?0", '="a, b"', "=tok/en:x", "=:YQ==:", "=(1 a)", "=( )"];

/** Half of them by the grammar, but for what is put in at the end. */
export function dictionary(inputs: Inputs): string {
  if (inputs.choice(2) === 0) return trimmed(joined(inputs, dictionaryPieces, 8));
  const members = Array.from(
    { length: 1 + inputs.choice(3) },
    () =>
      pick(inputs, ["max-age", "no-store", "private", "a", "*b.c"]) +
      pick(inputs, memberValues) +
      pick(inputs, ["", "", ";p", '; p="x";q']),
  );
  const text = members.join(pick(inputs, [",", ", ", " ,\t"]));
  const at = inputs.choice(text.length + 1);
  return inputs.choice(3) > 0 ? text : trimmed(text.slice(0, at) + pick(inputs, dictionaryPieces) + text.slice(at));
}

const weekdays = ["Sun", "Mon", "sat", "Sunday", "Wednesday", "Sunday", "Xyz"];
const months = ["Jan", "Feb", "dec", "NOV", "Foo"];
const numbers = ["00", "01", "06", "28", "29", "30", "31", "32", "59", "60", "61", "1", " 6", "xx"];
const goodNumbers = ["01", "06", "10", "12", "22", "23"];
const years = ["1994", "2000", "2024", "2100", "94", "33", "1900", "0000", "20x4"];

export function date(inputs: Inputs): string {
  const number = (): string => pick(inputs, inputs.choice(10) === 0 ? numbers : goodNumbers);
  const day = pick(inputs, weekdays);
  const month = pick(inputs, months);
  const year = pick(inputs, years);
  const clock = `${number()}${pick(inputs, [":", ":", ":", "."])}${number()}:${number()}`;
  const zone = pick(inputs, [" GMT", " GMT", " UTC", " gmt", " PST", ""]);
  const text = pick(inputs, [
    `${day}, ${number()} ${month} ${year} ${clock}${zone}`,
    `${day}, ${number()}-${month}-${year} ${clock}${zone}`,
    `${day} ${month} ${number()} ${clock} ${year}`,
  ]);
  if (inputs.choice(4) !== 0) return text;
  const at = inputs.choice(text.length);
  return text.slice(0, at) + pick(inputs, ["", " ", ",", "0", "x"]) + text.slice(at + inputs.choice(2));
}

const rangePieces = [
  "0",
  "1",
  "5",
  "9",
  "10",
  "11",
  "99999999999999999999",
  "-",
  "-",
  ",",
  ", ",
  " ",
  "x",
  "0-1",
  "-3",
  "4-",
];

export function range(inputs: Inputs): string {
  return trimmed(
    pick(inputs, ["bytes=", "bytes=", "bytes=", "Bytes=", "byte=", "bytes", ""]) + joined(inputs, rangePieces, 14),
  );
}

const tagPieces = ['"a"', 'W/"a"', '"b"', '"a,b"', '""', "W/", '"', "a", "*", ",", ", ", " ", "w/", "\u00e9"];

export function entityTags(inputs: Inputs): string {
  return trimmed(joined(inputs, tagPieces, 7));
}

export function entityTag(inputs: Inputs): string {
  return pick(inputs, ['"a"', 'W/"a"', '"a,b"', '""', "a", '"\u00e9"', 'W/""']);
}

const referencePieces = [
  "/",
  "/",
  "a",
  "b.c",
  ".",
  "..",
  "?",
  "x=1",
  "&",
  "#",
  ":",
  "//",
  "http://shop.example",
  "https://",
  "shop.example",
  ":80",
  "@",
];

export function reference(inputs: Inputs): string {
  return joined(inputs, referencePieces, 8);
}

const queryPieces = ["a", "b", "id", "%69d", "=", "=", "&", "&", "1", "+", "%", "%2", "?", "%C3"];

export function target(inputs: Inputs): string {
  return `/${pick(inputs, ["", "x", "x/y", "%2e"])}${pick(inputs, ["", "?"])}${joined(inputs, queryPieces, 12)}`;
}

const listPieces = [
  "a",
  "B",
  "1",
  ",",
  ", ",
  " , ",
  " ",
  "\t",
  '"',
  '"x , y"',
  "\\",
  "gzip",
  "br",
  ";q=0",
  ";q=1",
  "*",
  ":",
];

/** A field that a response may be chosen by, with its name; null is none. */
export function choosing(inputs: Inputs): string | null {
  const name = pick(inputs, ["Foo", "foo", "Bar", "Accept-Encoding", "Accept-Language", "Cookie", "User-Agent"]);
  return inputs.choice(4) === 0 ? null : `${name}: ${trimmed(joined(inputs, listPieces, 8))}`;
}

const responseFields = [
  "Cache-Control: max-age=60",
  'Cache-Control: no-cache="x, y"',
  'Cache-Control: private="x"',
  "CDN-Cache-Control: max-age=5",
  'ETag: "a"',
  'etag: W/"b"',
  "X: 1",
  "x: 2",
  "Y: 3",
  "Connection: x",
  "Connection: close, y",
  "Keep-Alive: 5",
  "Age: 5",
  "Set-Cookie: a",
  "Vary: Foo",
  "Trailer: z",
  "Content-Length: 4",
  "Content-Type: text/plain",
  "Content-Encoding: br",
  "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
  "Date: Sun, 06 Nov 1994 08:49:37 GMT",
];

export function responseLines(inputs: Inputs): string[] {
  return Array.from({ length: inputs.choice(9) }, () => pick(inputs, responseFields));
}
