// One entry of a table, with all that it counts, and what may be done about it: set its counters, remove it, ban the address that it is of.
// It is asked for by itself, so that it stays when the list goes on without it.

import type { ComponentChildren, VNode } from "preact";
import type { ClearedAnswer, EntryAnswer, TableSummary } from "../../../src/control/table/answer.ts";
import { ask } from "../data/api.ts";
import { useResource } from "../data/resource.ts";
import { isCondition, valueText } from "../data/tablequery.ts";
import { askFirst, type FieldOf } from "../parts/dialog.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { Empty, Failure } from "../parts/notice.tsx";
import { closeRow } from "../router.ts";
import { plural, span, whole } from "../text/format.ts";
import { ban } from "./bansorders.ts";

const everyMs = 2000;

export interface TablesEntryProps {
  readonly table: TableSummary;
  readonly entryKey: string;
  /** As the list has it. */
  readonly known: EntryAnswer | undefined;
  /** Something was changed. */
  readonly told: () => void;
}

export function TablesEntry({ table, entryKey, known, told }: TablesEntryProps): VNode {
  const asked = useResource<EntryAnswer>(entryPath(table, entryKey), everyMs);
  const isGone = asked.error.value?.status === 404;
  const entry = isGone ? null : (asked.data.value ?? known ?? null);
  const again = (): void => {
    asked.again();
    told();
  };
  return (
    <Drawer
      title={entryKey}
      label={`Entry ${entryKey}`}
      onClose={() => closeRow(table.name)}
      actions={
        <>
          <button type="button" onClick={() => set(table, { key: entryKey, entry }, again)}>
            Set…
          </button>
          {entry === null ? null : (
            <button type="button" class="danger" onClick={() => remove(table, entryKey, again)}>
              Remove…
            </button>
          )}
          {table.key.kind === "ip" ? (
            <button type="button" onClick={() => ban(entryKey)}>
              Ban…
            </button>
          ) : null}
          {table.key.kind === "ip" ? (
            <a href={`#/requests?find=${encodeURIComponent(`client:${entryKey}`)}`}>Its requests</a>
          ) : null}
        </>
      }
    >
      {entry === null ? (
        <Missing isGone={isGone} asked={asked} />
      ) : (
        <div class="counters">
          <Facts of={factsOf(entry)} />
        </div>
      )}
    </Drawer>
  );
}

function Missing({
  isGone,
  asked,
}: {
  readonly isGone: boolean;
  readonly asked: ReturnType<typeof useResource>;
}): VNode {
  if (isGone) return <Empty title="No entry any more">It has expired, made room for another, or was removed.</Empty>;
  return asked.error.value === null ? (
    <div class="empty waiting">Asking…</div>
  ) : (
    <Failure error={asked.error.value} again={asked.again} />
  );
}

function factsOf({ values, fleet, uses, expiresMs }: EntryAnswer): (readonly [string, ComponentChildren])[] {
  return [
    ...Object.entries(values).map(([name, value]): [string, ComponentChildren] => [
      name,
      fleet?.[name] === undefined
        ? valueText(name, value)
        : `${valueText(name, fleet[name])}, of which ${valueText(name, value)} here`,
    ]),
    ["In use by", plural(uses, "connection or request", "connections and requests")],
    ["Expires", expiresMs === null ? "never" : `in ${span(expiresMs)} unless it is used`],
  ];
}

/** Gauges count who is there now, and tokens come back by themselves: what cannot be set is not offered. */
const settable = (name: string): boolean => !/^(?:conn_cur|tokens)/.test(name);

function entryPath({ name }: TableSummary, key: string): string {
  return `/api/v1/tables/${encodeURIComponent(name)}/entries/${encodeURIComponent(key)}`;
}

interface Known {
  readonly key: string;
  readonly entry: EntryAnswer | null;
}

/** `known` null: the key is asked for too. */
export function set(table: TableSummary, known: Known | null, told: () => void): void {
  const names = Object.keys(known?.entry?.values ?? {});
  // Arrays are told by their elements, which only an entry has.
  const offered = (names.length > 0 ? names : table.store.filter((name) => !/^\w+\(\d+\)$/.test(name))).filter(
    settable,
  );
  const key: FieldOf = {
    ...{ name: "key", title: "Key", isRequired: true },
    hint: table.key.kind === "ip" ? "An address: 203.0.113.7" : `A key of the kind ${table.key.kind}`,
  };
  askFirst({
    title: known === null ? `Set an entry of ${table.name}` : `Set ${known.key}`,
    text: "Rules see the new values from the next request on. A field left empty stays as it is.",
    action: "Set",
    fields: [
      ...(known === null ? [key] : []),
      ...offered.map((name): FieldOf => {
        const now = known?.entry?.values[name];
        return {
          name: `=${name}`,
          title: name,
          type: "number",
          ...(now === undefined ? {} : { hint: `now ${whole(now)}` }),
        };
      }),
    ],
    act: async (given) => {
      const wanted = Object.entries(given).filter(([name, value]) => name.startsWith("=") && value.trim() !== "");
      const body = Object.fromEntries(wanted.map(([name, value]) => [name.slice(1), Number(value)]));
      const of = (known?.key ?? given["key"] ?? "").trim();
      await ask<EntryAnswer>(entryPath(table, of), { method: "PUT", body });
      told();
      return `${of} of ${table.name} is set`;
    },
  });
}

function remove(table: TableSummary, key: string, told: () => void): void {
  askFirst({
    title: `Remove ${key} from ${table.name}?`,
    text: "All that was counted of it is forgotten. If it is in use now, its counters begin at 0.",
    action: "Remove",
    isDangerous: true,
    act: async () => {
      await ask<ClearedAnswer>(entryPath(table, key), { method: "DELETE" });
      told();
      return `${key} is removed from ${table.name}`;
    },
  });
}

/** All entries, or those that a search finds; a large table in parts, as the server asks for it. */
export function clear(table: TableSummary, find: string, told: () => void): void {
  const wanted = find.trim();
  askFirst({
    title: wanted === "" ? `Clear all of ${table.name}?` : `Clear those found in ${table.name}?`,
    text:
      wanted === ""
        ? `All that was counted of ${plural(table.entries, "entry", "entries")} is forgotten; limits begin anew for everybody.`
        : `Entries that “${wanted}” finds, also those beyond the ones that are shown, are forgotten.`,
    action: "Clear",
    isDangerous: true,
    act: async () => {
      let cleared = 0;
      for (let cursor: string | null = ""; cursor !== null; ) {
        const query = new URLSearchParams(cursor === "" ? {} : { cursor });
        if (wanted !== "") query.set(isCondition(wanted) ? "where" : "find", wanted);
        const path = `/api/v1/tables/${encodeURIComponent(table.name)}?${query}`;
        const answer: ClearedAnswer = await ask<ClearedAnswer>(path, { method: "DELETE" });
        cleared += answer.cleared;
        cursor = answer.cursor;
      }
      told();
      return `${plural(cleared, "entry", "entries")} cleared from ${table.name}`;
    },
  });
}
