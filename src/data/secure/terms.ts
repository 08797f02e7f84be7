// What a plan says of TLS, made ready for handshakes: for a listener which contexts and options its connections are upgraded
// with, for a server what it is dialed with. Asked for by the plan's own objects: an exchange that ends under an older plan
// finds what that plan said for as long as it holds on to it, whatever has been published since.

import { isIP } from "node:net";
import type { CertificatePlan, ListenerTlsPlan, PemKey, Plan, ServerTlsPlan } from "../../config/plan.ts";
import { Certificates } from "./certificates.ts";
import { ContextShelf, type NativeContext } from "./context.ts";

/** What Bun's upgradeTLS is given; its types do not know half of it. */
export interface UpgradeTerms {
  readonly secureContext: NativeContext;
  readonly isServer: boolean;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  /** In the format of the wire; absent negotiates none. */
  readonly ALPNProtocols?: Buffer;
  /** To servers: "" sends no SNI. */
  readonly serverName?: string;
}

/** Of a listener. */
export interface ListenerTerms {
  readonly upgrade: UpgradeTerms;
  readonly certificates: Certificates;
  readonly rejectUnknown: boolean;
  /** A client may show a certificate; one that it shows must be good. */
  readonly isClientAsked: boolean;
  readonly ja4: boolean;
}

/** Of a server. */
export interface ServerTerms {
  readonly upgrade: UpgradeTerms;
  /** The same for a connection of HTTP/1.1, where HTTP/2 is offered otherwise. */
  readonly upgradeHttp1: UpgradeTerms;
  readonly plan: ServerTlsPlan;
  /** Sessions may be resumed where all of this is the same. */
  readonly key: string;
}

export class Terms {
  readonly #listeners = new WeakMap<ListenerTlsPlan, ListenerTerms>();
  readonly #servers = new WeakMap<ServerTlsPlan, ServerTerms>();
  readonly #shelf = new ContextShelf();

  /** Make ready what the plan says. Throws when it cannot be used, with the listener's or server's name. */
  adopt(plan: Plan): void {
    this.#shelf.turn();
    for (const { name, tls } of plan.listeners) {
      if (tls === null) continue;
      attempt(`listener ${name}`, () => this.#listeners.set(tls, this.#listenerTerms(plan, tls)));
    }
    for (const pool of plan.pools)
      for (const { id, tls } of pool.servers)
        if (tls !== null) attempt(`server ${id}`, () => this.#servers.set(tls, this.#serverTerms(plan, tls)));
    for (const { name, members } of plan.egresses)
      for (const { id, door } of members) {
        const tls = door.kind === "proxy" ? door.tls : null;
        if (tls === null) continue;
        attempt(`member ${id} of egress pool ${name}`, () => this.#servers.set(tls, this.#serverTerms(plan, tls)));
      }
  }

  /** Undefined for a plan that was never adopted. */
  ofListener(plan: ListenerTlsPlan): ListenerTerms | undefined {
    return this.#listeners.get(plan);
  }

  /** What no plan has held, for it was made for a target that a client has named, is made ready now; it names no files. */
  ofServer(plan: ServerTlsPlan): ServerTerms | undefined {
    let terms = this.#servers.get(plan);
    if (terms === undefined && plan.ca === null && plan.chain === null && plan.key === null) {
      terms = this.#serverTerms({ pems: {} }, plan);
      this.#servers.set(plan, terms);
    }
    return terms;
  }

  #listenerTerms(plan: Plan, tls: ListenerTlsPlan): ListenerTerms {
    const { clientCertificate: asked } = tls;
    const { minVersion, maxVersion, ciphers, sessionTickets } = tls;
    // A session must not be resumed where a client certificate is wanted in another way than where it began.
    const common = [minVersion, maxVersion, ciphers, sessionTickets, asked?.mode ?? "", asked?.ca ?? ""];
    // Sessions are resumed where `kept` is the same, whatever is shown.
    const contextOf = (shown: readonly CertificatePlan[], kept: readonly CertificatePlan[]): NativeContext => {
      const key = [...common, shown.length === 0, kept.map(({ chain, key }) => [chain, key])];
      return this.#shelf.take(JSON.stringify(key), () => ({
        chains: shown.map(({ chain }) => pemOf(plan, chain)),
        keys: shown.map(({ key }) => pemOf(plan, key)),
        ca: asked === null ? "" : pemOf(plan, asked.ca),
        minVersion,
        maxVersion,
        ciphers,
        sessionTickets,
      }));
    };
    const certificates = new Certificates(
      tls.certificates.map((index) => plan.certificates[index]!),
      plan.pems,
      (shown) => contextOf(shown, shown),
    );
    const [first] = tls.certificates;
    return {
      upgrade: {
        // Names are not for whoever comes by: who asks for none, as scanners of addresses do, is shown no certificate.
        secureContext: tls.rejectUnknown ? contextOf([], [plan.certificates[first!]!]) : certificates.first,
        isServer: true,
        requestCert: asked !== null,
        rejectUnauthorized: asked?.mode === "required",
        ...alpnOf(tls.alpn),
      },
      certificates,
      rejectUnknown: tls.rejectUnknown,
      isClientAsked: asked !== null,
      ja4: tls.ja4,
    };
  }

  #serverTerms(plan: Pick<Plan, "pems">, tls: ServerTlsPlan): ServerTerms {
    const { minVersion, maxVersion, ciphers } = tls;
    // Who trusts everybody needs no authorities.
    const authorities = tls.verify ? (tls.ca ?? "system") : "";
    const key = JSON.stringify([minVersion, maxVersion, ciphers, tls.chain, tls.key, authorities]);
    const secureContext = this.#shelf.take(key, () => ({
      chains: tls.chain === null ? [] : [pemOf(plan, tls.chain)],
      keys: tls.key === null ? [] : [pemOf(plan, tls.key)],
      ca: tls.verify && tls.ca !== null ? pemOf(plan, tls.ca) : authorities,
      minVersion,
      maxVersion,
      ciphers,
      sessionTickets: true,
    }));
    const upgrade = {
      secureContext,
      isServer: false,
      requestCert: true,
      // The judgement is ours (judge.ts): its words are those of checks.
      rejectUnauthorized: false,
      // SNI is for names only (RFC 6066 section 3); left out, the runtime would send the address it connects to.
      serverName: isIP(tls.serverName) === 0 ? tls.serverName : "",
      ...alpnOf(tls.alpn),
    };
    const upgradeHttp1 = tls.alpn.includes("h2") ? { ...upgrade, ...alpnOf(["http/1.1"]) } : upgrade;
    return { upgrade, upgradeHttp1, plan: tls, key: JSON.stringify([key, tls.serverName, tls.verify, tls.alpn]) };
  }
}

function pemOf(plan: Pick<Plan, "pems">, key: PemKey): string {
  const text = plan.pems[key];
  if (text === undefined) throw new Error("a certificate, key or authority of the plan is missing from it");
  return text;
}

/** RFC 7301 3.1: each name after its length. */
function alpnOf(names: readonly string[]): { ALPNProtocols?: Buffer } {
  if (names.length === 0) return {};
  return {
    ALPNProtocols: Buffer.concat(
      names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`, "latin1")),
    ),
  };
}

function attempt(name: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new Error(`${name}: TLS: ${error instanceof Error ? error.message : String(error)}`);
  }
}
