// The header fields of a request or response, as hooks see them: as `Headers` of the Fetch standard, over the head itself. What is
// changed goes the way of the edits of rules (edits.ts), so that a hook can no more smuggle than a rule; but where a rule's edit
// that cannot be is passed over, a hook is told so by an error.

import type { HookHeaders } from "../../config/hooktypes.ts";
import { framingFields } from "../../config/replyschema.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { FieldOperation } from "../fieldedits.ts";
import { isHostText, isTokenText, valueFault } from "../fieldtext.ts";
import { fieldOf, textOf } from "../headvalues.ts";

export interface HeadersSource {
  /** Another one: what it gives is another exchange's. */
  readonly turn: number;
  /** With all that was changed in it. Throws when there is none any more. */
  readonly head: Head;
  /** Throws when it cannot be changed now. */
  editField(operation: FieldOperation, name: string, value: string): void;
}

export class HeadHeaders implements HookHeaders {
  readonly #ofTurn: HeadersSource;
  readonly #turn: number;

  constructor(source: HeadersSource) {
    this.#ofTurn = source;
    this.#turn = source.turn;
  }

  get #source(): HeadersSource {
    if (this.#ofTurn.turn !== this.#turn) throw over();
    return this.#ofTurn;
  }

  get(name: string): string | null {
    return fieldOf(this.#source.head, checked(name));
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string | number): void {
    this.#edit("set", name, value);
  }

  append(name: string, value: string | number): void {
    this.#edit("add", name, value);
  }

  delete(name: string): void {
    this.#edit("remove", name, "");
  }

  getSetCookie(): string[] {
    return [...this.entries()].flatMap(([name, value]) => (name === "set-cookie" ? [value] : []));
  }

  *entries(): IterableIterator<[string, string]> {
    const { head } = this.#source;
    for (let index = 0; index < head.fieldCount; index++) {
      const at = index * 4;
      const name = textOf(head.bytes, head.spans[at]!, head.spans[at + 1]!).toLowerCase();
      yield [name, textOf(head.bytes, head.spans[at + 2]!, head.spans[at + 3]!)];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(each: (value: string, name: string) => void): void {
    for (const [name, value] of this.entries()) each(value, name);
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  #edit(operation: FieldOperation, name: string, value: string | number): void {
    const lower = checked(name);
    if (framingFields.has(lower) || lower === "expect" || (lower === "host" && operation !== "set"))
      throw new TypeError(
        `the field ${name} is not for hooks to change: it is of the connection, or says where a message ends`,
      );
    const fault = valueFault(value);
    if (fault !== null) throw new TypeError(`the value of ${name} ${fault}`);
    const text = String(value);
    if (lower === "host" && !isHostText(text.trim())) throw new TypeError(`${JSON.stringify(text)} is not a host`);
    this.#source.editField(operation, name, text);
  }
}

/** Said by whatever of an exchange was kept for longer than that. */
export function over(): Error {
  return new Error("this request is over: what is needed later must be taken from it before");
}

/** In lower case. */
function checked(name: string): string {
  if (typeof name !== "string" || !isTokenText(name)) throw new TypeError(`${String(name)} is not the name of a field`);
  return name.toLowerCase();
}
