// Colors for a terminal, by what they mean. Where nobody is to see any (a pipe, NO_COLOR, a terminal without), each gives its text back
// as it is. It knows escape sequences and nothing of what is painted.

export interface Paint {
  readonly good: (text: string) => string;
  readonly odd: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly link: (text: string) => string;
}

const begin = "\x1b[";
const none = (text: string): string => text;
const by =
  (code: string) =>
  (text: string): string =>
    text === "" ? "" : `${begin}${code}m${text}${begin}0m`;

export const plain: Paint = { good: none, odd: none, bad: none, faint: none, bold: none, link: none };
/** Of the sixteen that every terminal has, so that its own theme makes them readable. */
export const colored: Paint = {
  good: by("32"),
  odd: by("33"),
  bad: by("31"),
  faint: by("2"),
  bold: by("1"),
  link: by("36"),
};

/** https://no-color.org */
export function paintOf(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const isUnwanted = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return isTerminal && !isUnwanted ? colored : plain;
}

/** As many characters as a terminal shows of it. */
export function widthOf(text: string): number {
  return Bun.stringWidth(text);
}
