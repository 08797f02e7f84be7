// What a log line in JSON says of a client's TLS: fields that are there only when they hold something. Names come from the
// client's ClientHello and certificate, so they are cut and escaped like everything else that a peer has chosen. An exchange
// and a connection that was carried say it in the same words.

import type { ClientTls } from "../../flow/port.ts";
import { appendBytes, appendString, ascii, escapeJson } from "./append.ts";

const nameMax = 256;
/** A subject may have many parts. */
const subjectMax = 1024;
const quote = 0x22;

/** Room that the fields may take. */
export const tlsBytesMax: number = 6 * 3 * (3 * nameMax + subjectMax) + 128;

const key = {
  serverName: ascii(',"server_name":"'),
  ja4: ascii(',"ja4":"'),
  version: ascii(',"tls_version":"'),
  cipher: ascii(',"tls_cipher":"'),
  subject: ascii(',"client_subject":"'),
} as const;

export function appendTls(out: Uint8Array, at: number, serverName: string, ja4: string, tls: ClientTls | null): number {
  at = appendField(out, at, key.serverName, serverName, nameMax);
  at = appendField(out, at, key.ja4, ja4, nameMax);
  if (tls === null) return at;
  at = appendField(out, at, key.version, tls.version, nameMax);
  at = appendField(out, at, key.cipher, tls.cipher, nameMax);
  return appendField(out, at, key.subject, tls.subject, subjectMax);
}

function appendField(out: Uint8Array, at: number, name: Uint8Array, value: string, max: number): number {
  if (value === "") return at;
  at = appendBytes(out, at, name);
  at = appendString(out, at, value, max, escapeJson);
  out[at++] = quote;
  return at;
}
