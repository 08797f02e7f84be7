// `sluice top`: its options, as the command line reads them, and the terminal that it is given. It knows words and streams, not what comes
// of them (top.ts).

import { type Command, Option } from "commander";
import type { Writer } from "./check.ts";
import { paintOf } from "./paint.ts";
import { remoteCommand } from "./remotecommand.ts";
import { views } from "./top/frame.ts";
import { Screen, type Size } from "./top/screen.ts";
import { type TopOptions, type TopScreen, top } from "./top.ts";
import { endOfOutput, endWithReader } from "./writer.ts";

const pauseMs = 1000;
const hotKeysMs = 2000;

export function addTop(program: Command, terminal: Writer, ended: (code: number) => void): void {
  remoteCommand(program, "top", "watch traffic, servers, hot keys and outbound addresses, each second anew")
    .option("--once", "write one frame, and end")
    .addOption(new Option("--view <part>", "begin with this part").choices([...views]))
    .action(async (options: TopOptions) => {
      endWithReader();
      const isShown = process.stdout.isTTY === true && process.stdin.isTTY === true && options.json !== true;
      const code = await top(options, terminal, {
        paint: paintOf(process.stdout.isTTY === true, process.env),
        screen: isShown ? new OwnScreen() : null,
        pause: () => Bun.sleep(pauseMs),
        regularly: (work) => {
          const timer = setInterval(work, hotKeysMs);
          return () => clearInterval(timer);
        },
      });
      ended(code);
      await endOfOutput();
      // What is still listened to is of no use any more.
      process.exit(code);
    });
}

/** Of this process. */
class OwnScreen implements TopScreen {
  #screen: Screen | null = null;

  get size(): Size {
    return { width: process.stdout.columns || 80, height: process.stdout.rows || 24 };
  }

  open(pressed: (key: string) => void, resized: () => void): void {
    this.#screen = new Screen(process.stdin, process.stdout, pressed, resized);
    this.#screen.open();
  }

  draw(lines: readonly string[]): void {
    this.#screen?.draw(lines);
  }

  close(): void {
    this.#screen?.close();
  }
}
