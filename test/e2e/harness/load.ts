// A steady load: a few keep-alive connections that ask again as soon as they are answered, and count. A connection that Sluice
// closes in peace, between two answers, is opened anew, as any client would; anything else is an error with its reason.

import type { Socket } from "bun";

export interface LoadOptions {
  readonly connections?: number;
  readonly target?: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** Statuses that are no error. */
  readonly accepted?: readonly number[];
  /** Over TLS, whoever the server is. */
  readonly isSecure?: boolean;
}

interface Lane {
  held: Buffer;
  isAsking: boolean;
  /** Sluice has said that it will close. */
  isLast: boolean;
}

export class Load {
  answered = 0;
  /** Connections so far. */
  opened = 0;
  readonly errors: string[] = [];
  readonly byBody: Map<string, number> = new Map();
  readonly #port: number;
  readonly #request: string;
  readonly #accepted: readonly number[];
  readonly #isSecure: boolean;
  readonly #lanes: Promise<void>[];
  #isStopping = false;

  constructor(port: number, options: LoadOptions = {}) {
    this.#port = port;
    const fields = Object.entries(options.fields ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#request = `GET ${options.target ?? "/"} HTTP/1.1\r\nHost: load\r\n${fields.join("")}\r\n`;
    this.#accepted = options.accepted ?? [200];
    this.#isSecure = options.isSecure ?? false;
    this.#lanes = Array.from({ length: options.connections ?? 8 }, () => this.#lane());
  }

  /** Ends after the answers under way; resolves when all have come. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
  }

  async #lane(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#connection();
      } catch (error) {
        this.errors.push((error as Error).message);
        await Bun.sleep(5);
      }
    }
  }

  /** One connection's life; rejects when it ends in the middle of an exchange. */
  #connection(): Promise<void> {
    return new Promise((resolve, reject) => {
      Bun.connect<Lane>({
        hostname: "127.0.0.1",
        port: this.#port,
        ...(this.#isSecure ? { tls: { rejectUnauthorized: false } } : {}),
        data: { held: Buffer.alloc(0), isAsking: false, isLast: false },
        socket: {
          open: (socket) => {
            this.opened++;
            this.#ask(socket);
          },
          data: (socket, bytes) => {
            socket.data.held = Buffer.concat([socket.data.held, bytes]);
            if (!this.#take(socket.data)) return;
            if (socket.data.isLast) socket.end();
            else this.#ask(socket);
          },
          close: ({ data: { isAsking, held } }) => {
            if (isAsking && held.length > 0) reject(new Error(`cut off after ${held.length} bytes`));
            else if (isAsking) reject(new Error("closed without an answer"));
            else resolve();
          },
          error: (_, error) => reject(error),
          connectError: (_, error) => reject(error),
        },
      }).catch(reject);
    });
  }

  #ask(socket: Socket<Lane>): void {
    if (this.#isStopping) {
      socket.end();
      return;
    }
    socket.data.isAsking = true;
    socket.write(this.#request);
  }

  /** Whether a whole answer was there. */
  #take(lane: Lane): boolean {
    const end = lane.held.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const head = lane.held.subarray(0, end).toString("latin1");
    const size = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (lane.held.length < end + 4 + size) return false;
    const body = lane.held.subarray(end + 4, end + 4 + size).toString();
    lane.held = lane.held.subarray(end + 4 + size);
    lane.isAsking = false;
    lane.isLast = /\r\nconnection: close/i.test(head);
    const status = Number(head.slice(9, 12));
    if (this.#accepted.includes(status)) this.answered++;
    else this.errors.push(`${status} ${body.trim()}`);
    this.byBody.set(body, (this.byBody.get(body) ?? 0) + 1);
    return true;
  }
}
