// Captures: `capture request header`, `declare capture`, `http-request capture`. In HAProxy they are slots, by number, whose texts stand
// in the log and can be asked for later (capture.req.hdr(0)). A slot becomes a variable where some rule asks for one, or the log; but for
// a field of the request, which the log reads itself (loglayout.ts).

import { quote } from "../../../base/reading.ts";
import { index, method, number, primary, text } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import { fault, heard, refuse } from "./objection.ts";
import type { RuleLine } from "./ruleline.ts";
import { nameIn, type Site } from "./sample.ts";
import { type Conversion, linePath, type Service, type Statement, type Word } from "./scene.ts";

export interface Slot {
  readonly id: number;
  readonly length: number;
}

type Side = "req" | "res";

const unlogged = "no line of the access log has it";
const isCookie = "cookies are not captured";

/** The slots of a proxy, numbered as HAProxy numbers them: in the order of the file, each side by itself. */
export class Captures {
  readonly #slots: Record<Side, Slot[]> = { req: [], res: [] };
  /** Rules that fill those of fields, in front of all others. */
  readonly request: RuleDraft[] = [];
  readonly response: RuleDraft[] = [];
  /** By a rule. */
  readonly #isAsked: boolean;
  readonly #isLogged: boolean;

  constructor(site: Site, proxy: Service) {
    this.#isAsked = isAsked(site.conversion);
    this.#isLogged = site.conversion.isCaptureLogged(proxy);
    for (const statement of proxy.statements)
      heard(site.conversion.ledger, statement, () => this.#read(site, statement));
  }

  /** For `http-request capture`: the slot that it names, or a new one. Null when nobody asks for it. */
  slot(line: RuleLine, id: number | null, length: number): Slot | null {
    const slots = this.#slots[line.site.stage === "response" ? "res" : "req"];
    let slot: Slot | undefined;
    if (id === null) {
      slot = { id: slots.length, length };
      slots.push(slot);
    } else {
      slot = slots[id];
      // Which frontend a request came by is not known there, nor what slots it has.
      if (line.site.proxy.kind === "backend" && this.#isAsked)
        return refuse(line.last, "is a slot of a frontend, to which the rules of a backend do not write here");
      if (line.site.proxy.kind !== "backend" && slot === undefined)
        return fault(line.last, `names slot ${id}, which is not declared`);
    }
    return (this.#isAsked || this.#isLogged) && slot !== undefined ? slot : line.differs(unlogged);
  }

  #read(site: Site, { words, prefix, ...statement }: Statement): void {
    const [first, second, third] = words;
    if (prefix !== null || (first!.text !== "capture" && first!.text !== "declare")) return;
    const whole: Statement = { words, prefix, ...statement };
    const { ledger } = site.conversion;
    if (first!.text === "declare") {
      if (second?.text !== "capture")
        return fault(second ?? first!, "must be declare capture request len N, or response");
      const side = this.#side(third ?? second);
      this.#slots[side].push({ id: this.#slots[side].length, length: lengthOf(words, 3) });
      return ledger.keep(linePath(whole));
    }
    if (second?.text === "cookie") return ledger.approximate(linePath(whole), isCookie);
    const side = this.#side(second ?? first!);
    if (third?.text !== "header")
      return fault(third ?? second!, "must be capture request header NAME len N, or response");
    const name = words[3] ?? fault(third, "needs the name of a field");
    const slot = { id: this.#slots[side].length, length: lengthOf(words, 4) };
    this.#slots[side].push(slot);
    if (!this.#isAsked && !this.#isLogged) return ledger.note(linePath(whole), unlogged);
    ledger.keep(linePath(whole));
    if (!this.#isAsked && side === "req") return;
    const headers = primary(side === "req" ? "headers" : "response.headers");
    const field = text(name.text.toLowerCase());
    // The last of several; of Host there is one.
    const one =
      name.text.toLowerCase() === "host" ? index(headers, field) : index(method(headers, "lines", field), number(-1));
    const value = method(one, "substring", number(0), number(slot.length));
    const rules = side === "req" ? this.request : this.response;
    rules.push({ set: { [nameIn("vars", `capture_${side}_${slot.id}`).text]: value.text } });
  }

  #side(word: Word): Side {
    if (word.text === "request") return "req";
    return word.text === "response" ? "res" : fault(word, `must be request or response, not ${quote(word.text)}`);
  }
}

function lengthOf(words: readonly Word[], at: number): number {
  const keyword = words[at];
  const value = words[at + 1];
  if (keyword?.text !== "len" || value === undefined) return fault(words.at(-1)!, "needs len with a length behind it");
  if (words[at + 2] !== undefined) return fault(words[at + 2]!, "is one word too many");
  return /^\d{1,6}$/.test(value.text) ? Number(value.text) : fault(value, `must be a length, not ${quote(value.text)}`);
}

function isAsked({ proxies }: Conversion): boolean {
  return proxies.some(({ statements }) =>
    statements.some(({ words }) => words.some(({ text: written }) => /capture\.re[qs]\.hdr/.test(written))),
  );
}
