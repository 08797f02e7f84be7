// Which fields of a head go no further than the next connection (RFC 9110 section 7.6.1). Trailer and Transfer-Encoding are not
// among them: a body goes on in the framing that it came in.

import { field } from "../wire/http1/fields.ts";

/** Whether a field is of the connection that it came over, by its id (wire/http1/fields.ts). */
export function isHopByHop(id: number): boolean {
  return id >= field.connection && hopByHop[id] === 1;
}

const hopByHop = new Uint8Array(32);
for (const id of [
  field.connection,
  field.upgrade,
  field.te,
  field.keepAlive,
  field.proxyConnection,
  field.proxyAuthorization,
])
  hopByHop[id] = 1;

/** Whether Connection may name a field away: not framing, not Host; Upgrade has rules of its own. */
export function isMovable(id: number): boolean {
  return id !== field.contentLength && id !== field.transferEncoding && id !== field.host && id !== field.upgrade;
}
