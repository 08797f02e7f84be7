// What the access log is told of one exchange. One record is made once and filled again for each exchange: nothing of it is
// kept after `AccessLog.write` returns. What a peer said is given as places in the bytes of the request's head, so that no
// string is made for it; such bytes are not trusted, the formats escape them. An absent value has start equal to end.

import type { ClientTls } from "../../flow/port.ts";
import type { Head } from "../../wire/http1/head.ts";

const noBytes = new Uint8Array(0);

export class AccessRecord {
  /** Wall clock at the end of the exchange. */
  wallMs = 0;
  /** From the first byte of the request's head to the last byte of the response. */
  durationMs = 0;
  /** The client's IP address, or what stands for it. */
  client = "";
  /** Of the client's own connection; 0 where only somebody between us and it knows. */
  clientPort = 0;
  /** As it was answered to the client; 0 when no answer could be sent, 499 when the client did not wait for it. */
  status = 0;
  /** Read from and written to the client for this exchange. `common` and `combined` print the latter as it stands. */
  bytesReceived = 0;
  bytesSent = 0;
  /** Names from the configuration; "" where the exchange came to none. */
  listener = "";
  pool = "";
  server = "";
  /** Of HTTP, by which the server was asked; "" where none was. */
  serverVersion = "";
  /** Servers tried: 0 when the proxy answered itself. */
  attempts = 0;
  /** "" when the listener gives none. */
  requestId = "";
  /** Whose good credentials the request showed; "" without. */
  user = "";
  /** The egress pool, the outbound address of it that was used last, why it was that one or why there was none, and what it was asked for by; "" without. */
  egressPool = "";
  egressIp = "";
  egressWhy = "";
  egressKey = "";
  /** Code of the fault that ended the exchange, or "". */
  fault = "";
  /** What the pool's cache did for it, "" without one. */
  cache = "";
  /** The rule whose outcome it is, and what rules have logged, or why a target was refused; "" without. */
  rule = "";
  note = "";
  /** HTTP/1.`minor`, unless it is HTTP/2. */
  minor = 1;
  isHttp2 = false;
  /** Null for a client without TLS. */
  tls: ClientTls | null = null;
  ja4 = "";

  /** Its fields as they came; null where nothing of them is asked for. */
  asked: Head | null = null;
  /** The bytes that the places below are in. */
  head: Uint8Array = noBytes;
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  hostStart = 0;
  hostEnd = 0;
  userAgentStart = 0;
  userAgentEnd = 0;
  refererStart = 0;
  refererEnd = 0;
}
