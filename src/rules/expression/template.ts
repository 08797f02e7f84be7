// Texts with expressions in them: "https://{host}{path}". `{{` and `}}` are braces. Values stand as `string()` writes them, what is
// absent as nothing; CR, LF and NUL of a value are left out, for they would end a field and begin another. Both the text and
// what it makes are bytes, one a character: what a config holds beyond ASCII has been made UTF-8 before.

import { quote } from "../../base/reading.ts";
import type { Scene } from "../scene.ts";
import type { Probe, Refused, Scope, Template } from "./compiled.ts";
import { contextOf } from "./compiler.ts";
import type { Context } from "./context.ts";
import { variableOf } from "./habits.ts";
import { templateLengthMax, templatePartsMax } from "./limits.ts";
import { parse } from "./parser.ts";
import { textWriter } from "./special.ts";
import { remark } from "./syntax.ts";

type Part = string | ((scene: Scene) => string);

export function compileTemplate(text: string, scope: Scope, probe?: Probe): Template | Refused {
  if (text.length > templateLengthMax)
    return refused(templateLengthMax, text.length, `must have at most ${templateLengthMax} characters`);
  const context = contextOf(text, scope, probe ?? null);
  const parts: Part[] = [];
  let literal = "";
  let at = 0;
  for (;;) {
    const brace = nextBrace(text, at);
    literal += text.slice(at, brace);
    warnOfHabits(context, at, brace);
    if (brace === text.length) break;
    const character = text[brace]!;
    if (text[brace + 1] === character) {
      literal += character;
      at = brace + 2;
      continue;
    }
    if (character === "}") return refused(brace, brace + 1, 'closes nothing: write "}}" for a brace');
    const parsed = parse(text, brace + 1, true);
    if (!parsed.ok) return { ok: false, errors: [parsed.error] };
    if (parsed.end === text.length) return refused(brace, brace + 1, 'this "{" has no "}"; write "{{" for a brace');
    if (parts.length >= templatePartsMax * 2)
      return refused(brace, parsed.end, `must have at most ${templatePartsMax} expressions`);
    const term = context.term(parsed.node);
    const write = textWriter(term);
    const { run } = term;
    parts.push(literal, (scene) => {
      const value = run(scene);
      return value === null ? "" : clean(write(value) ?? "");
    });
    literal = "";
    at = parsed.end + 1;
  }
  if (context.errors.length > 0) return { ok: false, errors: context.errors };
  const constant = parts.length === 0 ? literal : null;
  parts.push(literal);
  return {
    ok: true,
    ...context.outcome(),
    constant,
    evaluate: constant === null ? (scene) => play(parts, scene) : () => constant,
  };
}

/** What is an expression in configs of nginx and HAProxy, and here stands for itself. */
function warnOfHabits(context: Context, from: number, to: number): void {
  for (const { 0: written, 1: name, index } of context.text.slice(from, to).matchAll(/\$([a-z]\w*)|%\[/g)) {
    const span = { start: from + index, end: from + index + written.length };
    const meant = name === undefined ? null : variableOf(name);
    if (meant !== null) context.warn(span, `has ${quote(written)}, which stands for itself here: write {${meant}}`);
    if (name === undefined)
      context.warn(
        span,
        `has ${quote(written)}, which stands for itself here: an expression is written in braces, such as {src}`,
      );
  }
}

function refused(start: number, end: number, message: string): Refused {
  return { ok: false, errors: [remark({ start, end }, message)] };
}

function nextBrace(text: string, from: number): number {
  const opening = text.indexOf("{", from);
  const closing = text.indexOf("}", from);
  return Math.min(opening === -1 ? text.length : opening, closing === -1 ? text.length : closing);
}

function play(parts: readonly Part[], scene: Scene): string {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : part(scene);
  return text;
}

function clean(text: string): string {
  return /[\r\n\0]/.test(text) ? text.replaceAll(/[\r\n\0]/g, "") : text;
}
