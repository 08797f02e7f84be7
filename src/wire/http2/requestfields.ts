// The head of a request, as HTTP/1.1 has it, as the field section that says the same (RFC 9113 section 8.3.1), for a server that is asked
// by HTTP/2. The head is one that we have written ourselves (flow/forwarding.ts): what names a connection away is out of it
// already. Here the request line and Host become pseudo-fields, and what HTTP/2 has no place for is left out.

import { field } from "../http1/fields.ts";
import { byte } from "../http1/grammar.ts";
import { type Head, method } from "../http1/head.ts";
import type { Output } from "../http1/writer.ts";
import { putField, putIndexed, putPseudo } from "./hpack/encoder.ts";

/** Of appendix A of RFC 7541. */
const entry = { authority: 1, get: 2, post: 3, root: 4, http: 6, https: 7 } as const;

/** By id: what goes no further, or stands in a pseudo-field. */
const isLeftOut = new Uint8Array(32);
for (const id of [
  field.host,
  field.connection,
  field.keepAlive,
  field.proxyConnection,
  field.transferEncoding,
  field.upgrade,
])
  isLeftOut[id] = 1;

/** The header block, behind what stands in `output`. False: it cannot be said so, and what was written is of no use. */
export function putRequestHead(output: Output, head: Head, isSecure: boolean): boolean {
  const { bytes, spans, ids, fieldCount, start, methodEnd, targetStart, targetEnd } = head;
  const first = bytes[targetStart];
  const isWhole = first === byte.slash || (first === asterisk && targetEnd - targetStart === 1);
  if (!isWhole || head.method === method.connect || head.hostIndex === -1) return false;
  if (head.method === method.get) putIndexed(output, entry.get);
  else if (head.method === method.post) putIndexed(output, entry.post);
  else putPseudo(output, entry.get, bytes, start, methodEnd);
  putIndexed(output, isSecure ? entry.https : entry.http);
  const host = head.hostIndex * 4;
  // An empty one is right in HTTP/1.1 only.
  if (spans[host + 3]! > spans[host + 2]!)
    putPseudo(output, entry.authority, bytes, spans[host + 2]!, spans[host + 3]!);
  if (first === byte.slash && targetEnd - targetStart === 1) putIndexed(output, entry.root);
  else putPseudo(output, entry.root, bytes, targetStart, targetEnd);
  for (let index = 0; index < fieldCount; index++) {
    const id = ids[index]!;
    if (isLeftOut[id] === 1 || (id === field.te && !head.hasTrailers)) continue;
    putField(output, bytes, spans[index * 4]!, spans[index * 4 + 1]!, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
  }
  return true;
}

const asterisk = 0x2a;
