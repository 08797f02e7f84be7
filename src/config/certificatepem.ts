// PEM texts (RFC 7468) taken apart into their blocks. It knows the lines of dashes and what stands between them, nothing of what
// the bytes mean. Text around the blocks is allowed, as `openssl s_client` and certbot write it, and is left out of what we pass
// on: a block's text here is the block alone, so that one certificate has one text however its file is dressed.

import { createHash } from "node:crypto";
import type { Pem } from "./materials.ts";

export interface PemBlocks {
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
  /** Every block there is, of whatever kind. */
  readonly count: number;
}

const block = /-----BEGIN ([A-Z0-9 ]{1,40})-----[\s\S]*?-----END \1-----/g;
const certificateLabels = new Set(["CERTIFICATE", "X509 CERTIFICATE"]);

export function pemBlocks(text: string): PemBlocks {
  const certificates: string[] = [];
  const keys: string[] = [];
  let count = 0;
  for (const match of text.matchAll(block)) {
    count++;
    const label = match[1]!;
    const body = `${match[0].replaceAll("\r", "")}\n`;
    if (certificateLabels.has(label)) certificates.push(body.replaceAll("X509 CERTIFICATE", "CERTIFICATE"));
    else if (label.endsWith("PRIVATE KEY")) keys.push(body);
  }
  return { certificates, keys, count };
}

/** Of a key's block: PKCS#8's own label, or the header of the older form. */
export function isEncrypted(key: string): boolean {
  return key.includes("BEGIN ENCRYPTED PRIVATE KEY") || /^Proc-Type:.*ENCRYPTED/m.test(key);
}

/** Why a text holds no block at all, as the rest of a sentence about its file. */
export function noPem(text: string): string {
  if (text.trim() === "") return "is empty";
  if (text.includes("-----BEGIN ")) return "is cut off: a BEGIN line has no END line";
  // DER opens with a SEQUENCE, whose length takes bytes that are no text.
  if (text.startsWith("0\ufffd"))
    return "is not PEM but seems to be DER or PKCS#12, which openssl x509 -inform der or openssl pkcs12 converts";
  return "is not a PEM file: it holds no line -----BEGIN …-----";
}

export function pemOf(text: string): Pem {
  return { id: createHash("sha256").update(text).digest("hex"), text };
}
