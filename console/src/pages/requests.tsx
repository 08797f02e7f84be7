// Requests as they end, the newest first, with where their time went as a line; one opened tells all that the flight recorder kept. One field
// filters, in the words of the API; what stands in a row or in the detail is one press from being the filter.

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ExchangeRecord } from "../../../src/control/api/shape/exchange.ts";
import { requestFilter, withFilter } from "../data/requestfilter.ts";
import { type LiveRequests, useRequests } from "../data/requests.ts";
import { useKeys } from "../keys.ts";
import { StatusCode } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Search } from "../parts/search.tsx";
import { WaterfallLine } from "../parts/waterfall.tsx";
import { openRow, place, refine } from "../router.ts";
import { clock, iso, plural, took } from "../text/format.ts";
import { RequestDetail } from "./requestdetail.tsx";

const keyOf = ({ id }: ExchangeRecord): string => id;

/** Each filter is a stream of its own: not one for each letter. */
const settleMs = 250;

const quick: readonly (readonly [title: string, name: string, value: string])[] = [
  ["failed", "failed", "true"],
  ["5xx", "status", "5xx"],
  ["4xx", "status", "4xx"],
  ["> 200 ms", "slower", "200ms"],
  ["> 1 s", "slower", "1s"],
];

export function Requests(): VNode {
  const { query, rest } = place.value;
  const find = query["find"] ?? "";
  const filter = requestFilter(find);
  const settled = useSettled(find, settleMs);
  const asked = requestFilter(settled);
  const live = useRequests(asked.problems.length === 0 ? asked.query : {});
  const rows = live.rows.value;
  const opened = rows.find(({ id }) => id === rest[0]);
  // One axis for all rows: the time that nine of ten took less than, so that one of a minute does not flatten the others.
  const wholeMs = Math.max(
    1,
    percentile(
      rows.slice(0, 200).map(({ durationMs }) => durationMs),
      0.9,
    ) * 1.2,
  );
  // What is looked at must not run away.
  useEffect(() => live.hold(rest[0] !== undefined), [rest[0] !== undefined]);
  useKeys({ p: () => live.hold(!live.isHeld.value) });
  return (
    <div class="page listed">
      <h1 class="unseen">Requests</h1>
      <div class="bar-of-tools">
        <Search label="Filter requests" placeholder="status:5xx  pool:app  slower:200ms  /api/*" />
        <div class="choices">
          {quick.map(([title, name, value]) => (
            <button
              key={title}
              type="button"
              aria-pressed={filter.query[name] === value}
              onClick={() => refine({ find: withFilter(find, name, filter.query[name] === value ? "" : value) })}
            >
              {title}
            </button>
          ))}
        </div>
        <Holding live={live} />
      </div>
      {filter.problems.length === 0 ? null : <p class="problem">{filter.problems.join("; ")}</p>}
      <div class="beside">
        <Rows
          label="Requests"
          rows={rows}
          keyOf={keyOf}
          columns={columnsOf(wholeMs)}
          opened={opened?.id ?? null}
          onOpen={({ id }) => openRow(id)}
          classOf={(record) => (toneOfOutcome(record) === "bad" ? "row-bad" : "")}
          isAnchored
          empty={<WhyEmpty live={live} isFiltered={find !== ""} />}
        />
        {rest[0] === undefined ? null : <RequestDetail id={rest[0]} known={opened} find={find} />}
      </div>
    </div>
  );
}

function columnsOf(wholeMs: number): readonly ColumnOf<ExchangeRecord>[] {
  return [
    {
      id: "at",
      title: "Ended",
      width: "6.6rem",
      narrow: "4.2rem",
      cell: (record) => <Ended of={record} />,
      hint: "What began when stands in the detail",
    },
    {
      id: "status",
      title: "Status",
      width: "3.6rem",
      narrow: "2.6rem",
      cell: ({ status, kind, fault }) =>
        kind === "http" ? <StatusCode status={status} /> : <span class={fault === null ? "" : "bad"}>{kind}</span>,
    },
    { id: "method", title: "Method", width: "4.2rem", narrow: null, cell: ({ method }) => method },
    { id: "host", title: "Host", width: "minmax(6rem, 1fr)", narrow: null, fromWidth: 700, cell: ({ host }) => host },
    {
      id: "path",
      title: "Path",
      width: "minmax(8rem, 2fr)",
      narrow: "minmax(0, 1fr)",
      cell: ({ path, isCut, host, kind }) => (
        <span title={host + path}>{kind === "http" ? path + (isCut ? "…" : "") : host}</span>
      ),
    },
    {
      id: "client",
      title: "Client",
      width: "minmax(6.5rem, .9fr)",
      narrow: null,
      fromWidth: 860,
      cell: ({ client }) => client,
    },
    {
      id: "server",
      title: "Answered by",
      width: "minmax(9.5rem, 1.4fr)",
      narrow: null,
      cell: (record) => <AnsweredBy record={record} />,
    },
    {
      id: "took",
      title: "Took",
      width: "4.8rem",
      narrow: "4.4rem",
      isNumber: true,
      cell: ({ durationMs }) => took(durationMs),
    },
    {
      id: "phases",
      title: "Where the time went",
      width: "minmax(7rem, 1.1fr)",
      narrow: null,
      fromWidth: 980,
      cell: (record) => <WaterfallLine of={record} wholeMs={wholeMs} />,
    },
  ];
}

/** What was refused on purpose, or the client's own doing, is no failure of the service. */
function toneOfOutcome({ status, fault }: ExchangeRecord): "bad" | "warn" | "" {
  if (status >= 500) return "bad";
  if (fault === null) return "";
  return status >= 400 ? "warn" : "bad";
}

/** Rows come as requests end, and `sluice tail` tells the same time. */
function Ended({ of: { at, durationMs } }: { readonly of: ExchangeRecord }): VNode {
  const endMs = Date.parse(at) + durationMs;
  return (
    <time dateTime={iso(endMs)} title={iso(endMs)}>
      {clock(endMs)}
      <span class="quiet wide">{clock(endMs, true).slice(8)}</span>
    </time>
  );
}

/** A server, the cache, a rule, or Sluice by itself. */
function AnsweredBy({ record }: { readonly record: ExchangeRecord }): VNode {
  const { pool, server, cache, rule, fault } = record;
  if (fault !== null) return <span class={toneOfOutcome(record)}>{fault}</span>;
  if (server === "" && cache !== null && cache !== "miss") return <span>cache, {cache}</span>;
  if (server === "") return <span class="quiet">{rule === "" ? "Sluice" : `rule ${rule}`}</span>;
  return (
    <span>
      <span class="quiet">{pool}/</span>
      {server}
    </span>
  );
}

function Holding({ live }: { readonly live: LiveRequests }): VNode {
  const isHeld = live.isHeld.value;
  return (
    <div class="holding">
      {live.dropped.value === 0 ? null : (
        <span class="warn" title="They came faster than they could be sent here. Filter for what you look for.">
          {plural(live.dropped.value, "request")} not shown
        </span>
      )}
      {live.problem.value === null ? null : <span class="warn">{live.problem.value}</span>}
      <button type="button" aria-pressed={isHeld} onClick={() => live.hold(!isHeld)}>
        {isHeld ? `Go on${live.waiting.value > 0 ? ` (${live.waiting.value} new)` : ""}` : "Hold"}
        <kbd aria-hidden="true">p</kbd>
      </button>
    </div>
  );
}

function WhyEmpty({ live, isFiltered }: { readonly live: LiveRequests; readonly isFiltered: boolean }): VNode {
  if (live.problem.value !== null) return <Empty title={live.problem.value} />;
  if (!live.isKnown.value) return <Empty title="Asking the flight recorder…" />;
  if (!live.isOn.value) return <Empty title="The flight recorder is off">recorder.entries is 0 in the config.</Empty>;
  if (isFiltered) return <Empty title="No request is like that">Those that come and are will stand here.</Empty>;
  return <Empty title="No requests yet">They stand here as they end.</Empty>;
}

/** A value that has stayed the same for so long. */
function useSettled(value: string, ms: number): string {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), ms);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
