// TLS of checks: by which terms a server is checked, the runtime's context for them, and the judgement on the certificate that a
// server shows. Contexts are made once for all servers with the same terms and a plan's life, for reading 150 authorities for
// each probe would cost more than the probe. The runtime's own verdict is only read: with `rejectUnauthorized` it would break
// off with a code where an operator needs the names and dates that the certificate has.

import { isIP } from "node:net";
import {
  checkServerIdentity,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { codeOf } from "../../base/systemerror.ts";
import type { CheckPlan, Plan, ServerPlan, ServerTlsPlan } from "../../config/plan.ts";
import { certificateProblem, shownBy } from "../../health/probe/handshake.ts";

/** The context, or in words why there can be none. */
export type Secured = { readonly context: SecureContext } | { readonly problem: string };

export class SecureContexts {
  #pems: Plan["pems"] = {};
  readonly #made = new Map<string, Secured>();

  /** From now on contexts are made from these. */
  adopt(pems: Plan["pems"]): void {
    this.#pems = pems;
    this.#made.clear();
  }

  contextOf(terms: ServerTlsPlan): Secured {
    const { serverName: _, ...shared } = terms;
    const key = JSON.stringify(shared);
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(terms);
      this.#made.set(key, made);
    }
    return made;
  }

  #make(terms: ServerTlsPlan): Secured {
    const pem = (key: string | null): string | null | undefined => (key === null ? null : this.#pems[key]);
    const [ca, cert, key] = [pem(terms.ca), pem(terms.chain), pem(terms.key)];
    if (ca === undefined) return { problem: "the authorities (ca) to check its certificate by could not be read" };
    if (cert === undefined || key === undefined)
      return { problem: "the client certificate to show to it could not be read" };
    try {
      const context = createSecureContext({
        ca: ca ?? systemAuthorities(),
        ...(cert === null || key === null ? {} : { cert, key }),
        ...(terms.ciphers === "" ? {} : { ciphers: terms.ciphers }),
        minVersion: versions[terms.minVersion],
        maxVersion: versions[terms.maxVersion],
      });
      return { context };
    } catch (error) {
      return { problem: `its TLS settings cannot be used: ${codeOf(error)}` };
    }
  }
}

/** Whether a check asks by HTTP/2, where the server agrees to that. */
export function isByHttp2(server: ServerPlan, check: CheckPlan): boolean {
  return check.kind === "grpc" || (check.kind === "http" && (check.isHttp2 ?? server.isHttp2));
}

/** By which terms a server is checked; null is without TLS. */
export function termsOf(server: ServerPlan, check: CheckPlan): ServerTlsPlan | null {
  if (check.tls === false) return null;
  const usual = server.tls;
  if (usual === null && check.tls === null) return null;
  // Where the server's own traffic has no TLS nobody has said what to trust.
  const terms = usual ?? { ...trusting, serverName: server.address.kind === "tcp" ? hostOf(server.name) : "" };
  if (check.kind === "tcp" || isByHttp2(server, check) === terms.alpn.includes("h2")) return terms;
  return { ...terms, alpn: isByHttp2(server, check) ? ["h2", "http/1.1"] : ["http/1.1"] };
}

/** SNI is for names only (RFC 6066 section 3). */
export function sniOf(terms: ServerTlsPlan): string {
  return isIP(terms.serverName) === 0 ? terms.serverName : "";
}

/** Why the certificate that was shown is not accepted; null when it is. */
export function problemOf(socket: TLSSocket, terms: ServerTlsPlan, nowMs: number): string | null {
  if (!terms.verify) return null;
  const peer = socket.getPeerCertificate();
  // The runtime's types say Error, the runtime sometimes a code.
  const told: unknown = socket.authorizationError;
  const chainCode = told === null || told === undefined ? "" : codeOf(told);
  const isUnnamed = terms.serverName !== "" && checkServerIdentity(terms.serverName, peer) !== undefined;
  const code = chainCode !== "" ? chainCode : isUnnamed ? "ERR_TLS_CERT_ALTNAME_INVALID" : "";
  if (code !== "") return certificateProblem(code, shownBy(peer), terms.serverName, nowMs);
  return socket.authorized ? null : "its certificate is not accepted";
}

const versions = { "1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3" } as const;

const trusting: ServerTlsPlan = {
  serverName: "",
  verify: false,
  ca: null,
  chain: null,
  key: null,
  minVersion: "1.0",
  maxVersion: "1.3",
  ciphers: "",
  alpn: [],
};

let authorities: string[] | null = null;

/** The machine's, as all programs on it have them, and NODE_EXTRA_CA_CERTS; a machine without any (a bare container) gets the runtime's. */
function systemAuthorities(): string[] {
  if (authorities === null) {
    const system = getCACertificates("system");
    authorities = [...(system.length > 0 ? system : getCACertificates("bundled")), ...getCACertificates("extra")];
  }
  return authorities;
}

/** Of `host:port` or `[host]:port`, as the operator wrote it. */
function hostOf(name: string): string {
  return name.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
