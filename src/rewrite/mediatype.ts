// Which media types a list of them means (RFC 9110 section 8.3.1): "text/html", "text/*", and with application/json or
// application/xml in it also whatever says by its suffix that it is one of those (RFC 6839). It knows texts only.

/** Sent for as long as a page stands open: what works on it holds memory for as long. Meant only where it is named itself. */
const endless = "text/event-stream";

export class MediaTypes {
  readonly #whole: ReadonlySet<string>;
  /** "text/" for "text/*". */
  readonly #families: readonly string[];
  readonly #suffixes: readonly string[];
  readonly #isEndlessMeant: boolean;

  /** `types`: in lower case. `isEndlessMeant`: a family takes event streams in. */
  constructor(types: readonly string[], isEndlessMeant: boolean) {
    this.#whole = new Set(types);
    this.#families = types.filter((type) => type.endsWith("/*")).map((type) => type.slice(0, -1));
    this.#suffixes = [
      ...(this.#whole.has("application/json") ? ["+json"] : []),
      ...(this.#whole.has("application/xml") || this.#whole.has("text/xml") ? ["+xml"] : []),
    ];
    this.#isEndlessMeant = isEndlessMeant;
  }

  /** `value`: of Content-Type, parameters and all. */
  has(value: string | null): boolean {
    if (value === null) return false;
    const type = typeOf(value);
    if (this.#whole.has(type)) return true;
    if (type === endless && !this.#isEndlessMeant) return false;
    if (this.#families.some((family) => type.startsWith(family))) return true;
    return this.#suffixes.some((suffix) => type.endsWith(suffix));
  }
}

export function typeOf(value: string): string {
  return value.split(";", 1)[0]!.trim().toLowerCase();
}

/** Text of two or four bytes a character, in which none that is looked for is found. */
export function isWide(value: string): boolean {
  return /;\s*charset\s*=\s*"?(?:utf-?(?:16|32)|ucs|iso-10646|unicode)/i.test(value);
}
