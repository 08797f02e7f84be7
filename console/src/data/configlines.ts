// A config as lines, each with its place in words of config problems ("pools.app.servers[1].weight") and its value: short enough to read from
// top to bottom, and to be searched. Pure.

export interface ConfigLine {
  readonly path: string;
  readonly depth: number;
  /** Key or number in a list. */
  readonly key: string;
  /** Null: what belongs to it stands in the lines below. */
  readonly value: string | null;
}

export function configLines(value: unknown): readonly ConfigLine[] {
  const lines: ConfigLine[] = [];
  walk(value, "", 0, lines);
  return lines;
}

function walk(value: unknown, path: string, depth: number, lines: ConfigLine[]): void {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) add(each, `${path}[${index}]`, `[${index}]`, depth, lines);
    return;
  }
  for (const [key, each] of Object.entries(value as Record<string, unknown>))
    if (each !== undefined) add(each, path === "" ? key : `${path}.${key}`, key, depth, lines);
}

function add(value: unknown, path: string, key: string, depth: number, lines: ConfigLine[]): void {
  const isDeep = typeof value === "object" && value !== null && !isPlainList(value) && Object.keys(value).length > 0;
  lines.push({ path, depth, key, value: isDeep ? null : valueText(value) });
  if (isDeep) walk(value, path, depth + 1, lines);
}

/** A short list of plain values is one value to whoever reads it. */
function isPlainList(value: object): boolean {
  return Array.isArray(value) && value.length <= 6 && value.every((each) => typeof each !== "object" || each === null);
}

/** As somebody would write it: texts without quotes, unless they would be read as something else. */
export function valueText(value: unknown): string {
  if (typeof value === "string")
    return value === "" || /^(?:true|false|null|-?\d+(?:\.\d+)?)$|\n/.test(value) ? JSON.stringify(value) : value;
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return value === undefined ? "" : JSON.stringify(value);
}
