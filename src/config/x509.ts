// The parts that a request for a certificate (PKCS#10, RFC 2986) and a certificate that signs itself (RFC 5280) have in common, and both
// whole. It knows names, keys and signatures; who asks, and what becomes of it, others know. Keys are ECDSA P-256 or RSA, signed
// over SHA-256.

import { createPublicKey, type KeyObject, sign } from "node:crypto";
import * as der from "../base/der.ts";

const oid = {
  commonName: "2.5.4.3",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extensionRequest: "1.2.840.113549.1.9.14",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  rsaWithSha256: "1.2.840.113549.1.1.11",
} as const;

/** RFC 5280 has room for no more in a common name. */
const commonNameMax = 64;

/** A request in DER for a certificate of these DNS names, signed by its key. */
export function certificateRequest(names: readonly string[], key: KeyObject): Uint8Array {
  const extensions = der.sequence(alternativeNames(names));
  const attributes = der.context(0, [der.sequence(der.objectIdentifier(oid.extensionRequest), der.set(extensions))]);
  const version = der.integer(Uint8Array.of(0));
  // Names stand among the alternative ones; the subject need say none (RFC 8555 7.4).
  return signed(der.sequence(version, der.sequence(), publicKeyOf(key), attributes), key);
}

export interface SelfSigned {
  readonly commonName: string;
  readonly names: readonly string[];
  readonly key: KeyObject;
  /** Of 8 to 20 bytes. */
  readonly serial: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** In DER. It is for servers and vouches for nobody else. */
export function selfSigned({ commonName, names, key, serial, notBeforeMs, notAfterMs }: SelfSigned): Uint8Array {
  const name = distinguishedName(commonName.slice(0, commonNameMax));
  const constraints = extension(oid.basicConstraints, der.sequence(), true);
  const body = der.sequence(
    der.context(0, [der.integer(Uint8Array.of(2))]),
    der.integer(serial),
    algorithmOf(key),
    name,
    der.sequence(der.time(notBeforeMs), der.time(notAfterMs)),
    name,
    publicKeyOf(key),
    der.context(3, [der.sequence(constraints, alternativeNames(names))]),
  );
  return signed(body, key);
}

function signed(body: Uint8Array, key: KeyObject): Uint8Array {
  return der.sequence(body, algorithmOf(key), der.bitString(sign("sha256", body, key)));
}

function algorithmOf({ asymmetricKeyType }: KeyObject): Uint8Array {
  if (asymmetricKeyType === "ec") return der.sequence(der.objectIdentifier(oid.ecdsaWithSha256));
  // RFC 4055 wants a null there.
  return der.sequence(der.objectIdentifier(oid.rsaWithSha256), Uint8Array.of(0x05, 0));
}

function publicKeyOf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ format: "der", type: "spki" });
}

function distinguishedName(commonName: string): Uint8Array {
  return der.sequence(der.set(der.sequence(der.objectIdentifier(oid.commonName), der.utf8String(commonName))));
}

function alternativeNames(names: readonly string[]): Uint8Array {
  const dnsName = 2;
  const written = names.map((name) => der.context(dnsName, [new TextEncoder().encode(name)], false));
  return extension(oid.alternativeNames, der.sequence(...written));
}

function extension(identifier: string, value: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(identifier), ...critical, der.octetString(value));
}
