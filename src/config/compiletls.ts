// TLS of the plan, towards clients and towards servers. PEM texts stand in the plan once, under their ids; everything else
// names them. Files that cannot be used have been refused before, by loadmaterials.ts: here their absence is our own mistake.

import { isIp } from "../base/address.ts";
import { assert } from "../base/assert.ts";
import { nameSetsOf, shownOf } from "./acmenames.ts";
import type { Certificate, Materials, Pem } from "./materials.ts";
import { defined } from "./measure.ts";
import type { CertificatePlan, ListenerTlsPlan, PemKey, ServerTlsPlan } from "./plan.ts";
import type { Listener, ListenerTls, Pool, Server, ServerTls } from "./types.ts";

/** What a plan holds of certificates, gathered while its listeners and pools are compiled. */
export class Keys {
  readonly #materials: Materials;
  readonly #pems: Record<PemKey, string> = {};
  readonly #certificates: CertificatePlan[] = [];
  readonly #indices = new Map<string, number>();

  constructor(materials: Materials) {
    this.#materials = materials;
  }

  get pems(): Record<PemKey, string> {
    return this.#pems;
  }

  get certificates(): readonly CertificatePlan[] {
    return this.#certificates;
  }

  /** Indices into `certificates` of those that a listener shows, the default one first. */
  ofListener(listener: string, tls: ListenerTls): number[] {
    const issued = nameSetsOf(tls).flatMap((names) => this.#materials.issued(names));
    const found = shownOf(this.#materials.certificatesOf(listener), issued, tls.default);
    assert(found.length > 0, `the listener ${listener} has no certificate`);
    return [...new Set(found.map((certificate) => this.#index(certificate)))];
  }

  authorities(file: string): PemKey {
    const pem = this.#materials.authorities(file);
    assert(pem !== undefined, `there are no authorities in ${file}`);
    return this.#add(pem);
  }

  own(certificate: string, key: string): { readonly chain: PemKey; readonly key: PemKey } {
    const own = this.#materials.own(certificate, key);
    assert(own !== undefined, `there is no certificate in ${certificate}`);
    return { chain: this.#add(own.chain), key: this.#add(own.key) };
  }

  #index(certificate: Certificate): number {
    const { file, names, notAfterMs, source } = certificate;
    const chain = this.#add(certificate.chain);
    const key = this.#add(certificate.key);
    // One that stands in for another may do so for other names elsewhere.
    const sameness = `${chain} ${key}${source === "placeholder" ? ` ${names.join(" ")}` : ""}`;
    const known = this.#indices.get(sameness);
    if (known !== undefined) return known;
    const told = source === undefined ? {} : { source };
    const index = this.#certificates.push({ file, names: [...names], chain, key, notAfterMs, ...told }) - 1;
    this.#indices.set(sameness, index);
    return index;
  }

  #add({ id, text }: Pem): PemKey {
    this.#pems[id] = text;
    return id;
  }
}

export function compileListenerTls(name: string, listener: Listener, keys: Keys): ListenerTlsPlan | null {
  const { tls } = listener;
  if (tls === undefined) return null;
  return {
    certificates: keys.ofListener(name, tls),
    rejectUnknown: tls.unknownName === "refuse",
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    ciphers: tls.ciphers ?? "",
    alpn: offered(listener, tls),
    clientCertificate:
      tls.clientCertificate === undefined
        ? null
        : { mode: tls.clientCertificate.mode, ca: keys.authorities(tls.clientCertificate.ca) },
    sessionTickets: tls.sessionTickets,
    ja4: tls.ja4,
  };
}

function offered({ mode, http2 }: Listener, { alpn, minVersion }: ListenerTls): string[] {
  if (mode !== "http") return [...(alpn ?? [])];
  return [...(alpn ?? (http2 && isForHttp2(minVersion) ? ["h2", "http/1.1"] : ["http/1.1"]))];
}

/** HTTP/2 needs TLS 1.2 (RFC 9113 section 9.2). It is offered to clients of all versions or to none, so the oldest counts. */
export function isForHttp2(minVersion: string): boolean {
  return minVersion !== "1.0" && minVersion !== "1.1";
}

/** The server's own keys before its pool's; null where the server is spoken to in the clear. */
export function serverTls(pool: Pool, server: string | Server): ServerTls | null {
  const own = typeof server === "string" ? undefined : server.tls;
  const usual = pool.tls;
  if (own === false || (own === undefined && (usual === undefined || usual === false))) return null;
  return { ...(typeof usual === "object" ? defined(usual) : {}), ...(typeof own === "object" ? defined(own) : {}) };
}

/** `host` is as the operator wrote it, in lower case; that of a unix socket is "". */
export function compileServerTls(
  tls: ServerTls | null,
  host: string,
  isHttp2: boolean,
  keys: Keys,
): ServerTlsPlan | null {
  if (tls === null) return null;
  const { certificate, key } = tls;
  const own = certificate === undefined || key === undefined ? null : keys.own(certificate, key);
  return {
    serverName: plainName(tls.serverName ?? host),
    verify: tls.verify ?? true,
    ca: tls.ca === undefined ? null : keys.authorities(tls.ca),
    chain: own?.chain ?? null,
    key: own?.key ?? null,
    minVersion: tls.minVersion ?? "1.2",
    maxVersion: tls.maxVersion ?? "1.3",
    ciphers: tls.ciphers ?? "",
    alpn: [...(tls.alpn ?? (isHttp2 ? ["h2", "http/1.1"] : []))],
  };
}

/** No certificate and no hello writes the dot that ends a name in DNS. */
function plainName(name: string): string {
  return isIp(name) ? name : name.toLowerCase().replace(/\.$/, "");
}
