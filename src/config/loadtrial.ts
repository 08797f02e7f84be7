// What the runtime's TLS itself says of certificates and of ciphers. The judgement of certificate.ts is ours and has the better
// words; this one is final: what it refuses no worker can use, and one certificate that a worker cannot use would keep it from
// taking the whole plan. So it is asked beforehand, while there is a file and a line to name. It opens no socket, reads no file.

import { createSecureContext, type SecureContextOptions } from "node:tls";
import { quote } from "../base/reading.ts";
import { serverTls } from "./compiletls.ts";
import type { Finding } from "./issues.ts";
import type { Path } from "./problem.ts";
import type { Config } from "./types.ts";

/** Why a certificate cannot be shown, as the rest of a sentence about its file; null when it can. */
export function certificateRefusal(chain: string, key: string): string | null {
  const refusal = refusalOf({ cert: chain, key });
  return refusal === null ? null : `cannot be used for TLS here: ${refusal}`;
}

/** Of all lists of ciphers in a config: those that stand for none, and names in them that are passed over. */
export function reviewCiphers(config: Config): Finding[] {
  const findings = new Map<string, Finding>();
  const review = (ciphers: string | undefined, path: Path): void => {
    const found = ciphers === undefined ? null : judgeCiphers(ciphers, path);
    // A pool's list is found with each of its servers.
    if (found !== null) findings.set(JSON.stringify(path), found);
  };
  for (const [name, { tls }] of Object.entries(config.listeners))
    review(tls?.ciphers, ["listeners", name, "tls", "ciphers"]);
  for (const [name, pool] of Object.entries(config.pools))
    for (const [index, server] of pool.servers.entries()) {
      const isOwn = typeof server === "object" && typeof server.tls === "object" && server.tls.ciphers !== undefined;
      const place: Path = isOwn ? ["servers", index] : [];
      review(serverTls(pool, server)?.ciphers, ["pools", name, ...place, "tls", "ciphers"]);
    }
  return [...findings.values()];
}

function judgeCiphers(list: string, path: Path): Finding | null {
  const refusal = refusalOf({ ciphers: list });
  if (refusal !== null) {
    const why = refusal === "no cipher match" ? "no cipher that is known here is among them" : refusal;
    return { severity: "error", path, part: "value", message: `cannot be used: ${why}` };
  }
  // Anything else is a command, and has a meaning only beside what stands before it.
  const names = list.split(/[:,]/).filter((item) => /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(item));
  if (names.length > 0 && names.every((name) => name.startsWith("TLS_"))) {
    // The runtime takes such a list for a wish to speak nothing older.
    const message = "names ciphers of TLS 1.3 only, which are always there; with no others, TLS 1.2 is not spoken";
    return { severity: "warning", path, part: "value", message };
  }
  const unknown = names.filter((name) => refusalOf({ ciphers: name }) !== null);
  if (unknown.length === 0) return null;
  const which = `${unknown.map(quote).join(", ")}, which ${unknown.length === 1 ? "is" : "are"}`;
  return { severity: "warning", path, part: "value", message: `has ${which} not known here and passed over` };
}

/** "error:06000080:public key routines:OPENSSL_internal:UNSUPPORTED_ALGORITHM" without what only its authors can read. */
function refusalOf(options: SecureContextOptions): string | null {
  try {
    createSecureContext(options);
    return null;
  } catch (error) {
    const { message } = error as Error;
    const name = /:([A-Z0-9_]+)$/.exec(message)?.[1];
    return name === undefined ? message : name.replaceAll("_", " ").toLowerCase();
  }
}
