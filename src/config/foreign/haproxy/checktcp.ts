// `option tcp-check` with tcp-check lines: a conversation. Ours says all that is to be said at once and waits for all that is expected,
// in its order, which comes to the same with servers that answer line by line.

import type { Ledger } from "../ledger.ts";
import { type Asked, escaped, literal } from "./checkkinds.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { readCount } from "./tell.ts";

export function tcpCheck(ledger: Ledger, rules: readonly Statement[]): Asked {
  const reader = new ConversationReader(ledger);
  for (const rule of rules) reader.read(rule);
  return reader.end();
}

class ConversationReader {
  readonly #ledger: Ledger;
  #sent = "";
  readonly #expected: string[] = [];
  #port: number | null = null;
  #isOverTls = false;
  #connects = 0;
  /** Something was said after something had been waited for. */
  #turn: Statement | null = null;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  read(rule: Statement): void {
    const [, kind, ...rest] = rule.words as [Word, Word | undefined, ...Word[]];
    const value = rest[0];
    switch (kind?.text) {
      case "connect":
        return this.#connect(rule, rest);
      case "send":
      case "send-binary":
        if (value === undefined) return this.#ledger.fault(linePath(rule), "needs what is to be sent");
        if (this.#expected.length > 0) this.#turn ??= rule;
        this.#sent += kind.text === "send" ? value.text : this.#binary(value);
        return;
      case "expect":
        return this.#expect(rule, rest);
      case "comment":
        return;
      case undefined:
        return this.#ledger.fault(linePath(rule), "needs connect, send or expect");
      default:
        return this.#ledger.refuse(pathOf(kind!), "a check here is what is sent and what is expected");
    }
  }

  end(): Asked {
    if (this.#turn !== null)
      this.#ledger.approximate(
        linePath(this.#turn),
        "all that is to be sent is sent at once, and then all that is expected is waited for",
      );
    return {
      tcp: true,
      ...(this.#isOverTls ? { tls: true } : {}),
      ...(this.#port === null ? {} : { port: this.#port }),
      ...(this.#sent === "" ? {} : { send: escaped(this.#sent) }),
      ...(this.#expected.length === 0 ? {} : { receive: { pattern: this.#expected.join("[\\x00-\\xff]*") } }),
    };
  }

  #connect(rule: Statement, words: readonly Word[]): void {
    if (this.#connects++ > 0) return this.#ledger.refuse(linePath(rule), "a check here is one connection");
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      if (word.text === "port") this.#port = readCount(this.#ledger, words[++at], 1, 65_535);
      else if (word.text === "ssl") this.#isOverTls = true;
      else if (word.text === "default" || word.text === "linger") continue;
      else if (word.text === "send-proxy" || word.text === "sni" || word.text === "alpn" || word.text === "comment") {
        this.#ledger.approximate(pathOf(word), "a check connects as traffic does");
        if (word.text !== "send-proxy") at++;
      } else this.#ledger.refuse(pathOf(word), "a check goes to the server's own address, at its port or another");
    }
  }

  #binary(word: Word): string {
    if (/^(?:[0-9a-f]{2})+$/i.test(word.text)) return Buffer.from(word.text, "hex").toString("latin1");
    this.#ledger.fault(pathOf(word), "must be bytes in hexadecimal digits");
    return "";
  }

  #expect(rule: Statement, words: readonly Word[]): void {
    let at = 0;
    while (/^(?:min-recv|comment|(?:ok|error|tout)-status|on-(?:success|error))$/.test(words[at]?.text ?? "")) at += 2;
    const [kind, pattern] = words.slice(at) as [Word | undefined, Word | undefined];
    if (kind === undefined || pattern === undefined)
      return this.#ledger.fault(linePath(rule), 'needs a kind and a pattern, as in "tcp-check expect string +PONG"');
    if (kind.text === "string") this.#expected.push(literal(pattern.text));
    else if (kind.text === "rstring") this.#expected.push(`(?:${pattern.text})`);
    else if (kind.text === "binary") this.#expected.push(literal(this.#binary(pattern)));
    else if (kind.text === "!")
      this.#ledger.refuse(pathOf(kind), "that something is missing cannot be told before the answer has ended");
    else this.#ledger.refuse(pathOf(kind), "an answer is judged by string, rstring or binary");
  }
}
