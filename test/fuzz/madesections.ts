// Field sections of requests and trailers: right ones, and the same spoiled by what would be other fields, another request line or
// another message if it came to HTTP/1.1 as it is.

import type { Prng } from "../../src/base/prng.ts";
import type { Field } from "../conform/hpacktables.ts";
import { pick } from "./madeframes.ts";

const methods = ["GET", "GET", "POST", "OPTIONS", "CONNECT", "PROPFIND", "connect", "M".repeat(33)];
const schemes = ["https", "https", "http", "http", "HTTPS", "ftp", "a+b.c-d"];
const right = ["a.example", "A.EXAMPLE", "a.example:443", "[::1]:80", "%41"];
const authorities = [...right, ...right, "a:80:80", "[a"];
const paths = ["/", "/", "/a?b=c&d", "//b.example/", "/%0d%0a", "/..;/\\", "*", '/"<>|^`{}'];
const plain: readonly Field[] = [
  ["accept", "*/*"],
  ["user-agent", "a (b; c) d/1.0"],
  ["cookie", "a=b"],
  ["cookie", "c=d; e=f"],
  ["cookie", ""],
  ["content-length", "5"],
  ["content-length", "0"],
  ["host", "a.example"],
  ["te", "trailers"],
  ["expect", "100-continue"],
  ["x-forwarded-for", "192.0.2.1, 192.0.2.2"],
  ["authorization", "Basic Og=="],
  ["server-timing", "a;dur=1"],
  ["x-bytes", "\x80\xff\tb"],
  ["x-empty", ""],
  ["!#$%&'*+-.^_`|~0", "name"],
];
const odd: readonly Field[] = [
  ["connection", "close"],
  ["connection", "x-bytes"],
  ["keep-alive", "timeout=5"],
  ["proxy-connection", "keep-alive"],
  ["transfer-encoding", "chunked"],
  ["transfer_encoding", "chunked"],
  ["upgrade", "websocket"],
  ["content_length", "7"],
  ["content-length", "5, 5"],
  ["content-length", "+5"],
  ["content-length", ""],
  ["te", "gzip"],
  ["te", ""],
  ["te", "trailers, deflate"],
  ["host", "b.example"],
  ["host", "a.example, b"],
  ["host", ""],
  ["expect", "more"],
  ["X-Upper", "a"],
  ["Host", "a.example"],
  ["HOST", "b.example"],
  ["Cookie", "a=b"],
  ["Content-Length", "5"],
  ["content\rlength", "5"],
  [":method", "GET"],
  [":path", "/other"],
  [":scheme", "http"],
  [":authority", "b.example"],
  [":protocol", "websocket"],
  [":status", "200"],
  [":", ""],
  ["", ":method"],
  ["", ""],
];
const smuggled = [
  "\r\nx: y",
  "\r\n\r\nGET /b HTTP/1.1\r\nhost: b\r\n\r\n",
  " HTTP/1.1\r\nhost: b\r\nx: ",
  "\ncontent-length: 5",
  "\r",
  "\n",
  "\0",
  " ",
  "\t",
  ":",
  ": ",
  "#",
  "@",
  ",",
  "\x7f",
  "\x80",
  "\x0b",
  "\x85",
  "\xa0",
  "Z",
  "/",
];

export function makeRequest(prng: Prng): Field[] {
  const method = pick(prng, methods);
  const isTunnel = method === "CONNECT" && prng.below(4) > 0;
  const fields: Field[] = [[":method", method]];
  if (!isTunnel) fields.push([":scheme", pick(prng, schemes)], [":path", pick(prng, paths)]);
  if (isTunnel || prng.below(4) > 0) fields.push([":authority", pick(prng, authorities)]);
  else fields.push(["host", pick(prng, authorities)]);
  for (let count = prng.below(6); count > 0; count--) fields.push(pick(prng, plain));
  return prng.below(3) === 0 ? fields : spoiled(prng, fields);
}

export function makeFields(prng: Prng): Field[] {
  const fields = Array.from({ length: prng.below(5) }, () => pick(prng, plain));
  return prng.below(3) > 0 ? fields : spoiled(prng, fields);
}

function spoiled(prng: Prng, from: readonly Field[]): Field[] {
  const fields = [...from];
  for (let times = pick(prng, [1, 1, 1, 2, 4]); times > 0; times--) {
    const at = prng.below(fields.length + 1);
    const field = fields[at];
    const kind = prng.below(6);
    if (kind === 0 || field === undefined)
      fields.splice(at, 0, prng.below(3) === 0 ? pick(prng, plain) : pick(prng, odd));
    else if (kind === 1) fields.splice(at, 1);
    else if (kind === 2) fields.splice(prng.below(fields.length + 1), 0, field);
    else if (kind === 3) fields.push(...fields.splice(at, 1));
    else {
      const [name, value] = field;
      fields[at] = prng.below(3) === 0 ? [changed(prng, name), value] : [name, changed(prng, value)];
    }
  }
  return fields;
}

function changed(prng: Prng, text: string): string {
  const at = prng.below(text.length + 1);
  switch (prng.below(5)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(prng.below(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at);
    case 2:
      return Array.from({ length: prng.below(6) }, () => String.fromCharCode(prng.below(256))).join("");
    default:
      return text.slice(0, at) + pick(prng, smuggled) + text.slice(at);
  }
}
