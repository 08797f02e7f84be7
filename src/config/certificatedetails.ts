// What a certificate says about itself, in words for people: names, issuer, serial number, kind of key. It reads what
// node:crypto has parsed and judges nothing. Names are DNS names only: a client never asks for an IP address by SNI (RFC 6066 3).

import { type KeyObject, X509Certificate } from "node:crypto";

export interface CertificateDetails {
  readonly subject: string;
  readonly issuer: string;
  readonly isSelfSigned: boolean;
  /** Hexadecimal, in lower case, as browsers and openssl show it. */
  readonly serial: string;
  /** SHA-256 of the certificate, hexadecimal in lower case. */
  readonly fingerprint: string;
  /** `ECDSA P-256`, `RSA 2048`, `Ed25519`. */
  readonly keyType: string;
}

const dnsName = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/;

/** Of the first certificate in a PEM text that was judged good. */
export function certificateDetails(chain: string): CertificateDetails {
  const x509 = new X509Certificate(chain);
  return {
    subject: shortName(x509.subject) || (namesOf(x509)[0] ?? ""),
    issuer: shortName(x509.issuer),
    isSelfSigned: x509.checkIssued(x509),
    serial: x509.serialNumber.toLowerCase(),
    fingerprint: x509.fingerprint256.replaceAll(":", "").toLowerCase(),
    keyType: keyTypeOf(x509.publicKey) ?? "unknown",
  };
}

/** In lower case, each once; the common name when there is no alternative name and it is a DNS name. */
export function namesOf(x509: X509Certificate): string[] {
  const alternative = x509.subjectAltName ?? "";
  const found = [...alternative.matchAll(/(?:^|, )DNS:([^",]+)(?=, |$)/g)].map((match) => match[1]!);
  if (alternative === "") {
    const common = attribute(x509.subject, "CN");
    if (common !== undefined) found.push(common);
  }
  const names = found.map((name) => name.toLowerCase().replace(/\.$/, "")).filter((name) => dnsName.test(name));
  return [...new Set(names)];
}

/** Whether it is for an IP address, which a client finds in it without having asked by name. */
export function namesAddress(x509: X509Certificate): boolean {
  return /(?:^|, )IP Address:/.test(x509.subjectAltName ?? "");
}

/** Null for kinds that TLS cannot use here. */
export function keyTypeOf(key: KeyObject): string | null {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case "rsa":
      return `RSA ${details?.modulusLength ?? ""}`.trimEnd();
    case "ec":
      return `ECDSA ${curves[details?.namedCurve ?? ""] ?? details?.namedCurve ?? ""}`.trimEnd();
    case "ed25519":
      return "Ed25519";
    default:
      return null;
  }
}

const curves: Record<string, string> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

/** `CN` of a distinguished name, else its organization, else all of it on one line. */
function shortName(name: string | undefined): string {
  // The runtime has no text at all for a name without parts, which newer certificates have for a subject.
  if (name === undefined) return "";
  const organization = attribute(name, "O");
  const common = attribute(name, "CN");
  // Authorities have common names like R11, which say nothing without the organization.
  if (common !== undefined && common.length < 6 && organization !== undefined) return `${organization} ${common}`;
  return common ?? organization ?? name.replaceAll("\n", ", ");
}

function attribute(name: string | undefined, key: string): string | undefined {
  return (name ?? "")
    .split("\n")
    .findLast((line) => line.startsWith(`${key}=`))
    ?.slice(key.length + 1);
}
