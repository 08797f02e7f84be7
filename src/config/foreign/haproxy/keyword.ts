// What becomes of a keyword, as the tables of this room say it: read by code, or told in words. The documentation is made from the
// same tables. Each keyword of HAProxy 2.6 stands in one, and so does what older ones had; whatever stands in none is unknown.

export interface Keyword {
  /**
   * read: code makes something of it, and tells what it cannot. noted: nothing is needed here, `text` says why. differs: left out, with
   * a warning. refused: an error. gone: an error, for HAProxy itself takes it no more.
   */
  readonly kind: "read" | "noted" | "differs" | "refused" | "gone";
  /** read: what becomes of it. Otherwise what the operator is told, continuing "is approximated: " and so on. */
  readonly text: string;
  /** Proxies without that side pass over it, as in HAProxy. */
  readonly side: "frontend" | "backend" | null;
}

export type Keywords = Readonly<Record<string, Keyword>>;

const of =
  (kind: Keyword["kind"]) =>
  (text: string, side: Keyword["side"] = null): Keyword => ({ kind, text, side });

export const read: (text: string, side?: Keyword["side"]) => Keyword = of("read");
export const noted: (text: string, side?: Keyword["side"]) => Keyword = of("noted");
export const differs: (text: string, side?: Keyword["side"]) => Keyword = of("differs");
export const refused: (text: string, side?: Keyword["side"]) => Keyword = of("refused");
export const gone: (text: string, side?: Keyword["side"]) => Keyword = of("gone");

/** The same for many. */
export function each(keyword: Keyword, words: string): Keywords {
  return Object.fromEntries(words.split(/\s+/).map((word) => [word, keyword]));
}

export function keywordIn(table: Keywords, word: string): Keyword | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
