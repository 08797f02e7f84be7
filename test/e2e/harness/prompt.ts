// A redis-cli that waits for commands, as a person has one open: a command costs no new process, so that what it does can be timed.

import { find } from "./program.ts";
import type { Redis } from "./redis.ts";
import type { Room } from "./room.ts";

/** redis-cli as a person uses it: one that waits for the next command. */
export class Prompt {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "ignore">;
  readonly #lines: AsyncIterator<string>;

  constructor(room: Room, redis: Redis) {
    this.#child = Bun.spawn([find("redis-cli")!, "-p", String(redis.port)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    this.#lines = linesOf(this.#child.stdout);
    room.ending(() => this.#child.kill());
  }

  async ask(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    await this.#child.stdin.flush();
    return (await this.#lines.next()).value as string;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let held = "";
  for await (const chunk of stream) {
    held += Buffer.from(chunk).toString();
    const lines = held.split("\n");
    held = lines.pop()!;
    yield* lines;
  }
}
