// One connection to a socket of HAProxy's runtime API, without the socket: lines come, answers go. A line is one command or several with `;`
// between them; what stands behind a backslash is a character like others. Without a prompt the session ends when what has come is answered,
// with one it goes on until `quit`. Commands are answered one after the other. Whoever asks is not trusted: nothing that comes throws, and
// what no tool of HAProxy's sends, but a browser that was led here, ends the session.

import { type Answer, type Command, denied, isAllowed, type Level } from "./command.ts";
import { helpOf, unknownOf } from "./help.ts";

export interface SessionOptions {
  readonly level: Level;
  /** By their words, the longer ones first. */
  readonly commands: readonly Command[];
  readonly actor: string;
  /** Resolves when more may be written; false: nobody is there any more, which an empty text asks for. */
  readonly write: (text: string) => Promise<boolean>;
  /** An answer failed in a way that nobody foresaw. */
  readonly failed: (error: Error) => void;
}

/** As long as a line may be in HAProxy, where a buffer has to hold it. */
const lineMax = 16_384;
const prompt = "> ";
/**
 * What a browser sends where a page of anybody's makes it ask an address of this machine, and no command: the line that begins a request
 * over HTTP, a line of its header, bytes of TLS. What stands behind it is the page's.
 */
const foreign: readonly RegExp[] = [/^\S+ \S* HTTP\/\d/i, /^[A-Za-z0-9-]+:(?:\s|$)/, /[\0-\x08\x0b-\x1f\x7f]/];

export class Session {
  readonly #options: SessionOptions;
  #level: Level;
  #isInteractive = false;
  #isOver = false;
  #rest = "";

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#level = options.level;
  }

  /** True: the connection is to be closed, and what comes still is not looked at. To be called again only when it has resolved. */
  async received(text: string): Promise<boolean> {
    if (!this.#isOver) this.#isOver = await this.#isLast(text);
    return this.#isOver;
  }

  async #isLast(text: string): Promise<boolean> {
    this.#rest += text;
    let hasAnswered = false;
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end === -1) break;
      const line = this.#rest.slice(0, end).replace(/\r$/, "");
      this.#rest = this.#rest.slice(end + 1);
      await this.#line(line);
      hasAnswered = true;
      if (this.#isOver) return true;
    }
    if (this.#rest.length > lineMax) {
      await this.#options.write("The command is too long.\n\n");
      return true;
    }
    return hasAnswered && !this.#isInteractive;
  }

  async #line(line: string): Promise<void> {
    if (foreign.some((each) => each.test(line))) {
      this.#isOver = true;
      return;
    }
    for (const words of commandsIn(line)) {
      await this.#command(words);
      if (this.#isOver) return;
    }
  }

  async #command(words: readonly string[]): Promise<void> {
    if (words[0] === "quit") {
      this.#isOver = true;
      return;
    }
    const { failed } = this.#options;
    try {
      const answer = await this.#answer(words);
      if (typeof answer === "string") await this.#write(answer);
      else
        for await (const part of answer) {
          await this.#write(part);
          if (this.#isOver) return;
        }
    } catch (error) {
      failed(error as Error);
      await this.#write("It failed; the log says how.\n");
    }
    await this.#write(this.#isInteractive ? `\n${prompt}` : words[0] === "prompt" ? "" : "\n");
  }

  async #write(text: string): Promise<void> {
    if (!this.#isOver && !(await this.#options.write(text))) this.#isOver = true;
  }

  #answer(words: readonly string[]): Answer | Promise<Answer> {
    const { commands, actor } = this.#options;
    switch (words[0]) {
      case "prompt":
        this.#isInteractive = !this.#isInteractive;
        return "";
      case "help":
        return helpOf(commands, words.slice(1));
      case "operator":
      case "user":
        if (!isAllowed(this.#level, words[0])) return denied;
        this.#level = words[0];
        return "";
    }
    if (words[0] === "show" && words[1] === "cli" && words[2] === "level") return `${this.#level}\n`;
    const typed = words.join(" ");
    const found = commands.find(({ name }) => typed === name || typed.startsWith(`${name} `));
    if (found === undefined) return unknownOf(commands, words);
    return isAllowed(this.#level, found.level) ? found.answer({ words, level: this.#level, actor }) : denied;
  }
}

/** Words of each command. A word is never empty, but the one of a line that has none. */
export function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  let word = "";
  const end = (): void => {
    if (word !== "") commands.at(-1)!.push(word);
    word = "";
  };
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    // A byte of a key, as `show table` writes it, is read as it stands.
    if (letter === "\\" && !/^\\x[0-9a-fA-F]{2}/.test(line.slice(at, at + 4))) word += line[++at] ?? "";
    else if (letter === ";") {
      end();
      commands.push([]);
    } else if (letter === " " || letter === "\t") end();
    else word += letter;
  }
  end();
  return commands.map((words) => (words.length === 0 ? [""] : words));
}
