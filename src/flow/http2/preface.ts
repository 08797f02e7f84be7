// HTTP/2 in the clear (RFC 9113 section 3.3, prior knowledge): what a client says first is no request that anybody else sends, and the
// connection, which was one of HTTP/1.1 until then, becomes another.

import { connectionPreface } from "../../wire/http2/frame.ts";
import type { Context } from "../context.ts";
import type { Downstream } from "../downstream.ts";
import type { Line } from "../port.ts";
import type { ListenerSite } from "../site.ts";
import { Http2Session } from "./session.ts";

/** `bytes`: the first that were said, and refused as a request. They are the preface, or as much of it as has come. */
export function isHttp2({ plan }: ListenerSite, line: Line, bytes: Uint8Array): boolean {
  if (!plan.http2 || line.become === undefined) return false;
  const length = Math.min(bytes.length, connectionPreface.length);
  for (let at = 0; at < length; at++) if (bytes[at] !== connectionPreface[at]) return false;
  return true;
}

/** Once the preface is whole: until then the connection waits for more of a head. */
export function switchToHttp2(context: Context, downstream: Downstream, bytes: Uint8Array): void {
  if (bytes.length < connectionPreface.length) return;
  const session = new Http2Session(context, downstream);
  downstream.line.become!(session);
  session.begin(bytes);
}
