// Pieces of expressions while they are put together: each a text and how tightly its outermost operator binds, so that brackets
// stand only where they are needed and a converted config reads as if written by hand. The levels are CEL's grammar.

export interface Code {
  readonly text: string;
  readonly level: Level;
}

type Level = (typeof level)[keyof typeof level];

const level = { choice: 0, or: 1, and: 2, relation: 3, sum: 4, product: 5, unary: 6, primary: 7 } as const;
const relations = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);

/** A name, a literal, a call: what needs no brackets anywhere. */
export function primary(text: string): Code {
  return { text, level: level.primary };
}

export function call(name: string, ...operands: readonly Code[]): Code {
  return primary(`${name}(${operands.map(({ text }) => text).join(", ")})`);
}

export function method(of: Code, name: string, ...operands: readonly Code[]): Code {
  return primary(`${bound(of, level.primary)}.${name}(${operands.map(({ text }) => text).join(", ")})`);
}

export function member(of: Code, name: string): Code {
  return primary(`${bound(of, level.primary)}.${name}`);
}

export function index(of: Code, key: Code): Code {
  return primary(`${bound(of, level.primary)}[${key.text}]`);
}

export function relate(left: Code, operator: string, right: Code): Code {
  const own = relations.has(operator)
    ? level.relation
    : operator === "+" || operator === "-"
      ? level.sum
      : level.product;
  // Comparisons of comparisons are no sense to a reader, with brackets or without.
  const leftLevel = own === level.relation ? level.sum : own;
  return { text: `${bound(left, leftLevel)} ${operator} ${bound(right, (own + 1) as Level)}`, level: own };
}

export function not(code: Code): Code {
  return code.text === "false"
    ? yes
    : code.text === "true"
      ? no
      : { text: `!${bound(code, level.unary)}`, level: level.unary };
}

export function every(codes: readonly Code[]): Code {
  return joined(codes, "&&", level.and, yes);
}

export function some(codes: readonly Code[]): Code {
  return joined(codes, "||", level.or, no);
}

export function choose(condition: Code, yes: Code, no: Code): Code {
  return {
    text: `${bound(condition, level.or)} ? ${bound(yes, level.or)} : ${bound(no, level.choice)}`,
    level: level.choice,
  };
}

export function listOf(codes: readonly Code[]): Code {
  return primary(`[${codes.map(({ text }) => text).join(", ")}]`);
}

export const yes: Code = primary("true");
export const no: Code = primary("false");
export const absent: Code = primary("null");

export function number(value: number): Code {
  return value < 0 ? { text: String(value), level: level.unary } : primary(String(value));
}

/** In single quotes, for configs are full of double ones. */
export function text(value: string): Code {
  const escaped = value.replaceAll(/[\\'\x00-\x1f\x7f]/g, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`;
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return primary(`'${escaped}'`);
}

/** What `text` was given, where the code is that and nothing else. */
export function literalIn({ text: written }: Code): string | null {
  const inside = /^'((?:[^'\\]|\\.)*)'$/.exec(written)?.[1];
  if (inside === undefined) return null;
  return inside.replaceAll(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex?: string, one?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return one === "n" ? "\n" : one === "r" ? "\r" : one === "t" ? "\t" : one!;
  });
}

/** Raw where it can be, for a backslash in an expression is seldom alone. */
export function pattern(expression: string): Code {
  return expression.includes("\\") && !/['\x00-\x1f]/.test(expression) && !expression.endsWith("\\")
    ? primary(`r'${expression}'`)
    : text(expression);
}

function joined(codes: readonly Code[], operator: "&&" | "||", own: Level, none: Code): Code {
  if (codes.length === 0) return none;
  if (codes.length === 1) return codes[0]!;
  return { text: codes.map((code) => bound(code, own)).join(` ${operator} `), level: own };
}

function bound(code: Code, atLeast: Level): string {
  return code.level >= atLeast ? code.text : `(${code.text})`;
}
