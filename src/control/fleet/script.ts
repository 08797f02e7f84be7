// A script that Redis runs, in whatever words of its own. It is asked for by its name, which is its digest, for that is 40 bytes instead
// of thousands each time; and sent where Redis does not know it: at first, and after each start of Redis, which forgets them. It knows
// nothing of what scripts do.

import { createHash } from "node:crypto";
import type { Connection } from "../../redis/connection.ts";
import { type Reply, ReplyError } from "../../redis/resp.ts";

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
