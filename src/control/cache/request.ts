// The request that somebody asks about, as the caches of pools would see it: a head that is parsed as any other, so that its key is
// made by the same code. It knows URLs and fields as people write them.

import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { Key } from "../../cache/key.ts";
import { RequestFacts } from "../../cache/requestfacts.ts";
import { Head } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";

export interface AskedRequest {
  readonly head: Head;
  readonly facts: RequestFacts;
  readonly isSecure: boolean;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

const fieldsMax = 200;
const headBytesMax = 65_536;

/** `fields`: "name: value" each. */
export function readRequest(url: string, method: string, fields: readonly string[]): Reading<AskedRequest> {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
  const key = new Key();
  if (!key.writeUrl(whole, null)) return misread(`url must be such as https://example.com/path, not ${quote(url)}`);
  const spelled = Buffer.from(key.bytes.subarray(0, key.end)).toString("latin1");
  const [, scheme = "", host = "", target = ""] = /^(https?):\/\/([^/]*)(.*)$/s.exec(spelled) ?? [];
  const lines = [`${method} ${target} HTTP/1.1`];
  const headers: [string, string][] = [];
  for (const field of fields) {
    const match = /^([^:\s]+):\s*([^\r\n]*)$/.exec(field);
    if (match === null) return misread(`a header is written name: value, not ${quote(field)}`);
    headers.push([match[1]!, match[2]!]);
  }
  if (!headers.some(([name]) => name.toLowerCase() === "host")) headers.unshift(["Host", host]);
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const head = new Head(fieldsMax);
  if (parseRequest(head, bytes, 0, bytes.length, headBytesMax) < 0)
    return misread(`such a request would be refused (${head.fault ?? "bad_request"})`);
  const facts = new RequestFacts();
  facts.read(head);
  return read({ head, facts, isSecure: scheme === "https", method, url: spelled, headers });
}
