// Which certificate a client is shown: the one for the name that it asks for, exactly or by a wildcard of one label (RFC 6125
// 6.4.3); else the first, or none. Several certificates for one name are shown as one context when their keys are of different
// kinds, and BoringSSL takes ECDSA where the client can, RSA where it cannot; of one kind the first counts.
// A name's context is made when the first client asks for it, so that a thousand certificates cost a reload nothing.

import { X509Certificate } from "node:crypto";
import type { CertificatePlan } from "../../config/plan.ts";
import type { NativeContext } from "./context.ts";

/** Makes, or finds, the context of these certificates together. */
export type ContextOf = (certificates: readonly CertificatePlan[]) => NativeContext;

class Choice {
  readonly certificates: CertificatePlan[] = [];
  context: NativeContext | null = null;
}

export class Certificates {
  /** For whom no certificate is. */
  readonly first: NativeContext;
  readonly #pems: Readonly<Record<string, string>>;
  readonly #contextOf: ContextOf;
  readonly #exact = new Map<string, Choice>();
  /** By what follows the star, with its dot. */
  readonly #wildcard = new Map<string, Choice>();

  constructor(certificates: readonly CertificatePlan[], pems: Readonly<Record<string, string>>, contextOf: ContextOf) {
    this.#pems = pems;
    this.#contextOf = contextOf;
    for (const certificate of certificates) {
      for (const name of certificate.names) {
        if (name.startsWith("*.")) choiceIn(this.#wildcard, name.slice(1)).certificates.push(certificate);
        else choiceIn(this.#exact, name).certificates.push(certificate);
      }
    }
    const [first] = certificates;
    const named = first === undefined || first.names.length === 0 ? undefined : this.#find(first.names[0]!);
    // Another with the same name may go with the first, but not before it.
    const others = named?.certificates.filter((certificate) => certificate !== first) ?? [];
    this.first = this.#contextOf(this.#ofEachKind(first === undefined ? [] : [first, ...others]));
  }

  /** Null when there is none. `name` is as the client wrote it. */
  for(name: string): NativeContext | null {
    const choice = this.#find(name) ?? this.#find(plainName(name));
    if (choice === undefined) return null;
    choice.context ??= this.#contextOf(this.#ofEachKind(choice.certificates));
    return choice.context;
  }

  #find(name: string): Choice | undefined {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf(".");
    return dot <= 0 ? undefined : this.#wildcard.get(name.slice(dot));
  }

  #ofEachKind(certificates: readonly CertificatePlan[]): readonly CertificatePlan[] {
    if (certificates.length <= 1) return certificates;
    const kinds = new Map<string, CertificatePlan>();
    for (const certificate of certificates) {
      const { publicKey } = new X509Certificate(this.#pems[certificate.chain] ?? "");
      const kind = publicKey.asymmetricKeyType ?? "";
      if (!kinds.has(kind)) kinds.set(kind, certificate);
    }
    return [...kinds.values()];
  }
}

function choiceIn(choices: Map<string, Choice>, name: string): Choice {
  let choice = choices.get(name);
  if (choice === undefined) {
    choice = new Choice();
    choices.set(name, choice);
  }
  return choice;
}

/** Clients should ask in lower case and without the dot at the end; not all do. */
function plainName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}
