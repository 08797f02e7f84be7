// `cookie NAME insert` and `cookie NAME prefix` as a sticky cookie. What names a server in it is the word of its line, so that clients keep
// the cookies that they have; a dynamic one is a hash of ours. A cookie that servers set, and HAProxy rewrites or only reads, keeps its
// value: ours has another name. Attributes that a cookie of ours does not have are told.
// HAProxy's manual, 4.2, cookie.

import { formatDuration } from "../../../base/duration.ts";
import type { StickyInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { readTime } from "./duration.ts";
import { pathOf, type Statement, type Word } from "./scene.ts";
import type { ServerLine } from "./server.ts";
import type { Settings } from "./settings.ts";
import { warn } from "./tell.ts";

const words =
  "insert rewrite prefix indirect nocache postonly preserve httponly secure dynamic domain maxidle maxlife attr".split(
    " ",
  );

/** Null when there is none; then servers' cookie words do nothing. */
export function cookieOf(ledger: Ledger, settings: Settings): StickyInput | null {
  const statement = settings.last("cookie");
  const name = statement?.words[1];
  if (statement === undefined) return null;
  if (name === undefined) {
    ledger.fault(pathOf(statement.words[0]!), "needs the name of a cookie");
    return null;
  }
  if (settings.proxy.mode === "tcp") {
    warn(ledger, name, "is for mode http, and does nothing here, as in HAProxy");
    return null;
  }
  const isSaid = (text: string): boolean => statement.words.some((word, at) => at > 1 && word.text === text);
  const isPrefix = isSaid("prefix");
  const isOfApplication = !isPrefix && !isSaid("insert");
  const sticky: StickyInput = isPrefix
    ? { cookie: name.text, prefix: true }
    : { cookie: isOfApplication ? `${name.text}.server` : name.text, httpOnly: false };
  if (isOfApplication)
    ledger.approximate(
      pathOf(name),
      `the cookie is one of Sluice's, ${sticky.cookie}, in the answer to every request; what servers set as ${name.text} stays as it is`,
    );
  const reader = new CookieReader(ledger, sticky);
  reader.read(statement);
  return sticky;
}

/** What names the server in a cookie; null: nothing that is said, or nothing that can stand in one of ours. */
export function cookieWordOf(ledger: Ledger, { options }: ServerLine): string | null {
  const word = options.value("cookie");
  if (word === null) return null;
  if (/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7b\x7d]{1,64}$/.test(word.text)) return word.text;
  ledger.approximate(
    pathOf(word),
    "a hash names the server: a cookie's word has 64 characters at most, without | and ~",
  );
  return null;
}

class CookieReader {
  readonly #ledger: Ledger;
  readonly #sticky: StickyInput;

  constructor(ledger: Ledger, sticky: StickyInput) {
    this.#ledger = ledger;
    this.#sticky = sticky;
  }

  read({ words: all }: Statement): void {
    const name = all[1]!;
    let isDynamic = false;
    for (let at = 2; at < all.length; at++) {
      const word = all[at]!;
      if (word.text === "dynamic") isDynamic = true;
      else if (word.text === "insert" || word.text === "prefix") continue;
      else if (["domain", "maxidle", "maxlife", "attr"].includes(word.text)) this.#valued(word, all[++at]);
      else this.#flag(word);
    }
    if (isDynamic)
      this.#ledger.note(pathOf(name), "clients get a new cookie once: the value that names a server is Sluice's own");
  }

  #flag(word: Word): void {
    const differs = (message: string): void => this.#ledger.approximate(pathOf(word), message);
    switch (word.text) {
      case "httponly":
        this.#sticky.httpOnly = true;
        return;
      case "secure":
        this.#sticky.secure = true;
        return;
      case "indirect":
        return differs("the server sees the cookie too; it may pass over it");
      case "nocache":
        return differs("an answer that sets the cookie is not marked for caches: let servers send Cache-Control");
      case "rewrite":
        return;
      case "postonly":
        return differs("the cookie is set in the answer to every request, not to POST only");
      case "preserve":
        return differs("a cookie that the server sets itself is not looked at");
      default:
        this.#ledger.fault(pathOf(word), `is no word of cookie; known are ${words.join(", ")}`);
    }
  }

  #valued(word: Word, value: Word | undefined): void {
    if (value === undefined) return this.#ledger.fault(pathOf(word), "needs a value behind it");
    const sameSite = /^SameSite=(Strict|Lax|None)$/i.exec(value.text)?.[1]?.toLowerCase();
    if (word.text === "domain")
      this.#ledger.approximate(pathOf(value), "the cookie is for the host that was asked, not for a whole domain");
    else if (word.text === "attr" && sameSite !== undefined)
      this.#sticky.sameSite = sameSite === "strict" ? "Strict" : sameSite === "lax" ? "Lax" : "None";
    else if (word.text === "attr") this.#ledger.approximate(pathOf(value), "the attribute is left out");
    else {
      const ms = readTime(this.#ledger, value, "s", 3650 * 86_400_000);
      if (ms !== null && ms > 0) this.#sticky.maxAge = formatDuration(Math.max(ms, 1000));
      this.#ledger.approximate(
        pathOf(word),
        "the browser keeps the cookie so long after it was set, and no date is written in it",
      );
    }
  }
}
