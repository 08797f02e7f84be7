// How a request is written for somebody who passes it on: an nginx with an address of its own, which is told scheme, host and key in
// fields; or somebody else's HTTP proxy, which is told by the form of the target (RFC 9112 section 3.2.2), and who we are. The target is
// named as it was judged, not as it came: another reading of it would be another target.

import type { EgressDoorPlan } from "../../config/plan.ts";
import { proxyCredentials } from "../../wire/hop.ts";
import { fieldText } from "../fieldtext.ts";
import type { RequestForm } from "../forwarding.ts";
import { placeText } from "../targets/place.ts";
import type { Target } from "../targets/target.ts";

const encode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const nothing = new Uint8Array(0);

/** Host, and port where it is not the scheme's own. */
function authorityOf(host: string, port: number, isSecure: boolean): string {
  if (port !== (isSecure ? 443 : 80)) return placeText(host, port);
  return host.includes(":") ? `[${host}]` : host;
}

export function gatewayForm(
  { place, isSecure }: Target,
  { host, port }: Extract<EgressDoorPlan, { kind: "gateway" }>,
  key: string,
): RequestForm {
  const to = authorityOf(place.host, place.port, isSecure);
  const asked = key === "" ? "" : `X-Egress-Key: ${fieldText(key)}\r\n`;
  return {
    prefix: nothing,
    host: encode(`Host: ${authorityOf(host, port, false)}\r\n`),
    lines: encode(`X-Egress-Scheme: ${isSecure ? "https" : "http"}\r\nX-Egress-Host: ${to}\r\n${asked}`),
  };
}

export function proxyForm(
  { place, isSecure }: Target,
  { user, password }: Extract<EgressDoorPlan, { kind: "proxy" }>,
): RequestForm {
  const to = authorityOf(place.host, place.port, isSecure);
  const credentials = proxyCredentials(user, password);
  return {
    prefix: encode(`${isSecure ? "https" : "http"}://${to}`),
    host: encode(`Host: ${to}\r\n`),
    lines: credentials === "" ? nothing : encode(`Proxy-Authorization: ${credentials}\r\n`),
  };
}
