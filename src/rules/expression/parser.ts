// From tokens to a tree (cel-spec, doc/langdef.md, "Syntax"), by recursive descent, a method a production. The first mistake
// ends it: what follows one is rarely meant as it reads. It throws nothing: after a mistake the parser stands at the end of the
// tokens, where every loop stops.
//
//   Expr     = Or ["?" Or ":" Expr]            Addition = Product {("+" | "-") Product}
//   Or       = And {"||" And}                  Product  = Unary {("*" | "/" | "%") Unary}
//   And      = Relation {"&&" Relation}        Unary    = Member | ("!" | "-") Unary
//   Relation = Addition {relop Addition}       Member   = Primary {"." NAME ["(" [Exprs] ")"] | "[" Expr "]"}
//   Primary  = literal | NAME ["(" [Exprs] ")"] | "(" Expr ")" | "[" [Exprs [","]] "]"

import { quote } from "../../base/reading.ts";
import { habitOf } from "./habits.ts";
import { lex, type Token } from "./lexer.ts";
import { depthMax, expressionLengthMax, nodesMax } from "./limits.ts";
import { type BinaryOperator, type Node, type Remark, remark, type Span } from "./syntax.ts";

export type Parsed =
  | { readonly ok: true; readonly node: Node; readonly end: number }
  | { readonly ok: false; readonly error: Remark };

/** `end`: where the expression ends, of use in a template only. */
export function parse(text: string, from = 0, isTemplate = false): Parsed {
  if (!isTemplate && text.length > expressionLengthMax)
    return { ok: false, error: tooLong(expressionLengthMax, text.length) };
  const lexed = lex(text, from, isTemplate, !isTemplate);
  if (!lexed.ok) return lexed;
  const end = lexed.tokens.at(-1)!.end;
  if (end - from > expressionLengthMax) return { ok: false, error: tooLong(from + expressionLengthMax, end) };
  return new Parser(lexed.tokens).whole();
}

function tooLong(start: number, end: number): Remark {
  return remark({ start, end }, `must have at most ${expressionLengthMax} characters: put values into a list`);
}

const relations: readonly string[] = ["==", "!=", "<", "<=", ">", ">=", "in"];
/** What other languages write for operators, after a whole operand. */
const foreign: Readonly<Record<string, string>> = {
  and: "&&",
  or: "||",
  not: "!",
  eq: "==",
  ne: "!=",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
  is: "==",
};
const nothing: Node = { kind: "literal", value: null, start: 0, end: 0 };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #nodes = 0;
  #error: Remark | null = null;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Parsed {
    const node = this.#expression();
    if (this.#error === null && this.#token.kind !== "end") this.#fail(...this.#leftover());
    return this.#error === null ? { ok: true, node, end: this.#token.end } : { ok: false, error: this.#error };
  }

  /** Behind a whole expression. Where it is one of HAProxy's, its first word says more than where it stops making sense. */
  #leftover(): [Span, string] {
    const before = this.#tokens.slice(0, this.#at);
    const negation = before.findLast(({ kind }) => kind === "name");
    if (negation?.text === "not") return [negation, leftover(negation)];
    const strange = before.find(
      ({ kind, text }, index) => kind === "name" && before[index - 1]?.text !== "." && habitOf(text) !== "",
    );
    if (strange === undefined || before.length > 8) return [this.#token, leftover(this.#token)];
    return [strange, `${quote(strange.text)} is not known here${habitOf(strange.text)}`];
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(text: string): boolean {
    const { kind, text: found } = this.#token;
    return found === text && (kind === "symbol" || (kind === "name" && text === "in"));
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string, opening: Span, what: string): number {
    const { end } = this.#token;
    if (!this.#accept(text)) this.#fail(this.#token.kind === "end" ? opening : this.#token, what);
    return end;
  }

  #fail(span: Span, message: string): Node {
    this.#error ??= remark(span, message);
    this.#at = this.#tokens.length - 1;
    return nothing;
  }

  #made<T extends Node>(node: T): Node {
    if (++this.#nodes > nodesMax) return this.#fail(node, `must have at most ${nodesMax} parts`);
    return node;
  }

  /** What may stand in itself is counted here. */
  #deeper(read: () => Node): Node {
    if (this.#depth >= depthMax) return this.#fail(this.#token, `must be at most ${depthMax} deep`);
    this.#depth++;
    const node = read();
    this.#depth--;
    return node;
  }

  #expression(): Node {
    return this.#deeper(() => {
      const condition = this.#or();
      if (!this.#is("?")) return condition;
      const mark = this.#token;
      this.#at++;
      const yes = this.#or();
      this.#expect(":", mark, '"?" must be followed by two values with ":" between them');
      const no = this.#expression();
      return this.#made({ kind: "choice", condition, yes, no, start: condition.start, end: no.end });
    });
  }

  #or(): Node {
    return this.#logical("||", () => this.#logical("&&", () => this.#relation()));
  }

  #logical(operator: "&&" | "||", operand: () => Node): Node {
    const operands = [operand()];
    while (this.#accept(operator)) operands.push(operand());
    if (operands.length === 1) return operands[0]!;
    return this.#made({ kind: "logical", operator, operands, start: operands[0]!.start, end: operands.at(-1)!.end });
  }

  #relation(): Node {
    return this.#binary(relations, () =>
      this.#binary(["+", "-"], () => this.#binary(["*", "/", "%"], () => this.#unary())),
    );
  }

  #binary(operators: readonly string[], operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const operator = operators.find((text) => this.#is(text));
      if (operator === undefined) return left;
      this.#at++;
      const right = operand();
      const span = { start: left.start, end: right.end };
      left = this.#made({ kind: "binary", operator: operator as BinaryOperator, left, right, ...span });
    }
  }

  #unary(): Node {
    const token = this.#token;
    const operator = this.#is("!") ? "!" : this.#is("-") ? "-" : null;
    if (operator === null) return this.#member();
    this.#at++;
    return this.#deeper(() => {
      const operand = this.#unary();
      const span = { start: token.start, end: operand.end };
      if (operator === "-" && operand.kind === "literal" && typeof operand.value === "number" && operand.value >= 0)
        return { kind: "literal", value: -operand.value, ...span };
      return this.#made({ kind: "unary", operator, operand, ...span });
    });
  }

  #member(): Node {
    let node = this.#primary();
    for (;;) {
      const token = this.#token;
      if (this.#accept(".")) {
        const name = this.#token;
        if (name.kind !== "name")
          return this.#fail(name.kind === "end" ? token : name, '"." must be followed by a name');
        this.#at++;
        if (this.#is("(")) node = this.#call(node, name);
        else
          node = this.#made({
            kind: "member",
            object: node,
            name: name.text,
            nameSpan: name,
            start: node.start,
            end: name.end,
          });
      } else if (this.#accept("[")) {
        const index = this.#expression();
        const end = this.#expect("]", token, 'this "[" has no "]"');
        node = this.#made({ kind: "index", object: node, index, start: node.start, end });
      } else return node;
    }
  }

  #call(receiver: Node | null, name: Token): Node {
    const opening = this.#token;
    this.#at++;
    const [parameters, end] = this.#several(")", opening);
    const start = receiver?.start ?? name.start;
    return this.#made({ kind: "call", receiver, name: name.text, nameSpan: name, parameters, start, end });
  }

  /** What stands between brackets, with commas; a comma may end a list. */
  #several(closing: ")" | "]", opening: Token): [Node[], number] {
    const nodes: Node[] = [];
    while (!this.#is(closing)) {
      nodes.push(this.#expression());
      if (!this.#accept(",")) break;
      if (closing === ")" && this.#is(closing)) this.#fail(this.#token, 'a value must follow ","');
    }
    return [nodes, this.#expect(closing, opening, `this "${opening.text}" has no "${closing}"`)];
  }

  #primary(): Node {
    const token = this.#token;
    const { start, end, text } = token;
    switch (token.kind) {
      case "string":
        this.#at++;
        return this.#made({ kind: "literal", value: text, start, end });
      case "number":
        this.#at++;
        return this.#made({ kind: "literal", value: token.value, start, end });
      case "name":
        return this.#name(token);
      case "symbol":
        break;
      case "end":
        return this.#fail(
          this.#tokens[this.#at - 1] ?? token,
          this.#at === 0 ? "must be an expression, but there is nothing" : "something must follow this",
        );
    }
    if (text !== "(" && text !== "[") return this.#fail(token, `${quote(text)} cannot stand here: a value must`);
    this.#at++;
    if (text === "[") {
      const [items, close] = this.#several("]", token);
      return this.#made({ kind: "list", items, start, end: close });
    }
    const inner = this.#expression();
    return { ...inner, start, end: this.#expect(")", token, 'this "(" has no ")"') };
  }

  #name(token: Token): Node {
    const { start, end, text } = token;
    if (text === "in") return this.#fail(token, '"in" cannot stand here: a value must');
    this.#at++;
    if (text === "true" || text === "false") return this.#made({ kind: "literal", value: text === "true", start, end });
    if (text === "null") return this.#made({ kind: "literal", value: null, start, end });
    if (this.#is("(")) return this.#call(null, token);
    return this.#made({ kind: "name", name: text, start, end });
  }
}

function leftover(token: Token): string {
  const operator = token.kind === "name" && Object.hasOwn(foreign, token.text) ? foreign[token.text] : undefined;
  if (operator !== undefined) return `${quote(token.text)} is no operator: write "${operator}"`;
  if (token.text === ")" || token.text === "]") return `${quote(token.text)} closes nothing`;
  return `an operator must stand before this`;
}
