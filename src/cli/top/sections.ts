// The parts of `top`'s screen: each makes of what was told a table with a heading. Which of them are shown, and how many lines each gets, is
// the frame's to say (frame.ts).

import type { Paint } from "../paint.ts";
import { type Column, columnsText } from "./columns.ts";
import { amountText, bytesRate, msText, shareText } from "./numbers.ts";
import type { Watched } from "./watched.ts";

export interface Section {
  readonly title: string;
  readonly head: string;
  readonly lines: readonly string[];
}

export type SectionMaker = (watched: Watched, width: number, paint: Paint) => Section | null;

function section(
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): Section {
  return { title, ...columnsText(columns, rows, width) };
}

/** It may be left out. */
const spare = (column: Column): Column => ({ ...column, isSpare: true });

const numeric = (heading: string, paint?: Column["paint"]): Column =>
  paint === undefined ? { heading, isNumeric: true } : { heading, isNumeric: true, paint };

/** What is none is faint, what is bad is seen. */
function badUnlessNone(paint: Paint): NonNullable<Column["paint"]> {
  return (text) => (text === "0" || text === "-" ? paint.faint(text) : paint.bad(text));
}

export const listeners: SectionMaker = ({ figures }, width, paint) => {
  if (figures === null) return null;
  const bad = badUnlessNone(paint);
  const rows = figures.listeners.map(
    ({ name, address, mode, requests, statuses, latency, connections, bytesReceived, bytesSent, refused }) => [
      ...[name, address, mode, amountText(requests), amountText(statuses["4xx"]), amountText(statuses["5xx"])],
      ...[msText(latency?.p50Ms ?? null), msText(latency?.p99Ms ?? null), amountText(connections), amountText(refused)],
      ...[bytesRate(bytesReceived), bytesRate(bytesSent)],
    ],
  );
  const columns = [
    ...[
      { heading: "LISTENER" },
      spare({ heading: "ADDRESS" }),
      spare({ heading: "MODE" }),
      numeric("REQ/S"),
      numeric("4XX/S"),
    ],
    ...[
      numeric("5XX/S", bad),
      spare(numeric("P50")),
      numeric("P99"),
      numeric("CONN"),
      spare(numeric("REFUSED/S", bad)),
    ],
    ...[spare(numeric("IN")), spare(numeric("OUT"))],
  ];
  return section("Listeners", columns, rows, width);
};

export const pools: SectionMaker = ({ figures }, width, paint) => {
  if (figures === null || figures.pools.length === 0) return null;
  const bad = badUnlessNone(paint);
  const rows = figures.pools.map(({ name, requests, errors, queued, retries, servers, eligible, active }) => [
    ...[name, `${eligible}/${servers}`, amountText(requests), amountText(errors), amountText(retries)],
    ...[amountText(active), amountText(queued)],
  ]);
  const standing = (text: string, row: number): string => {
    const { eligible, servers } = figures.pools[row]!;
    return eligible === servers ? paint.good(text) : eligible === 0 ? paint.bad(text) : paint.odd(text);
  };
  const columns = [
    ...[
      { heading: "POOL" },
      numeric("UP", standing),
      numeric("REQ/S"),
      numeric("ERR/S", bad),
      spare(numeric("RETRY/S")),
    ],
    ...[numeric("ACTIVE"), numeric("QUEUED", bad)],
  ];
  return section("Pools", columns, rows, width);
};

export const servers: SectionMaker = (watched, width, paint) => {
  const ranked = watched.rankedServers();
  if (ranked.length === 0) return null;
  const bad = badUnlessNone(paint);
  const rows = ranked.map(({ pool, name, state, reason, requests, errors, active, meanMs }) => [
    ...[pool, name, state, amountText(requests), amountText(errors), amountText(active), msText(meanMs), reason ?? ""],
  ]);
  const standing = (text: string, row: number): string => {
    const { state, isEligible } = ranked[row]!;
    if (state === "up" || state === "unchecked") return paint.good(text);
    return isEligible || state === "draining" ? paint.odd(text) : paint.bad(text);
  };
  const columns = [
    ...[{ heading: "POOL" }, { heading: "SERVER" }, { heading: "STATE", paint: standing }, numeric("REQ/S")],
    ...[numeric("ERR/S", bad), numeric("ACTIVE"), spare(numeric("MEAN")), { heading: "WHY" }],
  ];
  return section("Servers", columns, rows, width);
};

export const hotKeys: SectionMaker = ({ hotKeys: keys }, width) => {
  if (keys.length === 0) return null;
  const rows = keys.map(({ table, key, column, value }) => [table, key, column, amountText(value)]);
  return section(
    "Hot keys",
    [{ heading: "TABLE" }, { heading: "KEY" }, { heading: "COUNTED" }, numeric("VALUE")],
    rows,
    width,
  );
};

export const egress: SectionMaker = ({ figures }, width, paint) => {
  if (figures === null || figures.egress.length === 0) return null;
  const rows = figures.egress.map(({ pool, members, available, requests, failures }) => [
    ...[pool, `${available}/${members}`, amountText(requests), amountText(failures)],
    requests === 0 ? "-" : shareText(failures / requests),
  ]);
  const standing = (text: string, row: number): string => {
    const { available, members } = figures.egress[row]!;
    return available === members ? paint.good(text) : available === 0 ? paint.bad(text) : paint.odd(text);
  };
  const columns = [
    ...[{ heading: "EGRESS POOL" }, numeric("AVAILABLE", standing), numeric("REQ/S"), numeric("FAILED/S")],
    numeric("SHARE"),
  ];
  return section("Egress", columns, rows, width);
};

export const caches: SectionMaker = ({ figures }, width) => {
  if (figures === null || figures.caches.length === 0) return null;
  const rows = figures.caches.map(({ name, hits, misses, hitRatio, entries, bytes, bytesMax }) => [
    ...[name, amountText(hits), amountText(misses), hitRatio === null ? "-" : shareText(hitRatio), amountText(entries)],
    bytesMax === 0 ? "-" : shareText(bytes / bytesMax),
  ]);
  const columns = [
    { heading: "CACHE" },
    ...["HIT/S", "MISS/S", "HITS", "ENTRIES", "FULL"].map((heading) => numeric(heading)),
  ];
  return section("Caches", columns, rows, width);
};

export const changes: SectionMaker = ({ changes: all }, width, paint) => {
  if (all.length === 0) return null;
  const rows = all.map(({ at, level, text }) => [at.slice(11, 19), level, text]);
  const leveled = (text: string, row: number): string => {
    const { level } = all[row]!;
    return level === "error" ? paint.bad(text) : level === "warn" ? paint.odd(text) : paint.faint(text);
  };
  return section(
    "Changes",
    [{ heading: "AT" }, { heading: "LEVEL", paint: leveled }, { heading: "WHAT" }],
    rows,
    width,
  );
};
