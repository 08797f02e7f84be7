// One probe over a connection: TCP or a unix socket, a PROXY header where the server expects one, TLS where the server's traffic
// has it, and then what the check says. It knows sockets and the order of these; what they mean is health/probe.ts.
// node:net and not Bun's raw sockets: a raw connect that is under way cannot be given up. TLS is always put over a connection
// that stands already, for the PROXY header goes before it.

import { connect, isIP, isIPv6, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { codeOf, reasonOf } from "../../base/systemerror.ts";
import type { CheckPlan, ServerPlan, ServerTlsPlan } from "../../config/plan.ts";
import { handshakeProblem, isTlsCode } from "../../health/probe/handshake.ts";
import type { ProbeResult } from "../../health/probe/result.ts";
import { Probe, type ProbeStage } from "../../health/probe.ts";
import { writeProxyHeader } from "../../wire/proxyprotocol.ts";
import { Patience } from "./patience.ts";
import { isMaybePorts, isOutOfPorts } from "./ports.ts";
import { isByHttp2, problemOf, type SecureContexts, sniOf, termsOf } from "./secure.ts";

/** `isOutOfPorts`: it says nothing of the server. */
export type ProbeDone = (result: ProbeResult, isOutOfPorts: boolean) => void;

export class ConnectionProbing {
  readonly #server: ServerPlan;
  readonly #check: CheckPlan;
  #probe: Probe;
  readonly #terms: ServerTlsPlan | null;
  readonly #contexts: SecureContexts;
  readonly #done: ProbeDone;
  readonly #patience: Patience;
  #raw: Socket | null = null;
  #secure: TLSSocket | null = null;
  #stage: ProbeStage = "connection";
  /** What it comes to unless the server takes the handshake back. */
  #provisional: ProbeResult | null = null;
  #hasTicket = false;
  #isDone = false;
  readonly #begunMs: number = performance.now();
  /** The server would have it by HTTP/1.1. */
  #older: ConnectionProbing | null = null;
  /** It has failed, and it is being found out whether for want of a port. */
  #isChecked = false;

  /** `done` is called once, and not after `abort`. */
  constructor(server: ServerPlan, check: CheckPlan, contexts: SecureContexts, done: ProbeDone) {
    this.#server = server;
    this.#check = check;
    this.#terms = termsOf(server, check);
    this.#probe = new Probe(withHost(check, server), isByHttp2(server, check), this.#terms !== null);
    this.#contexts = contexts;
    this.#done = done;
    this.#patience = new Patience(check.timeoutMs, () => this.#expire());
    try {
      this.#open();
    } catch (error) {
      this.#finish(this.#probe.refused(reasonOf(error)));
    }
  }

  /** Give up: everything is closed, nothing is told. */
  abort(): void {
    this.#isDone = true;
    this.#older?.abort();
    this.#patience.end();
    this.#secure?.destroy();
    this.#raw?.destroy();
  }

  #open(): void {
    const { address, source } = this.#server;
    if (this.#terms !== null) {
      // Before anything is sent: without its materials there is nothing that a handshake could show.
      const secured = this.#contexts.contextOf(this.#terms);
      if ("problem" in secured) return this.#finish(this.#probe.distrusted(secured.problem));
    }
    const isBound = source !== "" && address.kind === "tcp";
    // The system would say that the server has refused.
    if (isBound && isIP(address.host) !== isIP(source))
      return this.#finish(this.#probe.refused(`the source ${source} is no IPv${isIPv6(address.host) ? 6 : 4} address`));
    this.#raw =
      address.kind === "unix"
        ? connect({ path: address.path })
        : connect({
            host: address.host,
            port: this.#check.port ?? address.port,
            ...(isBound ? { localAddress: source } : {}),
          });
    this.#raw.on("connect", () => this.#connected());
    this.#listen(this.#raw, () => this.#secure === null);
  }

  #connected(): void {
    if (this.#isDone || this.#raw === null) return;
    const header = this.#header();
    if (this.#terms === null) return this.#ask(this.#raw, header);
    if (header.length > 0) this.#raw.write(header);
    this.#stage = "handshake";
    const secured = this.#contexts.contextOf(this.#terms);
    if ("problem" in secured) return this.#finish(this.#probe.distrusted(secured.problem));
    this.#secure = connectTls({
      socket: this.#raw,
      secureContext: secured.context,
      servername: sniOf(this.#terms),
      ALPNProtocols: [...this.#terms.alpn],
      rejectUnauthorized: false,
      // Judged in `problemOf`: the runtime would judge by the name in SNI, which an IP address never is.
      checkServerIdentity: () => undefined,
    });
    this.#secure.on("secureConnect", () => this.#shaken());
    // The ticket of TLS 1.3: the server has read our part of the handshake and found it good.
    this.#secure.on("session", () => {
      this.#hasTicket = true;
      this.#finish(this.#provisional);
    });
    this.#listen(this.#secure, () => true);
  }

  #shaken(): void {
    if (this.#isDone || this.#secure === null || this.#terms === null) return;
    const problem = problemOf(this.#secure, this.#terms, Date.now());
    if (problem !== null) return this.#finish(this.#probe.distrusted(problem));
    if (this.#secure.alpnProtocol !== "h2" && isByHttp2(this.#server, this.#check)) {
      if (this.#check.kind === "grpc") return this.#finish(this.#probe.distrusted(noHttp2));
      // As the server's traffic does then.
      this.#probe = new Probe(withHost(this.#check, this.#server), false, true);
    }
    this.#ask(this.#secure, nothing);
  }

  #ask(socket: Socket, header: Uint8Array): void {
    this.#stage = "answer";
    const bytes = Buffer.concat([header, this.#probe.request]);
    if (bytes.length === 0) this.#sent();
    else
      socket.write(bytes, (error) => {
        if (!error) this.#sent();
      });
  }

  #sent(): void {
    if (this.#isDone) return;
    const result = this.#probe.sent();
    const isSettled = this.#secure === null || this.#hasTicket || this.#secure.getProtocol() !== "TLSv1.3";
    if (result === null || this.#secure === null || isSettled) return this.#finish(result);
    // In TLS 1.3 the handshake is done for us before the server has seen our certificate, or that there is none (RFC 8446
    // section 2). Close our side and see whether its last word is an alert: a server that would refuse all traffic is not well.
    this.#provisional = result;
    this.#secure.end();
  }

  #listen(socket: Socket, isHeard: () => boolean): void {
    socket.on("data", (bytes: Buffer) => {
      if (!isHeard()) return;
      this.#finish(this.#provisional ?? (this.#stage === "answer" ? this.#probe.received(bytes) : null));
      const reply = this.#probe.reply();
      if (reply.length > 0 && !this.#isDone) socket.write(reply);
    });
    socket.on("error", (error) => this.#failed(error));
    socket.on("end", () => {
      if (isHeard()) this.#failed(null);
    });
    socket.on("close", () => this.#failed(null));
  }

  /** The connection is gone, or cannot be had; null is a close without an error. */
  #failed(error: Error | null): void {
    if (this.#isChecked) return;
    const code = error === null ? "" : codeOf(error);
    if (this.#secure !== null && (this.#stage === "handshake" || isTlsCode(code)))
      return this.#finish(this.#probe.distrusted(handshakeProblem(code)));
    if (this.#provisional !== null) return this.#finish(this.#provisional);
    if (this.#stage !== "connection") return this.#finish(this.#probe.ended());
    const result = this.#probe.refused(reasonOf(error ?? "closed"));
    const { address, source } = this.#server;
    if (!isMaybePorts(code) || address.kind === "unix") return this.#finish(result);
    this.#isChecked = true;
    void isOutOfPorts(address.host, source).then((isOurs) => this.#finish(result, isOurs));
  }

  #expire(): void {
    this.#finish(this.#provisional ?? this.#probe.expired(this.#stage));
  }

  #finish(result: ProbeResult | null, isOurs = false): void {
    if (result === null || this.#isDone) return;
    this.abort();
    if (this.#mayBeOlder && this.#probe.isOlderWanted) this.#askOlder();
    else this.#done(result, isOurs);
  }

  /** As the server's traffic would go: unless HTTP/2 is asked for and nothing else. */
  get #mayBeOlder(): boolean {
    const { kind, isHttp2 } = this.#check;
    return kind === "http" && isHttp2 === undefined && this.#terms?.alpn.includes("http/1.1") !== false;
  }

  #askOlder(): void {
    const leftMs = Math.max(1, this.#check.timeoutMs - (performance.now() - this.#begunMs));
    const check = { ...this.#check, isHttp2: false, timeoutMs: leftMs };
    this.#older = new ConnectionProbing(this.#server, check, this.#contexts, this.#done);
  }

  /** One that speaks of no client. As HAProxy has it, a port of its own for checks is no door for clients, and expects none. */
  #header(): Uint8Array {
    const { proxyProtocol } = this.#server;
    return proxyProtocol === 0 || this.#check.port !== null ? nothing : writeProxyHeader(proxyProtocol, "", 0, "", 0);
  }
}

const nothing = new Uint8Array(0);
const noHttp2 = "it does not speak HTTP/2, which gRPC needs (ALPN)";

/** Without a host of its own a check asks for the server by the name that the operator wrote. */
function withHost(check: CheckPlan, server: ServerPlan): CheckPlan {
  const host = server.address.kind === "unix" ? "localhost" : server.name;
  if (check.http?.host === "") return { ...check, http: { ...check.http, host } };
  return check.grpc?.host === "" ? { ...check, grpc: { ...check.grpc, host } } : check;
}
