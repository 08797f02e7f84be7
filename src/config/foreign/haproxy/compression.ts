// Compression, which is `compress` here: of a listener what its frontend says, of a pool what its backend says otherwise. As in HAProxy
// a backend's algorithms and types come before the frontend's, each for itself. Of the algorithms gzip is common to both; HAProxy
// asks whether a type begins with what is written, which of whole types is the same.

import { mediaRange } from "../../../base/mediarange.ts";
import type { CompressInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";
import { warn } from "./tell.ts";

/** What is said of each line of a proxy, whether or not anything comes to it. */
export function tellCompression(ledger: Ledger, settings: Settings): void {
  const lines = settings.all("compression");
  const isTyped = said(settings, "type").length > 0;
  for (const statement of lines) {
    const [first, kind, ...rest] = statement.words;
    if (kind === undefined || !["algo", "type", "offload"].includes(kind.text))
      ledger.fault(pathOf(kind ?? first!), "must be compression algo, type or offload, as in HAProxy");
    else if (settings.proxy.mode === "tcp") warn(ledger, first!, "does nothing in mode tcp, as in HAProxy");
    else if (kind.text === "algo") tellAlgorithms(ledger, statement, rest, isTyped);
    else if (kind.text === "offload")
      ledger.approximate(linePath(statement), "servers see Accept-Encoding, and may compress by themselves");
    else if (rest.length === 0) ledger.fault(pathOf(kind), "needs a media type, such as text/html");
    else
      for (const word of rest.filter((each) => rangeOf(each) === null))
        ledger.approximate(pathOf(word), "it is no media type, and nothing is compressed for it");
  }
}

function tellAlgorithms(ledger: Ledger, statement: Statement, words: readonly Word[], isTyped: boolean): void {
  if (!words.some(({ text }) => isCoding(text)))
    return ledger.note(linePath(statement), "nothing is compressed by identity");
  ledger.approximate(
    linePath(statement),
    "bodies from 1 kB on are compressed, whatever their status; HAProxy compresses shorter ones too, and those of 200 to 203 only",
  );
  for (const word of words.filter(({ text }) => text.endsWith("deflate")))
    ledger.approximate(pathOf(word), "deflate is not offered; gzip is");
  if (!isTyped)
    ledger.approximate(
      pathOf(words[0]!),
      "without compression type texts, JSON, JavaScript, XML, WebAssembly and SVG are compressed; HAProxy compresses everything",
    );
}

/** Of a listener; null without. */
export function listenerCompression(settings: Settings): CompressInput | null {
  return made(said(settings, "algo"), said(settings, "type"));
}

/** Of a pool that these frontends lead to; null where the listeners say the same. */
export function poolCompression(
  ledger: Ledger,
  settings: Settings,
  fronts: readonly Settings[],
): CompressInput | false | null {
  const [algorithms, types] = [said(settings, "algo"), said(settings, "type")];
  const [statement] = settings.all("compression");
  if (settings.proxy.mode === "tcp" || statement === undefined) return null;
  const own = (front: Settings | null, kind: string, words: readonly Word[]): readonly Word[] =>
    words.length > 0 || front === null ? words : said(front, kind);
  const each = (fronts.length === 0 ? [null] : fronts).map((front) => ({
    front: front === null ? null : listenerCompression(front),
    both: made(own(front, "algo", algorithms), own(front, "type", types)),
  }));
  const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  const first = each[0]!.both;
  if (each.every(({ front, both }) => isSame(front, both))) return null;
  if (!each.every(({ both }) => isSame(both, first)))
    ledger.approximate(
      linePath(statement),
      "what is compressed differs by frontend in HAProxy; here it is the same for all, as by the first that leads here",
    );
  // Its own algorithms are none of ours, and the listener's do not hold.
  return first ?? false;
}

function made(algorithms: readonly Word[], types: readonly Word[]): CompressInput | null {
  if (!algorithms.some(({ text }) => isCoding(text))) return null;
  const ranges = [...new Set(types.map(rangeOf).filter((range) => range !== null))];
  return { codings: ["gzip"], ...(ranges.length === 0 ? {} : { types: ranges }) };
}

/** All lines add up. */
function said(settings: Settings, kind: string): readonly Word[] {
  return settings
    .all("compression")
    .filter(({ words }) => words[1]?.text === kind)
    .flatMap(({ words }) => words.slice(2));
}

function isCoding(text: string): boolean {
  return text === "gzip" || text === "deflate" || text === "raw-deflate";
}

/** `text` and `text/` begin all that is text. */
function rangeOf({ text }: Word): string | null {
  const plain = text.toLowerCase().split(";")[0]!.trim();
  const range = /^[a-z]+\/?$/.test(plain) ? `${plain.replace("/", "")}/*` : plain;
  return mediaRange.test(range) ? range : null;
}
