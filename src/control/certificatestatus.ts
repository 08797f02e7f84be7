// What GET /api/v1/certificates answers and `sluice cert` shows: every certificate that some listener shows, as the plan in force
// has it. It is made from the certificates alone; of keys not a byte is in it. The shape is public; fields are added, not changed.

import { certificateDetails } from "../config/certificatedetails.ts";
import { daysLeft } from "../config/certificatevalidity.ts";
import type { Plan } from "../config/plan.ts";
import type { AcmeCertificateStatus } from "./acme/acme.ts";

export interface CertificateStatus {
  readonly file: string;
  /** file: the config names it. acme: an authority has given it. placeholder: it signs itself, until the authority has given one. */
  readonly source: "file" | "acme" | "placeholder";
  readonly names: readonly string[];
  /** Names of the listeners that show it. */
  readonly listeners: readonly string[];
  /** Those among them that show it to clients without a name, or with an unknown one. */
  readonly defaultOf: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  readonly isSelfSigned: boolean;
  readonly serial: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
  readonly keyType: string;
  readonly notAfter: string;
  /** Whole days; below zero when it has expired. */
  readonly daysLeft: number;
}

export interface CertificatesStatus {
  readonly certificates: readonly CertificateStatus[];
  /** Those that an authority gives, whether it has given them or not. */
  readonly acme: readonly AcmeCertificateStatus[];
  /** What is wrong with files: whole sentences that begin with the config's key. */
  readonly problems: readonly string[];
}

export function certificateStatus(plan: Plan, nowMs: number): CertificateStatus[] {
  const listeners = plan.certificates.map((): string[] => []);
  const defaults = plan.certificates.map((): string[] => []);
  for (const { name, tls } of plan.listeners)
    for (const [order, index] of (tls?.certificates ?? []).entries()) {
      listeners[index]!.push(name);
      if (order === 0 && tls?.rejectUnknown === false) defaults[index]!.push(name);
    }
  return plan.certificates.map(({ file, source, names, chain, notAfterMs }, index) => ({
    file,
    source: source ?? "file",
    names,
    listeners: listeners[index]!,
    defaultOf: defaults[index]!,
    ...certificateDetails(plan.pems[chain]!),
    notAfter: new Date(notAfterMs).toISOString(),
    daysLeft: daysLeft(notAfterMs, nowMs),
  }));
}
