// TLS sessions with servers, the newest of each: a connection that resumes one costs a server a tenth of a full handshake, and
// us the look at its certificate. A session is only good under the terms that it began with.

interface Kept {
  readonly key: string;
  readonly session: Buffer;
}

/** More servers than a plan may have. */
const sessionsMax = 4096;

export class Sessions {
  readonly #kept = new Map<string, Kept>();

  keep(server: string, key: string, session: Buffer): void {
    if (this.#kept.size >= sessionsMax && !this.#kept.has(server)) this.#kept.clear();
    this.#kept.set(server, { key, session });
  }

  find(server: string, key: string): Buffer | undefined {
    const kept = this.#kept.get(server);
    return kept?.key === key ? kept.session : undefined;
  }

  /** The server would not have it, or may not have it any more. */
  drop(server: string): void {
    this.#kept.delete(server);
  }
}
