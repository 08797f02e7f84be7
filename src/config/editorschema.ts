// The JSON Schema that editors are given: that of the keys (schema.ts), and besides a text with a variable, ${PORT}, wherever a config of
// text may have one, which is in the place of every value that is no section and no list (substitute.ts). An editor cannot know what it
// will be. Numbers and switches get a second type and not a second branch, so that what is wrong with them is said as before.

import { jsonSchema } from "./schema.ts";

type Node = Readonly<Record<string, unknown>>;

/** Also of `$${`, which stands for the two characters. Patterns of JSON Schema fit anywhere. */
const variable = "\\$\\{";
const reference: Node = { $ref: "#/$defs/Variable" };
const definition: Node = {
  type: "string",
  pattern: variable,
  description: `A text with variables of the environment: \${NAME}, or \${NAME:-usual}. $\${ is a literal \${.`,
};

export function editorSchema(): Record<string, unknown> {
  const { $defs, ...root } = widened(jsonSchema());
  return { ...root, $defs: { ...($defs as Node), Variable: definition } }; // Zod's schema has some.
}

/** With all that is inside. */
function widened(node: Node): Node {
  const inside = Object.entries(node).map(([key, value]): [string, unknown] => {
    switch (key) {
      case "properties":
      case "$defs":
        return [
          key,
          Object.fromEntries(Object.entries(value as Node).map(([name, one]) => [name, widened(one as Node)])),
        ];
      case "items":
      case "additionalProperties":
        return [key, typeof value === "object" ? widened(value as Node) : value];
      case "anyOf":
        return [key, widenedBranches(value as readonly Node[])];
      default:
        // Names of keys are not looked for variables.
        return [key, value];
    }
  });
  return taking(Object.fromEntries(inside));
}

/** One of them that takes a variable is enough: the last, for what is a single word is told first. */
function widenedBranches(branches: readonly Node[]): Node[] {
  const last = branches.some(takesAnyText) ? -1 : branches.findLastIndex(isPlain);
  return branches.map((branch, index) => (isPlain(branch) && index !== last ? branch : widened(branch)));
}

/** Neither a section nor a list, nor what stands elsewhere. */
function isPlain({ type }: Node): boolean {
  return type !== undefined && type !== "object" && type !== "array";
}

function takesAnyText({ type, pattern, enum: words, const: word }: Node): boolean {
  const isText = type === "string" || (Array.isArray(type) && type.includes("string"));
  return isText && pattern === undefined && words === undefined && word === undefined;
}

/** The node itself, of one that is plain. */
function taking(node: Node): Node {
  if (!isPlain(node) || takesAnyText(node)) return node;
  const { type, pattern, description, default: usual, ...rest } = node;
  const told = {
    ...(description === undefined ? {} : { description }),
    ...(usual === undefined ? {} : { default: usual }),
  };
  if (typeof pattern === "string") return { ...node, pattern: `${pattern}|${variable}` };
  if (rest["enum"] !== undefined || rest["const"] !== undefined)
    return { ...told, anyOf: [{ type, ...rest }, reference] };
  return { ...told, type: [type, "string"].flat(), ...rest, pattern: variable };
}
