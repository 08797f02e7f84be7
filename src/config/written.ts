// A checked config as an operator would have written it: without what is as it would be anyway. Reviews judge what was written, and a
// key that stands there for no reason is a mistake to them; so a config that was changed in memory goes through here before it
// is judged again, and what is shown or written to a file is short. It knows the schema by its JSON Schema, which tells defaults.

import type { Path } from "./problem.ts";
import { jsonSchema } from "./schema.ts";

interface Node {
  readonly $ref?: string;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly default?: unknown;
  readonly type?: string;
}

type Section = Readonly<Record<string, unknown>>;

let known: Node | null = null;

function root(): Node {
  known ??= jsonSchema() as Node; // What zod makes of our own schema; the tests hold every config of ours against it.
  return known;
}

/** Judged again it gives the same config. */
export function asWritten(config: object): Record<string, unknown> {
  return shortened(config, root()) as Record<string, unknown>; // A section stays one.
}

/** The same of what stands at that path in a config. */
export function partAsWritten(value: unknown, path: Path): unknown {
  let node: Node | undefined = root();
  for (const part of path) node = node === undefined ? undefined : below(node, part);
  return node === undefined ? value : shortened(value, node);
}

/** What a key is when it is not written; undefined where it then is not there. */
export function defaultAt(path: Path): unknown {
  let node: Node | undefined = root();
  for (const part of path) node = node === undefined ? undefined : below(node, part);
  return node?.default;
}

function below(node: Node, part: string | number): Node | undefined {
  for (const each of kinds(node)) {
    if (typeof part === "number" && each.items !== undefined) return each.items;
    const found = typeof part === "string" ? keyOf(each, part) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function shortened(value: unknown, node: Node): unknown {
  if (Array.isArray(value)) {
    const items = kinds(node).find((each) => each.items !== undefined)?.items;
    return items === undefined ? value : value.map((item) => shortened(item, items));
  }
  if (typeof value !== "object" || value === null) return value;
  const section = value as Section;
  const kind = kindOf(section, node);
  if (kind === undefined) return value;
  const kept = Object.entries(section).flatMap(([key, item]): [string, unknown][] => {
    if (item === undefined) return [];
    const of = keyOf(kind, key);
    if (of === undefined) return [[key, item]];
    const short = shortened(item, of);
    const isUsual = of.default !== undefined && isSame(short, shortened(of.default, of));
    return isUsual ? [] : [[key, short]];
  });
  return Object.fromEntries(kept);
}

/** Of values as JSON has them. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), other as Section];
  return (
    left.length === Object.keys(other).length &&
    left.every(([key, value]) => Object.hasOwn(other, key) && isSame(value, right[key]))
  );
}

/** Of several kinds of section the one that knows most of its keys. */
function kindOf(section: Section, node: Node): Node | undefined {
  const keys = Object.keys(section).filter((key) => section[key] !== undefined);
  let found: Node | undefined;
  let most = 0;
  for (const each of kinds(node)) {
    const count = keys.filter((key) => keyOf(each, key) !== undefined).length;
    if (count > most || (found === undefined && each.type === "object")) found = each;
    most = Math.max(most, count);
  }
  return found;
}

function keyOf({ properties, additionalProperties }: Node, key: string): Node | undefined {
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** Without its references and alternatives. */
function kinds(node: Node): readonly Node[] {
  if (node.anyOf !== undefined) return node.anyOf.flatMap(kinds);
  if (node.$ref === undefined) return [node];
  const name = node.$ref.slice("#/$defs/".length);
  const defined = (root() as { readonly $defs?: Readonly<Record<string, Node>> }).$defs?.[name];
  return defined === undefined ? [] : kinds(defined);
}
