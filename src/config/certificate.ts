// From the texts of PEM files to a certificate that can be shown, or to what is wrong with it. It reads no file and no clock: the
// texts and the moment come in. What it says is the rest of a sentence that begins with the certificate's file, for whoever
// reads it at night: which file holds what, and what to do. A key's bytes are never part of a sentence.
// Expired or not yet valid is a matter of the moment, not of the file, and told apart by `validityOf`: a clock that is wrong after
// a power cut must not take a certificate away.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { chainOf, type Link } from "./certificatechain.ts";
import { keyTypeOf, namesAddress, namesOf } from "./certificatedetails.ts";
import { isEncrypted, noPem, pemBlocks, pemOf } from "./certificatepem.ts";
import type { Certificate, Pem } from "./materials.ts";

export interface PemFile {
  /** As an operator would find it. */
  readonly name: string;
  readonly text: string;
}

/** Where a private key was looked for: it stands in `file`, or in the certificate's own file when that is null. */
export interface KeyPlace {
  readonly file: PemFile | null;
  /** The names that were looked for beside the certificate. */
  readonly sought: readonly string[];
}

export type Judged =
  | { readonly ok: true; readonly certificate: Certificate; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string };

interface Key {
  readonly object: KeyObject;
  readonly pem: string;
}

type Read<T> = { readonly ok: true; readonly found: readonly T[] } | { readonly ok: false; readonly message: string };

/** `path` is absolute and becomes `Certificate.file`. */
export function judgeCertificate(path: string, file: PemFile, place: KeyPlace): Judged {
  const blocks = pemBlocks(file.text);
  if (blocks.count === 0) return bad(noPem(file.text));
  if (blocks.certificates.length === 0)
    return bad(`holds no certificate${blocks.keys.length > 0 ? ", only a private key" : ""}`);
  const links = readLinks(blocks.certificates);
  if (!links.ok) return links;
  const keys = readKeys(file.name, blocks.keys, place);
  if (!keys.ok) return keys;
  for (const { object, pem } of keys.found) {
    const leaf = links.found.find(({ x509 }) => isFor(x509, object));
    if (leaf !== undefined) return good(path, leaf, links.found, pemOf(pem));
  }
  return bad(mismatch(file, place.file, links.found[0]!, keys.found[0]!.object));
}

function good(path: string, leaf: Link, links: readonly Link[], key: Pem): Judged {
  const { x509 } = leaf;
  const chain = chainOf(leaf, links);
  const names = namesOf(x509);
  const warnings: string[] = [];
  if (isWeak(x509.publicKey))
    warnings.push(
      `has a key of ${keyTypeOf(x509.publicKey)}, which many clients refuse; make one of RSA 2048 or ECDSA P-256`,
    );
  if (chain.isReordered) warnings.push("holds its chain out of order; it is sent in the right one");
  if (chain.foreign.length > 0) {
    const strangers = chain.foreign.map((link) => lineOf(link.x509.subject)).join(" and ");
    warnings.push(`also holds ${strangers}, which did not sign it and is not sent`);
  }
  if (names.length === 0 && !namesAddress(x509))
    warnings.push(
      `names no host (it is for ${subjectOf(x509)}), so that only clients without a better one are shown it`,
    );
  const certificate: Certificate = {
    file: path,
    names,
    // Of another kind it would not have been found to be for its key.
    keyKind: x509.publicKey.asymmetricKeyType ?? "",
    chain: pemOf(chain.links.map(({ pem }) => pem).join("")),
    key,
    notBeforeMs: Date.parse(x509.validFrom),
    notAfterMs: Date.parse(x509.validTo),
  };
  return { ok: true, certificate, warnings };
}

function readLinks(certificates: readonly string[]): Read<Link> {
  const links: Link[] = [];
  for (const [index, pem] of certificates.entries()) {
    try {
      // Kinds of keys that we need not understand may stand in a chain; only our own is asked for its kind.
      links.push({ x509: new X509Certificate(pem), pem });
    } catch {
      const which = certificates.length === 1 ? "a certificate" : `a certificate (number ${index + 1})`;
      return bad(`holds ${which} that cannot be read: its text is damaged`);
    }
  }
  return { ok: true, found: links };
}

function readKeys(name: string, own: readonly string[], { file, sought }: KeyPlace): Read<Key> {
  const holder = file?.name ?? name;
  const blocks = file === null ? null : pemBlocks(file.text);
  if (file !== null && blocks?.count === 0) return bad(`has a key file, ${file.name}, that ${noPem(file.text)}`);
  const texts = blocks?.keys ?? own;
  if (texts.length === 0) {
    if (file !== null) return bad(`has a key file, ${file.name}, that holds no private key`);
    const beside = sought.length === 0 ? "" : `, and there is none beside it (looked for ${sought.join(", ")})`;
    return bad(`holds no private key${beside}`);
  }
  if (texts.every(isEncrypted))
    return bad(
      `has an encrypted key (in ${holder}), and nobody is there to type its passphrase; write it once without: ` +
        `openssl pkey -in ${holder} -out NEW`,
    );
  const keys: Key[] = [];
  for (const text of texts) {
    try {
      keys.push({ object: createPrivateKey(text), pem: text });
    } catch (error) {
      if (texts.length > 1) continue;
      const isUnknown = (error as { code?: string }).code === "ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM";
      return bad(isUnknown ? unusable(holder) : `has a key (in ${holder}) that cannot be read: its text is damaged`);
    }
  }
  const usable = keys.filter(({ object }) => keyTypeOf(object) !== null);
  return usable.length > 0 ? { ok: true, found: usable } : bad(unusable(holder));
}

function unusable(holder: string): string {
  return `has a key (in ${holder}) of a kind that TLS cannot use here; RSA, ECDSA with P-256, P-384 or P-521, and Ed25519 it can`;
}

/** Below what browsers and OpenSSL's usual security level take. */
function isWeak(key: KeyObject): boolean {
  return key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 2048) < 2048;
}

/** A certificate of a kind that is not known is for no key. */
function isFor(x509: X509Certificate, key: KeyObject): boolean {
  try {
    return x509.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function mismatch(file: PemFile, keyFile: PemFile | null, { x509 }: Link, key: KeyObject): string {
  let kind = "a kind of key that is not known here";
  try {
    kind = keyTypeOf(x509.publicKey) ?? kind;
  } catch {} // Of such a kind.
  const place = keyFile === null ? "it also holds" : `${keyFile.name} holds`;
  return (
    `does not match its key: ${file.name} holds the certificate of ${subjectOf(x509)} (${kind}), ` +
    `and ${place} the key of another certificate (${keyTypeOf(key)})`
  );
}

export type Authorities =
  | { readonly ok: true; readonly pem: Pem; readonly notAfterMs: number }
  | { readonly ok: false; readonly message: string };

/** `notAfterMs`: until when at least one of them is valid. */
export function judgeAuthorities(text: string): Authorities {
  const blocks = pemBlocks(text);
  if (blocks.count === 0) return bad(noPem(text));
  if (blocks.certificates.length === 0) return bad("holds no certificate of an authority");
  const read = readLinks(blocks.certificates);
  if (!read.ok) return read;
  const notAfterMs = Math.max(...read.found.map(({ x509 }) => Date.parse(x509.validTo)));
  return { ok: true, pem: pemOf(blocks.certificates.join("")), notAfterMs };
}

function subjectOf(x509: X509Certificate): string {
  return namesOf(x509)[0] ?? (lineOf(x509.subject) || "nobody");
}

/** The runtime has no text for a name without parts. */
function lineOf(subject: string | undefined): string {
  return (subject ?? "").replaceAll("\n", ", ");
}

function bad(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
