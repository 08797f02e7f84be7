// A script that Redis runs: sent once, and then asked for by its name, which is its digest. Redis forgets scripts when it is started anew.

import { createHash } from "node:crypto";
import type { Connection } from "../../registry/connection.ts";
import { type Reply, ReplyError } from "../../registry/resp.ts";

export class Script {
  readonly #text: string;
  readonly #name: string;

  constructor(text: string) {
    this.#text = text;
    this.#name = createHash("sha1").update(text).digest("hex");
  }

  /** Rejects as Connection's `ask`. */
  async run(connection: Connection, keys: readonly string[], words: readonly (string | number)[]): Promise<Reply> {
    try {
      return await connection.ask("EVALSHA", this.#name, keys.length, ...keys, ...words);
    } catch (error) {
      if (!(error instanceof ReplyError) || error.code !== "NOSCRIPT") throw error;
      return connection.ask("EVAL", this.#text, keys.length, ...keys, ...words);
    }
  }
}
