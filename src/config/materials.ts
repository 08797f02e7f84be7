// What the files that a config names hold: certificates, keys and authorities, and answers; and the code of its hooks. loadmaterials.ts reads and judges them beside the
// config; the compiler only asks here, so that a plan carries whole texts and no worker ever opens a file of keys itself.

import type { HookNames } from "./hookfunctions.ts";
import type { Users } from "./htpasswd.ts";
import type { HttpFile } from "./httpfile.ts";
import type { Gateway } from "./nginx/gateways.ts";
import type { PemKey } from "./plan.ts";

/** A PEM text and its SHA-256 in hexadecimal. */
export interface Pem {
  readonly id: PemKey;
  readonly text: string;
}

export interface Certificate {
  /** The file of the certificate, as an absolute path. */
  readonly file: string;
  /** DNS names in lower case, wildcards with their star; the common name when there are none. */
  readonly names: readonly string[];
  /** Of its key: `rsa`, `ec` or `ed25519`. */
  readonly keyKind: string;
  /** The certificate, then its chain. */
  readonly chain: Pem;
  readonly key: Pem;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Absent: a file that the config names. `placeholder`: it signs itself, until the authority has given one. */
  readonly source?: "acme" | "placeholder";
}

/** What is answered to the authority that asks for a token (RFC 8555 8.3). */
export interface Challenge {
  readonly token: string;
  readonly answer: string;
}

/** Certificate and key that we show to a server. */
export interface OwnCertificate {
  readonly chain: Pem;
  readonly key: Pem;
}

/** The code of a config in TypeScript that has hooks. */
export interface Program {
  /** The config's own absolute path. */
  readonly path: string;
  /** All of it in one module, with what it imports from files beside it. */
  readonly text: string;
  /** Of that text, in hexadecimal. */
  readonly digest: string;
  readonly names: HookNames;
}

export interface Materials {
  /** Those of a listener that are fit for use, the one for unknown names first. Empty for a listener without TLS. */
  certificatesOf(listener: string): readonly Certificate[];
  /** What there is from the authority for these names, or in place of that. Empty only where it is of no interest. */
  issued(names: readonly string[]): readonly Certificate[];
  /** What the authority may ask for just now. */
  readonly challenges: readonly Challenge[];
  /** What stands in a file of authorities, named as the config names it. Undefined when it cannot be used. */
  authorities(file: string): Pem | undefined;
  /** Certificate and key to show to servers, named as the config names them. Undefined when they cannot be used. */
  own(certificate: string, key: string): OwnCertificate | undefined;
  /** A whole answer, in a file named as the config names it. Undefined when it cannot be used. */
  response(file: string): HttpFile | undefined;
  /** Users with their hashes, in a file named as the config names it. Undefined when it cannot be used. */
  users(file: string): Users | undefined;
  /** Servers of an nginx with addresses of their own, in a file named as the config names it. Undefined when it was never read. */
  gateways(file: string): readonly Gateway[] | undefined;
  /** Null where there are no hooks. */
  readonly program: Program | null;
}

/** Of a config that names no file. */
export const noMaterials: Materials = {
  certificatesOf: () => [],
  issued: () => [],
  challenges: [],
  authorities: () => undefined,
  own: () => undefined,
  response: () => undefined,
  users: () => undefined,
  gateways: () => undefined,
  program: null,
};
