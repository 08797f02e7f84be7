// Which format a log has: said by name or as nginx' log_format, or told by its first lines, of which there may be some that are
// of no request. The format that reads most of them is it. What lines say is the formats' own business: each reads its own and
// refuses all others, so that none has to be asked before another.

import { misread, quote, type Reading, read } from "../base/reading.ts";
import { combined } from "./formats/combined.ts";
import { haproxy } from "./formats/haproxy.ts";
import { caddy, sluice } from "./formats/json.ts";
import { nginxFormat } from "./formats/nginx.ts";
import type { LogFormat } from "./recorded.ts";

const known: readonly LogFormat[] = [sluice, combined, haproxy, caddy];

export const formatNames: readonly string[] = known.map(({ name }) => name);

/** Of this many lines at most a format is told. */
export const sampleLines = 50;

export function formatNamed(text: string): Reading<LogFormat> {
  if (text.includes("$")) return nginxFormat(text);
  const found = known.find(({ name }) => name === text);
  if (found !== undefined) return read(found);
  return misread(`must be ${formatNames.join(", ")}, or an nginx log_format with its variables, not ${quote(text)}`);
}

/** Null when none reads any of them. */
export function formatOf(lines: readonly string[]): LogFormat | null {
  const counts = known.map(({ read: readLine }) => lines.filter((line) => readLine(line) !== null).length);
  const most = Math.max(...counts);
  return most === 0 ? null : known[counts.indexOf(most)]!;
}
