// The runtime's secure contexts: what a certificate, its key, authorities, versions and ciphers become before a handshake. Made
// once for each content, and handed on from plan to plan for as long as one uses it: the keys of session tickets live in a
// context, so that clients resume over a reload. One costs 30 us and 9 kB, with the system's authorities 1.5 ms and 400 kB.

import { createSecureContext, getCACertificates } from "node:tls";
import type { TlsVersion } from "../../config/plan.ts";

/** BoringSSL's context, which upgradeTLS and the handler of server names take; none of its insides are ours. */
export type NativeContext = object & { readonly __native: unique symbol };

export interface ContextTerms {
  /** In pairs; a client that can do with several is given the best of them. */
  readonly chains: readonly string[];
  readonly keys: readonly string[];
  /** Authorities; "" where nobody is to be verified, "system" the machine's. */
  readonly ca: string;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** "" is the runtime's own. */
  readonly ciphers: string;
  readonly sessionTickets: boolean;
}

const versions = { "1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3" } as const;
/** SSL_OP_NO_TICKET of OpenSSL and BoringSSL; TLS 1.3 then resumes nothing, TLS 1.2 neither. */
const noTicket = 0x4000;

/** Throws in OpenSSL's words when the terms cannot be used. */
export function makeContext(terms: ContextTerms): NativeContext {
  const { chains, keys, ciphers } = terms;
  const { context } = createSecureContext({
    ...(chains.length === 0 ? {} : { cert: [...chains], key: [...keys] }),
    ...authoritiesOf(terms),
    ...(ciphers === "" ? {} : { ciphers }),
    ...(terms.sessionTickets ? {} : { secureOptions: noTicket }),
    minVersion: versions[terms.minVersion],
    maxVersion: versions[terms.maxVersion],
  });
  return context as NativeContext;
}

/**
 * For a certificate that comes without a chain BoringSSL looks for one in each handshake, among the authorities; left to the
 * runtime's own it goes through folders of the machine, with four system calls. It finds a certificate that stands among them.
 */
function authoritiesOf({ ca, chains }: ContextTerms): { ca?: string | string[] } {
  if (ca === "system") return { ca: systemAuthorities() };
  if (ca !== "") return { ca };
  return chains.length === 0 ? {} : { ca: [...chains] };
}

let authorities: string[] | null = null;

/**
 * The machine's, as all programs on it have them, and those in the file that NODE_EXTRA_CA_CERTS names; a machine without any (a bare
 * container) gets the runtime's. Read once.
 */
function systemAuthorities(): string[] {
  if (authorities === null) {
    const system = getCACertificates("system");
    authorities = [...(system.length > 0 ? system : getCACertificates("bundled")), ...getCACertificates("extra")];
  }
  return authorities;
}

/** Contexts by what they are of. Those that neither the plan in force nor the one before has asked for are let go. */
export class ContextShelf {
  #former = new Map<string, NativeContext>();
  #current = new Map<string, NativeContext>();

  /** A plan begins. */
  turn(): void {
    this.#former = this.#current;
    this.#current = new Map();
  }

  /** `key` says what the context is of, without secrets; `terms` is asked for when it has to be made. */
  take(key: string, terms: () => ContextTerms): NativeContext {
    let context = this.#current.get(key);
    if (context !== undefined) return context;
    context = this.#former.get(key) ?? makeContext(terms());
    this.#current.set(key, context);
    return context;
  }

  get size(): number {
    return this.#current.size;
  }
}
