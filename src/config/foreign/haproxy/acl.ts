// Named ACLs of a proxy, and conditions made of them (configuration manual, 7.2). A name stands for all its lines in the proxy, those
// below its use among them, as in HAProxy; but it must have one above. Conditions become one expression, term by term in the order
// written, for terms may write to tables and what stands behind the first false one is not evaluated.

import { didYouMean } from "../../../base/nearest.ts";
import { quote } from "../../../base/reading.ts";
import { readTest } from "./acltest.ts";
import { type Code, every, no, not, some } from "./code.ts";
import { fault, heard, Objection } from "./objection.ts";
import type { Site } from "./sample.ts";
import { linePath, type Service, type Statement, type Word } from "./scene.ts";
import { warn } from "./tell.ts";

/** HAProxy's own (7.4). */
const predefined: Readonly<Record<string, string>> = {
  FALSE: "always_false",
  TRUE: "always_true",
  HTTP: "req.proto_http",
  "HTTP_1.0": "req.ver 1.0",
  "HTTP_1.1": "req.ver 1.1",
  "HTTP_2.0": "req.ver 2.0",
  HTTP_CONTENT: "req.hdr_val(content-length) gt 0",
  HTTP_URL_ABS: "url_reg ^[^/:]*://",
  HTTP_URL_SLASH: "url_beg /",
  HTTP_URL_STAR: "url *",
  LOCALHOST: "src 127.0.0.1/8 ::1",
  METH_CONNECT: "method CONNECT",
  METH_DELETE: "method DELETE",
  METH_GET: "method GET HEAD",
  METH_HEAD: "method HEAD",
  METH_OPTIONS: "method OPTIONS",
  METH_POST: "method POST",
  METH_PUT: "method PUT",
  METH_TRACE: "method TRACE",
  RDP_COOKIE: "req.rdp_cookie_cnt gt 0",
  REQ_CONTENT: "req.len gt 0",
  WAIT_END: "wait_end",
};

interface Named {
  readonly statements: Statement[];
  isUsed: boolean;
}

export class Acls {
  readonly #named = new Map<string, Named>();
  readonly #codes = new Map<string, Code | null>();

  constructor(site: Site, proxy: Service) {
    for (const statement of proxy.statements) {
      const { words } = statement;
      if (words[0]!.text !== "acl" || statement.prefix !== null) continue;
      heard(site.conversion.ledger, statement, () => {
        const name = words[1] ?? fault(words[0]!, "needs a name and a test");
        if (!/^[A-Za-z0-9_.:-]+$/.test(name.text))
          fault(name, `must be a name of letters, digits and _ - . :, not ${quote(name.text)}`);
        if (name.text === "or") fault(name, 'cannot be called "or", which is an operator');
        const named = this.#named.get(name.text) ?? { statements: [], isUsed: false };
        named.statements.push(statement);
        this.#named.set(name.text, named);
        site.conversion.ledger.keep(linePath(statement));
      });
    }
  }

  /** Reads what nothing uses too, so that what is wrong with it is told. */
  finish(site: Site): void {
    for (const [name, named] of this.#named) if (!named.isUsed) this.#codeOf(site, name, named);
  }

  /** `words`: what stands behind `if` or `unless`. */
  condition(site: Site, words: readonly Word[], keyword: Word): Code {
    if (words.length === 0) {
      warn(site.conversion.ledger, keyword, "has no condition behind it, which in HAProxy never holds");
      return no;
    }
    const suites: Code[] = [];
    let terms: Code[] = [];
    let isNegated = false;
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      let { text } = word;
      if ((text === "or" || text === "||") && !word.isQuoted) {
        if (terms.length > 0) suites.push(every(terms));
        terms = [];
        continue;
      }
      while (text.startsWith("!")) {
        isNegated = !isNegated;
        text = text.slice(1);
      }
      if (text === "") continue;
      let term: Code;
      if (text === "{") {
        const end = words.findIndex((one, index) => index > at && one.text === "}" && !one.isQuoted);
        if (end === -1) return fault(word, 'has no closing "}"');
        const empty = words.slice(at + 1, end).find((one) => one.text === "");
        if (empty !== undefined) return fault(empty, "is empty, which in braces HAProxy takes for the end of the line");
        term = readTest(site, words.slice(at + 1, end), word);
        at = end;
      } else term = this.#termOf(site, word, text);
      terms.push(isNegated ? not(term) : term);
      isNegated = false;
    }
    if (terms.length > 0) suites.push(every(terms));
    return some(suites);
  }

  #termOf(site: Site, word: Word, name: string): Code {
    const named = this.#named.get(name);
    const isAbove = named?.statements.some(({ line, isInherited }) => isInherited || line < word.line) ?? false;
    if (named === undefined || !isAbove) {
      const test = Object.hasOwn(predefined, name) ? predefined[name] : undefined;
      if (test !== undefined) return readTest(site, wordsLike(word, test), word);
      if (named !== undefined) return fault(word, `uses ACL ${quote(name)} above the line that defines it`);
      const isTest = /^(?:src|sc[0-9_]|hdr|path|url)/.test(name);
      const meant = didYouMean(name, [...this.#named.keys(), ...Object.keys(predefined)]);
      return fault(
        word,
        `is no ACL: ${quote(name)}${meant}${isTest && meant === "" ? "; a test stands in { braces }" : ""}`,
      );
    }
    const code = this.#codeOf(site, name, named);
    // The lines say what is wrong with them.
    if (code === null) throw new Objection("lose", word, `uses ACL ${name}, which is refused`);
    return code;
  }

  #codeOf(site: Site, name: string, named: Named): Code | null {
    named.isUsed = true;
    const key = `${site.isSent === true ? "sent" : site.stage} ${name}`;
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const codes = named.statements.map(({ words, ...statement }) =>
      heard(site.conversion.ledger, { ...statement, words }, () => readTest(site, words.slice(2), words[1]!)),
    );
    const code = codes.includes(null) ? null : some(codes.filter((one): one is Code => one !== null));
    this.#codes.set(key, code);
    return code;
  }
}

function wordsLike(word: Word, test: string): readonly Word[] {
  return test.split(" ").map((text) => ({ ...word, text, isQuoted: false }));
}
