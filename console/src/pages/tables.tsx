// What tables hold: each with how full it is, then the entries of one, those with most of something first, searched by key or by a condition
// on what they count. The server sorts and searches, for a table may hold a million; what is shown is its first page, kept up to date,
// or, on demand, all entries page by page.

import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { EntriesAnswer, EntryAnswer, TableSummary, TablesAnswer } from "../../../src/control/table/answer.ts";
import { type Resource, useResource } from "../data/resource.ts";
import { askPath, usualSort } from "../data/tablequery.ts";
import { Asked, Outdated } from "../parts/asked.tsx";
import { useKept } from "../parts/kept.ts";
import { Meter } from "../parts/meter.tsx";
import { Empty, Failure, Gone } from "../parts/notice.tsx";
import { held } from "../parts/order.ts";
import { Rows } from "../parts/rows.tsx";
import { Search } from "../parts/search.tsx";
import { useSettled } from "../parts/settled.ts";
import { fragmentOf, openRow, place, refine } from "../router.ts";
import { count, span, whole } from "../text/format.ts";
import { columnsOf } from "./tablescolumns.tsx";
import { clear, set, TablesEntry } from "./tablesentry.tsx";

const limits = { first: 200, most: 1000 } as const;
/** A walk through a large table takes control a while. */
const everyMs = ({ entries }: TableSummary): number => (entries > 20_000 ? 10_000 : 2000);

export function Tables(): VNode {
  const tables = useResource<TablesAnswer>("/api/v1/tables", 2000);
  return (
    <div class="page listed">
      <h1 class="unseen">Tables</h1>
      <Asked of={tables} what="tables">
        {({ tables: all }) => {
          if (all.length === 0)
            return (
              <Empty title="No tables">
                Rules count clients, users and whatever else in tables of the config; what they count stands here.
              </Empty>
            );
          const wanted = place.value.rest[0] || all[0]!.name;
          const table = all.find(({ name }) => name === wanted);
          return (
            <>
              <Strip all={all} now={wanted} />
              {table === undefined ? (
                <Gone what="table" name={wanted} />
              ) : (
                <Entries key={table.name} table={table} told={tables.again} />
              )}
            </>
          );
        }}
      </Asked>
    </div>
  );
}

function Strip({ all, now }: { readonly all: readonly TableSummary[]; readonly now: string }): VNode {
  return (
    <nav class="strip" aria-label="Tables">
      {all.map(({ name, entries, entriesMax, key }) => (
        <a key={name} title={name} href={fragmentOf({ page: "tables", rest: [name] })} aria-current={name === now}>
          <b>{name}</b>
          <span class="quiet">by {key.kind === "ip" ? "address" : key.kind}</span>
          <span class="strip-figure">
            {whole(entries)} <span class="quiet">of {count(entriesMax)}</span>
          </span>
          <Meter value={entries} of={entriesMax} />
        </a>
      ))}
    </nav>
  );
}

interface EntriesProps {
  readonly table: TableSummary;
  /** Something was changed. */
  readonly told: () => void;
}

function Entries({ table, told }: EntriesProps): VNode {
  const { query, rest } = place.value;
  const [limit, setLimit] = useState<number>(limits.first);
  /** Cursors of the pages so far; null: not by pages but by what is greatest. */
  const [pages, setPages] = useState<readonly string[] | null>(null);
  const sort = query["sort"] ?? usualSort(table);
  const find = useSettled(query["find"] ?? "", 180);
  const path = askPath(table.name, { find, sort: pages === null ? sort : "", limit, cursor: pages?.at(-1) ?? "" });
  const asked = useResource<EntriesAnswer>(path, everyMs(table));
  const answer = useKept(asked, (former) => former.table === table.name);
  const { rows, onHold } = useHeldOrder(answer?.entries ?? [], path);
  const again = (): void => {
    asked.again();
    told();
  };
  return (
    <>
      <Tools table={table} find={find} told={again} />
      {asked.error.value !== null && asked.data.value === null && answer !== null ? (
        // The rows are those of the search before, which was understood.
        <p class="problem" role="alert">
          {asked.error.value.message}
        </p>
      ) : null}
      <Outdated of={asked} />
      <div class="beside">
        <div class="with-foot">
          <Rows
            label={`Entries of ${table.name}`}
            rows={rows}
            keyOf={({ key }) => key}
            columns={columnsOf(table, answer?.entries ?? [], sort)}
            sort={pages === null ? sort : ""}
            onSort={(next) => {
              setPages(null);
              refine({ sort: next });
            }}
            opened={rest[1] ?? null}
            onOpen={({ key }) => openRow(table.name, key)}
            onHold={onHold}
            empty={<Nothing asked={asked} isSearched={find !== ""} table={table} />}
          />
          <Foot {...{ table, answer, sort, limit, setLimit, pages, setPages, isSearched: find !== "" }} />
        </div>
        {rest[1] === undefined ? null : (
          <TablesEntry
            key={`${table.name}/${rest[1]}`}
            table={table}
            entryKey={rest[1]}
            known={rows.find(({ key }) => key === rest[1])}
            told={again}
          />
        )}
      </div>
    </>
  );
}

interface ToolsProps {
  readonly table: TableSummary;
  readonly find: string;
  readonly told: () => void;
}

function Tools({ table, find, told }: ToolsProps): VNode {
  return (
    <div class="bar-of-tools">
      <Search label="Search entries" placeholder="key, or a condition: gpc0 > 0 && uses >= 1" />
      <TableFacts table={table} />
      <span class="tools-end">
        <button type="button" onClick={() => set(table, null, told)}>
          Set an entry…
        </button>
        <button type="button" onClick={() => clear(table, find, told)} disabled={table.entries === 0}>
          {find === "" ? "Clear…" : "Clear those found…"}
        </button>
      </span>
    </div>
  );
}

/** While the pointer is over the rows they keep their places, so that nobody presses on one that has just moved. */
function useHeldOrder(
  entries: readonly EntryAnswer[],
  asked: string,
): { readonly rows: readonly EntryAnswer[]; readonly onHold: (isHeld: boolean) => void } {
  const isHeld = useRef(false);
  const former = useRef<{ asked: string; keys: readonly string[] }>({ asked: "", keys: [] });
  const isKept = isHeld.current && former.current.asked === asked;
  const rows = isKept ? held(entries, ({ key }) => key, former.current.keys) : entries;
  if (!isKept) former.current = { asked, keys: entries.map(({ key }) => key) };
  return {
    rows,
    onHold: (is) => {
      isHeld.current = is;
    },
  };
}

function TableFacts({ table }: { readonly table: TableSummary }): VNode {
  const { expireMs, whenFull, evictions, refusals, isShared } = table;
  return (
    <p class="tool-facts quiet wide">
      {expireMs === 0 ? "never expire" : `expire after ${span(expireMs)}`}
      {evictions > 0 ? ` · ${count(evictions)} made room for others` : ""}
      {refusals > 0 ? <span class="warn"> · {count(refusals)} found no room</span> : null}
      {whenFull === "refuse" ? " · refuses when full" : ""}
      {isShared ? " · shared by the fleet" : ""}
    </p>
  );
}

interface NothingProps {
  readonly asked: Resource<EntriesAnswer>;
  readonly isSearched: boolean;
  readonly table: TableSummary;
}

function Nothing({ asked, isSearched, table }: NothingProps): VNode {
  if (asked.error.value !== null) return <Failure error={asked.error.value} again={asked.again} />;
  if (asked.data.value === null) return <div class="empty waiting">Asking for entries…</div>;
  if (isSearched) return <Empty title="No entry is like that">All in all there are {whole(table.entries)}.</Empty>;
  return (
    <Empty title={`${table.name} is empty`}>
      An entry comes when a rule tracks something in it, or by “Set an entry”.
    </Empty>
  );
}

interface FootProps {
  readonly table: TableSummary;
  readonly answer: EntriesAnswer | null;
  readonly sort: string;
  readonly limit: number;
  readonly setLimit: (limit: number) => void;
  readonly pages: readonly string[] | null;
  readonly setPages: (pages: readonly string[] | null) => void;
  readonly isSearched: boolean;
}

/** What part of the table this is, and the way to the rest. */
function Foot({ table, answer, sort, limit, setLimit, pages, setPages, isSearched }: FootProps): VNode | null {
  if (answer === null) return null;
  const shown = answer.entries.length;
  if (pages !== null)
    return (
      <p class="foot">
        <span>
          Page {pages.length}, as they stand in the table; about {whole(table.entries)} in all
        </span>
        <button type="button" disabled={pages.length === 1} onClick={() => setPages(pages.slice(0, -1))}>
          Previous
        </button>
        <button
          type="button"
          disabled={answer.cursor === null}
          onClick={() => answer.cursor !== null && setPages([...pages, answer.cursor])}
        >
          Next
        </button>
        <button type="button" class="plain" onClick={() => setPages(null)}>
          Sorted again
        </button>
      </p>
    );
  const isCut = shown >= limit;
  return (
    <p class="foot">
      <span>
        {isCut ? `The first ${whole(shown)} by ${sort.replace(/^-/, "")}` : `${whole(shown)} shown`}
        {isSearched ? " of those found" : ""}, {whole(table.entries)} in all
        {answer.isPartial === true ? "; the table is so large that not all of it was looked at" : ""}
      </span>
      {isCut && limit < limits.most ? (
        <button type="button" onClick={() => setLimit(limits.most)}>
          Show {whole(limits.most)}
        </button>
      ) : null}
      {isCut ? (
        <button type="button" onClick={() => setPages([""])}>
          Page through all
        </button>
      ) : null}
    </p>
  );
}
