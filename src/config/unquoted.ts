// Finds texts that want quotes where a reader of YAML, TOML or JSON stumbled: an expression such as marked[src].gpc0 > 0, or
// ${TOKEN}, that stands bare where its [ or { means a list or a section. It knows the text around the place, one line of it, and
// nothing of the tree, for there is none yet. A guess that fails is no guess: the reader's own message stays.

export interface Unquoted {
  /** Where the text begins and ends, as offsets. */
  readonly at: number;
  readonly end: number;
  /** The key that it belongs to, or null for an item of a list. */
  readonly key: string | null;
  readonly text: string;
  /** Whether it is an expression by its key or its looks; or else a text. */
  readonly isExpression: boolean;
}

/** Keys whose values are expressions whatever they look like. */
const expressionKeys = new Set(["if", "by"]);

/** The bare text that the place lies in, when there is one. `assign` is what stands between a key and its value. */
export function findUnquoted(text: string, at: number, assign: ":" | "="): Unquoted | null {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const newline = text.indexOf("\n", at);
  const line = text.slice(lineStart, newline === -1 ? text.length : newline).replace(/\r$/, "");
  const key = `(?:([A-Za-z_][\\w.-]*|"[^"]*"|'[^']*')\\s*${assign}${assign === ":" ? "\\s+" : "\\s*"})`;
  const starts = new RegExp(`(?<=^\\s*|^\\s*(?:-\\s+)+|[{,[]\\s*)(?:${key}|(?<=[[,]\\s*|-\\s+)(?=[^\\s,]))`, "g");
  let found: Unquoted | null = null;
  for (const start of line.matchAll(starts)) {
    const from = start.index + start[0].length;
    if (from > at - lineStart) break;
    const value = valueAt(line, from);
    if (value === "" || lineStart + from + value.length <= at) continue;
    const name = start[1]?.replace(/^["']|["']$/g, "") ?? null;
    const isExpression = name !== null && expressionKeys.has(name);
    if (!isExpression && !looksBare(value)) continue;
    found = {
      at: lineStart + from,
      end: lineStart + from + value.length,
      key: name,
      text: value,
      isExpression: isExpression || (/^[^{]*\[/.test(value) && !value.includes("${")),
    };
    if (isExpression) return found; // What stands further inside of it is a part of it.
  }
  return found;
}

/** What to write instead, with the quotes that need no escapes in it where there are such. */
export function quoted({ key, text }: Pick<Unquoted, "key" | "text">, assign: ":" | "="): string {
  const inQuotes = text.includes('"') && !text.includes("'") ? `'${text}'` : JSON.stringify(text);
  return key === null ? inQuotes : `${key}${assign === ":" ? ": " : " = "}${inQuotes}`;
}

/** The advice as a whole sentence without a full stop. */
export function adviseQuotes(unquoted: Unquoted, assign: ":" | "="): string {
  return `put the ${unquoted.isExpression ? "expression" : "text"} in quotes: ${quoted(unquoted, assign)}`;
}

/** From there to the comma, bracket, comment or end of line that ends it, with the brackets and texts that are its own. */
function valueAt(line: string, from: number): string {
  let depth = 0;
  for (let at = from; at < line.length; at++) {
    const char = line[at]!;
    if (char === '"' || char === "'") {
      const closing = line.indexOf(char, at + 1);
      if (closing !== -1) at = closing;
    } else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char) && --depth < 0) return line.slice(from, at).trimEnd();
    else if (char === "," && depth === 0) return line.slice(from, at).trimEnd();
    else if (char === "#" && /\s/.test(line[at - 1]!)) return line.slice(from, at).trimEnd();
  }
  return line.slice(from).trimEnd();
}

/** Begins as a text without quotes and goes on with a bracket or brace; or goes on behind a quoted beginning. */
function looksBare(value: string): boolean {
  return /^[^\s[\]{}"'&*!|>%@`#,][^[{]*[[{]/.test(value) || /^(?:"[^"]*"|'[^']*')\s*[^\s:]/.test(value);
}
