// The texts of a rule, compiled: what review.ts has passed always compiles, so that a mistake here is our own. With a trace
// every term tells its value to it.

import { assert } from "../base/assert.ts";
import type { Compiled, Key, Probe, Refused, Scope, Target, Template, Type } from "./expression/compiled.ts";
import { compileExpression, compileKey, compileTarget, compileTemplate } from "./expression/expression.ts";
import { isOfTls } from "./fields.ts";
import type { Trace } from "./trace.ts";

export class Terms {
  readonly #scope: Scope;
  readonly #probe: Probe | undefined;
  /** Some text that was compiled asks for what only a ClientHello tells. */
  needsHello = false;
  /** Some text asks for what the handshake of our own TLS shows. */
  needsTls = false;

  constructor(scope: Scope, trace: Trace | null) {
    this.#scope = scope;
    this.#probe = trace === null ? undefined : (_start, _end, value, { text }) => trace.term(text, value);
  }

  tableName(table: number): string {
    return this.#scope.tables[table]?.name ?? "?";
  }

  expression(text: string, wanted: Type | "any"): Compiled {
    const compiled = compileExpression(text, this.#scope, wanted, this.#probe);
    assertCompiled(compiled, text);
    this.#note(compiled);
    return compiled;
  }

  target(text: string): Target {
    const compiled = compileTarget(text, this.#scope, this.#probe);
    assertCompiled(compiled, text);
    this.#note(compiled);
    return compiled;
  }

  key(text: string, table: number): Key {
    const compiled = compileKey(text, this.#scope, table, this.#probe);
    assertCompiled(compiled, text);
    this.#note(compiled);
    return compiled;
  }

  template(text: string): Template {
    const compiled = compileTemplate(text, this.#scope, this.#probe);
    assertCompiled(compiled, text);
    this.#note(compiled);
    return compiled;
  }

  #note({ needsHello, reads }: Pick<Compiled, "needsHello" | "reads">): void {
    this.needsHello ||= needsHello;
    this.needsTls ||= reads.fields.some(isOfTls);
  }
}

function assertCompiled<T extends { readonly ok: true }>(compiled: T | Refused, text: string): asserts compiled is T {
  assert(compiled.ok, `the expression ${JSON.stringify(text)} of a plan does not compile`);
}
