// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// Variables in words that are addresses: HAProxy fills them in there whatever quotes they stand in, or none. $NAME and ${NAME} are
// known, and no default; one that is not set is empty, as is a $ alone, and a brace need not be closed. It knows on which lines addresses
// stand, and nothing else of these lines.

import { type Environment, variableOf } from "../../substitute.ts";
import type { Word } from "./scene.ts";

/** The number of the word that is an address. */
const addressAt: Readonly<Record<string, number>> = {
  bind: 1,
  frontend: 2,
  listen: 2,
  log: 1,
  nameserver: 2,
  peer: 2,
  server: 2,
  "server-template": 3,
  source: 1,
};

/** On these lines an address stands behind such a word as well. */
const withOptions = new Set(["server", "server-template", "default-server"]);
const options = new Set(["addr", "source", "socks4"]);

export function filledIn(words: readonly Word[], environment: Environment): readonly Word[] {
  const [first, second] = words;
  if (first === undefined || !words.some(({ text }) => text.includes("$"))) return words;
  const isSocket = first.text === "stats" && second?.text === "socket";
  const at = isSocket ? 2 : Object.hasOwn(addressAt, first.text) ? addressAt[first.text] : -1;
  const isAddress = (index: number): boolean =>
    index === at || (withOptions.has(first.text) && options.has(words[index - 1]?.text ?? ""));
  return words.map((word, index) => (isAddress(index) ? { ...word, text: expand(word.text, environment) } : word));
}

function expand(text: string, environment: Environment): string {
  return text.replaceAll(
    /\$(?:\{(\w*)\}?|(\w*))/g,
    (_, long?: string, short?: string) => variableOf(environment, long ?? short ?? "") ?? "",
  );
}
