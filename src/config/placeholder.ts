// What clients are shown for a name whose certificate the authority has not given yet: a certificate that signs itself, and says so. It lives
// in this process' memory and in the workers', and is written nowhere. Clients refuse it, as they should; whoever looks sees why.

import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { pem } from "../base/der.ts";
import { type NameSet, setKey } from "./acmenames.ts";
import { pemOf } from "./certificatepem.ts";
import type { Certificate, Pem } from "./materials.ts";
import { selfSigned } from "./x509.ts";

const commonName = "Sluice: no certificate yet";
const dayMs = 86_400_000;
/** Nobody waits for so long, and no alert comes of it. */
const lifeDays = 3650;
/** More than a config can want at once. */
const keptMax = 5000;

let key: { readonly object: KeyObject; readonly pem: Pem } | null = null;
/** The same for the same names: it must not look like a change when a config is read again. */
const kept = new Map<string, Certificate>();

export function placeholderFor(names: NameSet, nowMs: number): Certificate {
  const known = kept.get(setKey(names));
  if (known !== undefined) return known;
  key ??= makeKey();
  const [notBeforeMs, notAfterMs] = [nowMs - dayMs, nowMs + lifeDays * dayMs];
  const serial = randomBytes(16);
  const made = selfSigned({ commonName, names, key: key.object, serial, notBeforeMs, notAfterMs });
  const chain = pemOf(pem("CERTIFICATE", made));
  const certificate: Certificate = {
    ...{ file: `acme:${names[0]!}`, names: [...names], keyKind: "ec", chain, key: key.pem, notBeforeMs, notAfterMs },
    source: "placeholder",
  };
  if (kept.size >= keptMax) kept.clear();
  kept.set(setKey(names), certificate);
  return certificate;
}

function makeKey(): NonNullable<typeof key> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { object: privateKey, pem: pemOf(String(privateKey.export({ format: "pem", type: "pkcs8" }))) };
}
