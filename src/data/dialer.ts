// Connections to servers: TCP or a unix socket, then a tunnel through somebody else's proxy where there is one (hopping.ts), then the PROXY
// header, then TLS; one deadline for all of it.
// A raw connect that is under way cannot be aborted; a dial that has timed out is answered for at once, and its connection,
// should it still come, is closed. Until then it is a stray and keeps its descriptor, for as long as the kernel tries (two
// minutes). An address has only so many strays: else one server behind a firewall that drops what it gets would take all
// descriptors of a worker, and with them every other server.
// Connections from an address of ours are begun here (sourcesocket.ts) and given to the runtime while they are under way. Those can be
// aborted. The runtime tells `open` of them inside the call, whatever comes of them; then `drain` when they stand, before any byte, or
// `close` with what was in the way. test/runtime/giving.test.ts holds it to that.

import { isIP } from "node:net";
import type { Socket, SocketHandler, TCPSocketConnectOptions } from "bun";
import { assert } from "../base/assert.ts";
import { type Fault, type FaultCode, faultWith } from "../base/fault.ts";
import type { ServerPlan, ServerTlsPlan } from "../config/plan.ts";
import { isOurs, portsTaken, tooManyHang } from "../flow/egress/blame.ts";
import type { DialFlow } from "../flow/port.ts";
import { handshakeProblem } from "../health/probe/handshake.ts";
import { serverCell } from "../memory/tally.ts";
import { connectionsMax } from "./descriptors.ts";
import { complain, Dial, Strays } from "./dial.ts";
import type { Driver } from "./driver.ts";
import { Hopping } from "./hopping.ts";
import { PlainLine, plainHandlers } from "./plain.ts";
import { serverProblem } from "./secure/judge.ts";
import { SecureLine, secureHandlers, upgrade } from "./secure/line.ts";
import { codeOf, isStanding, type TlsError } from "./secure/reason.ts";
import { Records } from "./secure/records.ts";
import { Sessions } from "./secure/sessions.ts";
import { descriptorProblem, noteShortage } from "./shortage.ts";
import { sourceProblem, wayProblem } from "./sourcecheck.ts";
import { byRuntime, close, connectFrom } from "./sourcesocket.ts";

/** By then a server has let so many connects run out of time; when it answers again, strays end, and dials go out. */
export const straysMax = 256;
/** Of all targets of a forward proxy, whose clients name as many addresses as they like: a share of what a worker can have open. */
const targetStraysMax = Math.min(Math.max(straysMax, Math.floor(connectionsMax() / 4)), 16_384);

/** What the system says of an address that connections are to come from: it is not of this machine, or not of the right kind. */
const sourceErrors: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EINVAL", "EADDRINUSE", portsTaken]);

/** What Bun's connect carries until there is a line. */
type Carried = PlainLine | Dial;

export class Dialer {
  readonly #driver: Driver;
  readonly #handlers: SocketHandler<PlainLine>;
  /** Of sockets that are given to the runtime. */
  readonly #givenHandlers: SocketHandler<PlainLine>;
  readonly #secureHandlers: SocketHandler<PlainLine>;
  readonly #sessions = new Sessions();
  readonly #strays = new Strays();
  /** The runtime is called: what it tells now did not come from anybody. */
  #isCalling = false;

  constructor(driver: Driver) {
    this.#driver = driver;
    this.#handlers = {
      ...plainHandlers(driver, (socket) => this.#opened(socket)),
      connectError: (socket, error) => this.#failed(socket.data as Carried as Dial, error),
    };
    this.#givenHandlers = this.#given(plainHandlers(driver, () => {}));
    this.#secureHandlers = secureHandlers(
      driver,
      {
        opened: (socket) => this.#secured(socket),
        shaken: (line, isDone, error) => this.#shaken(line, isDone, error),
        resumable: (line, session) => this.#resumable(line, session),
        broken: (line, code) => this.#broken(line, code),
      },
      true,
    );
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number, preface: Uint8Array | null, isHttp1 = false): void {
    const { address, source } = server;
    const strayKey = address.kind === "unix" ? address.path : `${address.host} ${address.port}`;
    if (this.#strays.of(strayKey) >= straysMax || this.#strays.of(server.slot) >= targetStraysMax)
      return this.#tell(flow, faultWith("connect_timeout", tooManyHang));
    // The runtime would connect from any address rather than say so.
    if (source !== "" && address.kind === "tcp" && isIP(source) !== isIP(address.host))
      return this.#tell(flow, faultWith("source_unusable", `${source} is no address of the family of ${address.host}`));
    const dial = new Dial(this.#driver, server, flow, preface, this.#strays, strayKey);
    if (isHttp1) dial.isHttp1 = true;
    this.#driver.wheel.set(dial, this.#driver.nowMs + timeoutMs);
    if (source !== "" && address.kind === "tcp") {
      const descriptor = connectFrom(source, address.host, address.port);
      if (typeof descriptor === "string") return this.#prevented(dial, descriptor);
      if (descriptor !== byRuntime) return this.#give(dial, descriptor);
    }
    const common = { allowHalfOpen: true, data: dial as Carried as PlainLine, socket: this.#handlers };
    this.#isCalling = true;
    try {
      const connecting =
        address.kind === "unix"
          ? Bun.connect<PlainLine>({ unix: address.path, ...common })
          : // Bun's types leave localAddress out.
            Bun.connect<PlainLine>({
              hostname: address.host,
              port: address.port,
              ...(source === "" ? {} : { localAddress: source }),
              ...common,
            });
      // connectError has been told already, or comes with this: whichever is first answers.
      connecting.catch((error: unknown) => this.#failed(dial, error));
    } catch (error) {
      // An address that nothing can be dialed at, such as that of a name not resolved yet.
      this.#failed(dial, error);
    } finally {
      this.#isCalling = false;
    }
  }

  #give(dial: Dial, descriptor: number): void {
    // Bun's types leave fd out.
    const options = {
      fd: descriptor,
      allowHalfOpen: true,
      data: dial as Carried as PlainLine,
      socket: this.#givenHandlers,
    };
    try {
      Bun.connect<PlainLine>(options as unknown as TCPSocketConnectOptions<PlainLine>).catch(nothing);
    } catch {
      // As below.
    }
    if (dial.connecting !== null) return;
    // It was not taken, and is ours to close. The runtime does not say why: the system has no room for another one to be watched.
    close(descriptor);
    this.#refused(dial, "connect_refused", "ENOBUFS");
  }

  /** `common`, as lines have them; until there is a line the socket carries its dial. */
  #given(common: SocketHandler<PlainLine>): SocketHandler<PlainLine> {
    return {
      ...common,
      open: (socket) => {
        (socket.data as Carried as Dial).connecting = socket;
      },
      drain: (socket) => {
        if ((socket.data as Carried) instanceof Dial) this.#opened(socket);
        else common.drain!(socket);
      },
      close: (socket, error) => {
        const carried = socket.data as Carried;
        if (carried instanceof Dial) this.#failed(carried, error ?? "it was closed");
        else common.close!(socket, error);
      },
      connectError: nothing,
    };
  }

  #opened(socket: Socket<PlainLine>): void {
    const dial = socket.data as Carried as Dial;
    const line = new PlainLine(socket, this.#driver);
    socket.data = line;
    dial.connecting = null;
    dial.settle();
    if (dial.flow === null) return line.destroy();
    const { hop } = dial.server;
    if (hop === undefined) this.#stands(dial, line, socket);
    else if (hop.tls === undefined) this.#hop(dial, line, socket);
    else this.#secure(dial, line, socket, hop.tls);
  }

  /** Ask the proxy for a tunnel. `socket`: null where TLS with the server cannot follow. */
  #hop(dial: Dial, line: PlainLine, socket: Socket<PlainLine> | null): void {
    dial.hopping = new Hopping(line, dial.server.hop!, {
      tunneled: (rest) => this.#tunneled(dial, line, socket, rest),
      untunneled: (what) => this.#untunneled(dial, what),
    });
    dial.hopping.begin();
  }

  #tunneled(dial: Dial, line: PlainLine, socket: Socket<PlainLine> | null, rest: Uint8Array | null): void {
    dial.hopping = null;
    line.flow = null;
    if (dial.flow === null) return line.destroy();
    // A server says nothing before our ClientHello, and what it has said could not be given to the runtime's TLS.
    if (dial.server.tls !== null && (rest !== null || socket === null)) {
      line.reset();
      const why = socket === null ? "there is no TLS inside of TLS" : "the server spoke before the TLS handshake";
      return this.#refused(dial, "tls_refused", why);
    }
    this.#stands(dial, line, socket);
    if (rest !== null) hand(line, rest);
  }

  #untunneled(dial: Dial, what: Fault): void {
    dial.hopping = null;
    this.#refused(dial, what.code, what.detail);
  }

  /** From here to the server there is nobody between. */
  #stands(dial: Dial, line: PlainLine, socket: Socket<PlainLine> | null): void {
    if (dial.preface !== null) line.send(dial.preface, 0, dial.preface.length);
    if (dial.server.tls === null || socket === null) return this.#connected(dial, line);
    this.#secure(dial, line, socket, dial.server.tls);
  }

  #secure(dial: Dial, line: PlainLine, socket: Socket<PlainLine>, tls: ServerTlsPlan): void {
    const terms = this.#driver.terms.ofServer(tls);
    assert(terms !== undefined, "a server's TLS was made ready with its plan");
    // A new socket takes a header at once, or its peer is gone.
    if (line.heldBytes > 0) {
      line.reset();
      return this.#refused(dial, "connect_refused", "the PROXY header was not taken");
    }
    dial.terms = terms;
    dial.records = new Records(this.#driver);
    line.flow = dial.records;
    upgrade(socket, dial.isHttp1 ? terms.upgradeHttp1 : terms.upgrade, this.#secureHandlers, dial);
  }

  #connected(dial: Dial, line: PlainLine): void {
    const flow = dial.flow!;
    dial.flow = null;
    this.#driver.wheel.remove(dial);
    line.flow = flow;
    this.#driver.refresh();
    flow.connected(line);
  }

  // ---- TLS ----

  /** Inside `upgrade`: the ClientHello has not been sent. */
  #secured(socket: Socket<PlainLine>): void {
    const dial = socket.data as Carried as Dial;
    const line = new SecureLine(socket, this.#driver, dial.records, dial.server);
    socket.data = line;
    line.flow = dial;
    dial.line = line;
    const session = this.#sessions.find(dial.server.id, dial.terms!.key);
    if (session !== undefined) socket.setSession(session);
    dial.socket = socket;
  }

  #shaken(line: SecureLine, isDone: boolean, error: TlsError | null | undefined): void {
    const dial = line.flow;
    // Its time has run out meanwhile.
    if (!(dial instanceof Dial) || dial.flow === null) return;
    const stands = isStanding(isDone, error);
    const problem = stands
      ? serverProblem(dial.socket!, dial.terms!.plan, error, this.#driver.wallMs)
      : handshakeProblem(codeOf(error));
    if (problem === null) {
      if (dial.server.hop?.tls !== undefined) return this.#hop(dial, line, null);
      if (dial.server.isHttp2) line.alpn = dial.socket!.alpnProtocol || "";
      return this.#connected(dial, line);
    }
    this.#sessions.drop(dial.server.id);
    line.flow = null;
    if (stands) line.destroy();
    dial.fail(problem);
  }

  #resumable(line: SecureLine, session: Buffer): void {
    const { server } = line;
    // Before the handshake has been judged, or when it was refused, there is nothing to keep.
    if (server === null || server.tls === null || line.flow instanceof Dial || line.flow === null) return;
    const terms = this.#driver.terms.ofServer(server.tls);
    if (terms !== undefined) this.#sessions.keep(server.id, terms.key, session);
  }

  /** In TLS 1.3 a server judges the client's certificate after the handshake, as we see it, is done. */
  #broken({ server }: SecureLine, code: string): void {
    if (server === null) return;
    // Its flow is told of a connection that has closed, and does not know that TLS was to blame.
    const tally = this.#driver.context?.tally;
    if (tally !== undefined) tally.cells[tally.serverRow(server.slot) + serverCell.handshakeFailures]!++;
    complain(this.#driver, server, handshakeProblem(code));
  }

  // ---- what comes of it ----

  #failed(dial: Dial, error: unknown): void {
    const reason = reasonOf(error);
    // The runtime calls it so when there is no descriptor for a socket, too.
    if (reason === "ECONNREFUSED" && this.#isCalling) return this.#prevented(dial, descriptorProblem() || reason);
    if (reason !== "EADDRNOTAVAIL") return this.#prevented(dial, reason);
    if (dial.isChecked) return;
    dial.isChecked = true;
    const { source, address } = dial.server;
    if (source !== "") void sourceProblem(source).then((problem) => this.#refused(dial, "source_unusable", problem));
    else if (address.kind === "tcp")
      void wayProblem(address.host).then((problem) => this.#refused(dial, "connect_refused", problem));
  }

  #prevented(dial: Dial, reason: string): void {
    const isSource = dial.server.source !== "" && sourceErrors.has(reason);
    this.#refused(dial, isSource ? "source_unusable" : "connect_refused", reason);
  }

  #refused(dial: Dial, code: FaultCode, reason: string): void {
    dial.settle();
    const { flow } = dial;
    if (flow === null) return;
    dial.flow = null;
    this.#driver.wheel.remove(dial);
    const why = faultWith(code, reason);
    if (isOurs(why)) noteShortage(this.#driver, reason);
    this.#tell(flow, why);
  }

  /** Never inside the call that dialed. */
  #tell(flow: DialFlow, why: Fault): void {
    queueMicrotask(() => {
      try {
        this.#driver.refresh();
        flow.refused(why);
      } catch (failure) {
        // Nothing stands between a microtask and the end of the process.
        this.#driver.failed(failure as Error);
      }
    });
  }
}

/** To whom it is connected now, unless that has let go of it. */
function hand({ flow }: PlainLine, bytes: Uint8Array): void {
  flow?.received(bytes);
}

function nothing(): void {}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}
