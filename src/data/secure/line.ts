// A connection over TLS as flows see it: a plain line on a socket that was upgraded, but for four things. `end()` of such a
// socket waits for the peer's FIN, for ever, and cannot be hurried, so it is only said after `shutdown()`, when it closes at once.
// An error is not always ours: what BoringSSL cannot make sense of is told as one. A FIN may be anybody's: where it
// matters, the records that came tell whether the peer has ended (records.ts); what ends otherwise is told as a reset. And a
// close_notify that came in one read with content is told at once though the flow has paused the line at that content: it is
// kept until the line is resumed.

import type { Socket, SocketHandler } from "bun";
import type { ServerPlan } from "../../config/plan.ts";
import type { Driver } from "../driver.ts";
import { type LineDriver, PlainLine, plainHandlers } from "../plain.ts";
import { codeOf, type TlsError } from "./reason.ts";
import type { Records } from "./records.ts";

export class SecureLine extends PlainLine {
  /** Null where content says by itself where it ends: requests do (RFC 9112 6.3). */
  readonly records: Records | null;
  /** Whose connection it is, when we have dialed it. */
  readonly server: ServerPlan | null;
  /** To a server that is asked by HTTP/2: what was agreed on by ALPN; "" before, and for nothing. */
  alpn = "";
  /** Tells the peer's end, which has come while the line was paused. */
  #end: (() => void) | null = null;

  constructor(socket: Socket<PlainLine>, driver: LineDriver, records: Records | null, server: ServerPlan | null) {
    // What is sent past the runtime is sent past TLS.
    super(socket, driver, null);
    this.records = records;
    this.server = server;
  }

  override get isLost(): boolean {
    return super.isLost || (this.records !== null && !this.records.isClosed);
  }

  override resume(): void {
    super.resume();
    // Never inside the call of a flow.
    if (this.#end !== null) queueMicrotask(() => this.#endIfResumed());
  }

  /** `end`: what is to be called when the line has been resumed. */
  endLater(end: () => void): void {
    this.#end = end;
  }

  #endIfResumed(): void {
    const end = this.#end;
    if (end === null || this.isPaused) return;
    this.#end = null;
    end();
  }

  /** close_notify and FIN; RST when something is unread. */
  protected override close(socket: Socket<PlainLine>): void {
    socket.shutdown();
    socket.end();
  }
}

/** What a side does beside carrying bytes. */
export interface SecureSide {
  /** Makes the line; inside upgradeTLS. */
  opened(socket: Socket<PlainLine>): void;
  /** The handshake is over. `error` may be there when it has succeeded: of a certificate that did not pass. */
  shaken(line: SecureLine, isDone: boolean, error: TlsError | null | undefined): void;
  /** Side of listeners: the client asks for a name. A context to go on with, an error to refuse, undefined for the first. */
  named?(line: SecureLine, name: string): object | undefined;
  /** Side of servers: a session that can be resumed later. */
  resumable?(line: SecureLine, session: Buffer): void;
  /** The connection, which stood, has broken in TLS. */
  broken?(line: SecureLine, code: string): void;
}

/** The handlers of upgradeTLS that Bun's types do not know. */
interface UpgradeHandlers {
  handshake(socket: Socket<PlainLine>, isDone: boolean, error: TlsError | null | undefined): void;
  serverName?(data: unknown, name: string, socket: Socket<PlainLine>): object | undefined;
  session?(socket: Socket<PlainLine>, session: Buffer): void;
}

/** `isWatched`: lines may have records. */
export function secureHandlers(driver: Driver, side: SecureSide, isWatched: boolean): SocketHandler<PlainLine> {
  const plain = plainHandlers(driver, (socket) => side.opened(socket));
  const handlers: SocketHandler<PlainLine> & UpgradeHandlers = {
    ...plain,
    handshake(socket, isDone, error) {
      driver.refresh();
      side.shaken(socket.data as SecureLine, isDone, error);
    },
    end(socket) {
      const line = socket.data as SecureLine;
      if (line.flow === null || !line.isPaused) return plain.end!(socket);
      line.endLater(() => {
        try {
          plain.end!(socket);
        } catch (failure) {
          // Nothing stands between a microtask and the end of the process.
          plain.error!(socket, failure as Error);
        }
      });
    },
    error(socket, error: Error & { code?: string }) {
      if (error.code !== "EPROTO") return plain.error!(socket, error);
      const line = socket.data as SecureLine;
      const flow = line.release();
      socket.terminate();
      driver.refresh();
      side.broken?.(line, codeOf(error));
      flow?.closed(true);
    },
  };
  if (side.named !== undefined) handlers.serverName = (_, name, socket) => side.named!(socket.data as SecureLine, name);
  if (side.resumable !== undefined)
    handlers.session = (socket, session) => side.resumable!(socket.data as SecureLine, session);
  if (isWatched) {
    handlers.data = (socket, bytes) => {
      (socket.data as SecureLine).records?.told(bytes.length);
      plain.data!(socket, bytes);
    };
  }
  return handlers;
}

/** What upgradeTLS takes and gives, which Bun's types do not tell. */
interface Upgradable {
  upgradeTLS(options: object): [raw: Socket<PlainLine>, secure: Socket<PlainLine>];
}

/** From now on `socket` tells nothing; `data` is what the handlers' `opened` finds. Answers the raw side. */
export function upgrade(
  socket: Socket<PlainLine>,
  terms: { readonly isServer: boolean },
  handlers: SocketHandler<PlainLine>,
  data: object,
): Socket<PlainLine> {
  if (socket.data instanceof PlainLine) socket.data.handOver();
  const options = { data, tls: terms, isServer: terms.isServer, socket: handlers };
  return (socket as unknown as Upgradable).upgradeTLS(options)[0];
}
