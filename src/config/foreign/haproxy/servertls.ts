// TLS towards a server. As HAProxy wants it, a server's certificate is verified unless verify none is said, here or in global; it takes
// authorities by ca-file for that. The name that is asked for (SNI) and the one that the certificate must be for are one here.

import type { ServerTlsInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { based, type Ground } from "./ground.ts";
import type { Options } from "./options.ts";
import { pathOf, type Word } from "./scene.ts";
import { protocols, versionsOf } from "./tls.ts";

export function serverTlsOf(ledger: Ledger, options: Options, ground: Ground): ServerTlsInput {
  const ca = options.value("ca-file");
  const isVerified = verified(ledger, options, ground);
  if (isVerified && ca === null)
    ledger.fault(
      pathOf(options.word("ssl")!),
      "needs ca-file, or verify none, as in HAProxy: there is nothing to verify the server's certificate by (ca-file @system-ca is the system's)",
    );
  const certificate = options.value("crt");
  const file = certificate === null ? null : based(ground.crtBase || ground.base, certificate.text);
  const serverName = serverNameOf(ledger, options);
  // proto comes before what would be agreed on.
  const isOlder = options.value("proto")?.text === "h1";
  const alpn = protocols(options.value("alpn")).filter((name) => !isOlder || name !== "h2");
  const ciphers = options.value("ciphers")?.text ?? ground.server.ciphers;
  return {
    ...(isVerified ? {} : { verify: false }),
    ...(ca === null || ca.text === "@system-ca" || !isVerified
      ? {}
      : { ca: based(ground.caBase || ground.base, ca.text) }),
    ...(file === null ? {} : { certificate: file, key: file }),
    ...(serverName === null ? {} : { serverName }),
    ...versionsOf(ledger, options, ground.server),
    ...(ciphers === undefined ? {} : { ciphers }),
    // Both, in that order, are what http2 offers.
    ...(alpn.length === 0 || alpn.join() === "h2,http/1.1" ? {} : { alpn: [...alpn] }),
  };
}

function verified(ledger: Ledger, options: Options, ground: Ground): boolean {
  const verify = options.value("verify");
  if (verify === null) return ground.isVerified;
  if (verify.text !== "none" && verify.text !== "required") ledger.fault(pathOf(verify), "must be none or required");
  return verify.text !== "none";
}

function serverNameOf(ledger: Ledger, options: Options): string | null {
  const sni = options.value("sni");
  const host = options.value("verifyhost");
  const fixed = sni === null ? null : fixedText(sni);
  if (sni !== null && fixed === null)
    ledger.approximate(
      pathOf(sni),
      "the name that is asked for is the host of the server's address, the same for every request",
    );
  if (host !== null && fixed !== null && fixed !== host.text)
    ledger.approximate(pathOf(host), `the certificate must be for ${fixed}, the name that is asked for`);
  return fixed ?? host?.text ?? null;
}

/** `str(www.example.com)` */
function fixedText(word: Word): string | null {
  return /^str\(([^()]+)\)$/.exec(word.text)?.[1]?.replaceAll(/^["']|["']$/g, "") ?? null;
}
