// The terminal while `top` has it: another screen than the one with the shell's history, without a cursor, and keys as they are pressed.
// Frames are written over each other, so that nothing flickers. However it ends, by a signal too, the terminal is as it was.

import { constants } from "node:os";
import type { ReadStream, WriteStream } from "node:tty";
import { printableLines } from "../printable.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

const enter = "\x1b[?1049h\x1b[?25l\x1b[2J";
const leave = "\x1b[?25h\x1b[?1049l";
/** Without somebody who listens, a process ends by them on the spot. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #pressed: (key: string) => void;
  readonly #resized: () => void;
  #isOpen = false;

  constructor(input: ReadStream, output: WriteStream, pressed: (key: string) => void, resized: () => void) {
    this.#input = input;
    this.#output = output;
    this.#pressed = pressed;
    this.#resized = resized;
  }

  get size(): Size {
    return { width: this.#output.columns || 80, height: this.#output.rows || 24 };
  }

  open(): void {
    this.#isOpen = true;
    this.#output.write(enter);
    this.#output.on("resize", this.#resized);
    this.#input.setRawMode(true);
    this.#input.setEncoding("utf8");
    this.#input.on("data", this.#read);
    this.#input.resume();
    process.on("exit", this.close);
    for (const signal of endings) process.on(signal, this.#ended);
  }

  draw(lines: readonly string[]): void {
    if (this.#isOpen) this.#output.write(frameBytes(lines));
  }

  readonly close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off("exit", this.close);
    for (const signal of endings) process.off(signal, this.#ended);
    this.#output.off("resize", this.#resized);
    this.#input.off("data", this.#read);
    this.#input.setRawMode(false);
    this.#input.pause();
    this.#output.write(leave);
  };

  readonly #ended = (signal: NodeJS.Signals): void => {
    this.close();
    process.exit(128 + constants.signals[signal]);
  };

  readonly #read = (text: string | Buffer): void => {
    for (const key of keysOf(String(text))) this.#pressed(key);
  };
}

/** From the first line on, each cleared behind its end, and all below. */
export function frameBytes(lines: readonly string[]): string {
  return `\x1b[H${lines.map((line) => `${printableLines(line)}\x1b[K`).join("\r\n")}\x1b[J`;
}

const named: Readonly<Record<string, string>> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  "\x1b[5~": "pageup",
  "\x1b[6~": "pagedown",
  "\x1b[H": "home",
  "\x1b[F": "end",
  "\x1b[Z": "left",
  "\t": "right",
  "\x03": "quit",
  "\x1b": "quit",
  " ": "pause",
  q: "quit",
  k: "up",
  j: "down",
  l: "right",
  h: "left",
  g: "home",
  G: "end",
};

/** Several may come at once. What means nothing is left out. */
export function keysOf(text: string): string[] {
  const keys: string[] = [];
  for (const [part] of text.matchAll(/\x1b\[[0-9;]*[A-Za-z~]|\x1b|[\s\S]/gu)) {
    const key = Object.hasOwn(named, part) ? named[part]! : /^[0-9]$/.test(part) ? part : null;
    if (key !== null) keys.push(key);
  }
  return keys;
}
