// HAProxy's statistics page, in a design of our own: one page of plain HTML without a script, a table for each of HAProxy's proxies, of the
// rows that `show stat` tells. What stands in it comes from configs and servers, and is text, never markup.

import type { Row } from "./fields.ts";

export interface PageOptions {
  /** Null: the page says nothing of it. */
  readonly version: string | null;
  readonly uptimeSeconds: number;
  readonly node: string;
  /** Where the page is, for links to its other forms. */
  readonly uri: string;
  /** Null: the console is at another address. */
  readonly console: string | null;
}

const columns: readonly (readonly [title: string, of: (row: Row) => string, isNumber?: true])[] = [
  ["Name", (row) => String(row["svname"])],
  ["State", (row) => String(row["status"] ?? "")],
  ["For", (row) => (row["lastchg"] === undefined ? "" : spanOf(Number(row["lastchg"])))],
  ["Queued", (row) => pair(row, "qcur", "qmax"), true],
  ["Now", (row) => pair(row, "scur", "smax"), true],
  ["Limit", (row) => told(row, "slim"), true],
  ["A second", (row) => pair(row, "rate", "rate_max"), true],
  ["Sessions", (row) => told(row, "stot"), true],
  ["Requests", (row) => told(row, "req_tot"), true],
  ["4xx", (row) => told(row, "hrsp_4xx"), true],
  ["5xx", (row) => told(row, "hrsp_5xx"), true],
  ["In", (row) => bytesOf(row["bin"]), true],
  ["Out", (row) => bytesOf(row["bout"]), true],
  ["Denied", (row) => told(row, "dreq"), true],
  ["Errors", (row) => sumOf(row, ["ereq", "econ", "eresp"]), true],
  ["Retries", (row) => told(row, "wretr"), true],
  ["Weight", (row) => told(row, "weight"), true],
  ["Last check", (row) => String(row["last_chk"] ?? row["check_status"] ?? "")],
];

export const pageStyle = `body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#1d2430;background:#fff}
h1{font-size:1.3rem;margin:0}h2{font-size:1.05rem;margin:1.6rem 0 .3rem}p{margin:.3rem 0;color:#556}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{padding:.25rem .55rem;text-align:left;white-space:nowrap;border-bottom:1px solid #dde1e8}
th{font-weight:600;color:#556;background:#f5f6f9}.n{text-align:right;font-variant-numeric:tabular-nums}
.total td{font-weight:600;background:#f5f6f9}.up td:nth-child(2){color:#13703a}.down td:nth-child(2){color:#b3261e}.held td:nth-child(2){color:#8a5a00}
@media(prefers-color-scheme:dark){body{color:#e4e7ee;background:#14171d}th,.total td{background:#1d222b}p,th{color:#a5adbb}th,td{border-color:#2c333f}a{color:#8ab4f8}.up td:nth-child(2){color:#6fd394}.down td:nth-child(2){color:#ff8a80}.held td:nth-child(2){color:#f0c060}}`;

export function statPage(rows: readonly Row[], { version, uptimeSeconds, node, uri, console }: PageOptions): string {
  const groups = [...Map.groupBy(rows, (row) => String(row["pxname"]))];
  const title = `Sluice on ${node}`;
  const link = (href: string, text: string): string => `<a href="${escaped(href)}">${escaped(text)}</a>`;
  const others = [
    ...(console === null ? [] : [link(console, "console")]),
    link(`${uri};csv`, "CSV"),
    link(`${uri};json`, "JSON"),
    link(`${uri};norefresh`, "without refresh"),
  ];
  const places = groups.map(([name], at) => link(`#p${at}`, name)).join(", ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${pageStyle}</style></head><body>
<h1>${escaped(title)}</h1>
<p>${version === null ? "" : `version ${escaped(version)}, `}up for ${spanOf(uptimeSeconds)}. ${others.join(" | ")}</p>
<p>${places}</p>
${groups.map(([name, of], at) => tableOf(name, of, at)).join("\n")}
<p>Two numbers are what there is now, and the most that there was. A second: sessions that came in the last one.</p>
</body></html>
`;
}

function tableOf(name: string, rows: readonly Row[], at: number): string {
  const head = columns
    .map(([title, , isNumber]) => `<th${isNumber === true ? ' class="n"' : ""}>${title}</th>`)
    .join("");
  return `<h2 id="p${at}">${escaped(name)} <small>${escaped(String(rows[0]!["mode"] ?? ""))}</small></h2>
<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>
${rows.map(lineOf).join("\n")}
</tbody></table></div>`;
}

function lineOf(row: Row): string {
  const status = String(row["status"]);
  const state = /^(?:UP|OPEN|no check)/.test(status) ? "up" : status === "DOWN" ? "down" : "held";
  const cells = columns.map(
    ([, of, isNumber]) => `<td${isNumber === true ? ' class="n"' : ""}>${escaped(of(row))}</td>`,
  );
  return `<tr class="${state}${row["type"] === 2 ? "" : " total"}">${cells.join("")}</tr>`;
}

function told(row: Row, name: string): string {
  return String(row[name] ?? "");
}

function pair(row: Row, now: string, most: string): string {
  return row[now] === undefined ? "" : `${row[now]} / ${row[most] ?? row[now]}`;
}

function sumOf(row: Row, names: readonly string[]): string {
  const known = names.flatMap((name) => (row[name] === undefined ? [] : [Number(row[name])]));
  return known.length === 0 ? "" : String(known.reduce((sum, count) => sum + count, 0));
}

/** `1d 2h`, `3m 4s`: the two largest units. */
function spanOf(seconds: number): string {
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [Math.floor(seconds % 60), "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  const shown = first === -1 ? units.slice(3) : units.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}

function bytesOf(count: unknown): string {
  if (typeof count !== "number") return "";
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), 5);
  return power === 0
    ? `${count} B`
    : `${(count / 1000 ** power).toFixed(1)} ${["B", "kB", "MB", "GB", "TB", "PB"][power]}`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
