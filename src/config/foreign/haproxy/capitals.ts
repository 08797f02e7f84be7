// Names of SNI are in lower case here (they mean the same in any, RFC 6066 section 3); HAProxy has them as the client has sent them, and
// compares letter by letter. What has capitals and no -i matches nobody here, and in HAProxy nobody but who sends these very
// capitals, which no usual client does. It is left so, for who is matched by it would be everybody else; and it is told.

import type { MatchMethod, Pattern } from "./match.ts";
import type { Sample, Site } from "./sample.ts";
import type { Called } from "./samplewords.ts";
import { pathOf, type Word } from "./scene.ts";
import { readKeys } from "./valuefile.ts";

const fetched: ReadonlySet<string> = new Set(["ssl_fc_sni", "req.ssl_sni", "req_ssl_sni"]);
/** What these give has the letters of what they take. */
const keeping: ReadonlySet<string> = new Set(["field", "word", "bytes", "ltrim", "rtrim", "cut_crlf"]);
/** Numbers, addresses and bytes have no letters, and what is only looked for is not compared. */
const compared: ReadonlySet<MatchMethod> = new Set(["str", "beg", "end", "sub", "dir", "dom", "reg"]);

/** Whether the letters of what these words ask for are those of a name of SNI. */
export function isName(calls: readonly Called[]): boolean {
  const [first, ...converters] = calls;
  return first !== undefined && fetched.has(first.name) && converters.every(keepsLetters);
}

export function keepsLetters({ name }: Called): boolean {
  return keeping.has(name);
}

/** Of a test: what is compared with a name. */
export function tellPatterns(site: Site, sample: Sample, method: MatchMethod, patterns: readonly Pattern[]): void {
  if (sample.isName !== true || !compared.has(method)) return;
  for (const { word, text, source, isFolded } of patterns) {
    if (isFolded) continue;
    if (source !== "value") tellFile(site, word, text, source, method);
    else if (isCapital(method, text)) tell(site, word, "this matches nobody", "-i matches both");
  }
}

/** The same of what stands in a file, as it is now. */
export function tellFile(site: Site, word: Word, file: string, source: "file" | "map", method: MatchMethod): void {
  const held = site.conversion.textOf(file);
  if (held === null || held.includes("\0")) return;
  const found = readKeys(site, word, file, source).find((key) => isCapital(method, key));
  if (found === undefined) return;
  tell(site, word, `${JSON.stringify(found)} in this file is found for nobody`, "write it in lower case");
}

/** `matter`: what of it does not come to be. */
export function tell({ conversion }: Site, word: Word, matter: string, advice: string): void {
  conversion.ledger.approximate(
    pathOf(word),
    `names of SNI are in lower case here, so that ${matter}; in HAProxy it is for clients that send the same capitals; ${advice}`,
  );
}

function isCapital(method: MatchMethod, text: string): boolean {
  return /[A-Z]/.test(method === "reg" ? uncased(text) : text);
}

/** A regular expression without the letters for which it is the same in capitals: classes, and sets that have both. */
function uncased(expression: string): string {
  if (/^\(\?[a-z]*i/.test(expression)) return "";
  return expression
    .replaceAll(/\[:upper:\]/g, "A-Z")
    .replaceAll(/\[:[a-z]+:\]/g, "")
    .replaceAll(/\(\?P?<\w+>/g, "(")
    .replaceAll(/\\[A-Za-z]/g, "")
    .replaceAll(/\[(?:\\[\s\S]|[^\]])*\]/g, (set) =>
      set.replaceAll(/[A-Z](?:-[A-Z])?/g, (capitals) => (set.includes(capitals.toLowerCase()) ? "" : capitals)),
    );
}
