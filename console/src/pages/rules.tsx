// Every rule in the order of the config, as it stands there: what it asks, what it does, and how often its condition held, now and since it is
// in force. A rule on trial (observe) counts as one in force does; what it would do is seen here before it does it.

import type { VNode } from "preact";
import type { RuleMode, RuleRecord, RulesAnswer } from "../../../src/control/api/shape/rule.ts";
import { useResource } from "../data/resource.ts";
import { figures, ticks } from "../data/store.ts";
import { ruleTrails } from "../data/trails.ts";
import { Asked } from "../parts/asked.tsx";
import { GoneDrawer } from "../parts/drawer.tsx";
import { State } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Choices, Search } from "../parts/search.tsx";
import { Spark } from "../parts/spark.tsx";
import { closeRow, openRow, place, refine } from "../router.ts";
import { count, whole } from "../text/format.ts";
import { isNarrow } from "../theme.ts";
import { RulesDetail } from "./rulesdetail.tsx";

/** With its place in the config. */
export interface RuleRow extends RuleRecord {
  readonly order: number;
}

const modes: readonly RuleMode[] = ["enforce", "observe", "off"];

const columns: readonly ColumnOf<RuleRow>[] = [
  {
    id: "mode",
    title: "Mode",
    width: "6.5rem",
    narrow: "4.8rem",
    sort: ({ mode }) => modes.indexOf(mode),
    cell: ({ mode, configuredMode }) => (
      <>
        <State state={mode} />
        {mode === configuredMode ? null : <span title={`The file says ${configuredMode}`}> *</span>}
      </>
    ),
  },
  {
    id: "name",
    title: "Rule",
    width: "minmax(9rem, 1.3fr)",
    narrow: "1fr",
    sort: ({ name }) => name,
    cell: ({ name, depth, mode, owner }) => (
      <span class={mode === "off" ? "quiet" : ""} style={{ paddingLeft: `${depth * 16}px` }}>
        <b>{name}</b>
        {isNarrow.value ? <span class="quiet"> {owner.name}</span> : null}
      </span>
    ),
  },
  {
    id: "owner",
    title: "Of",
    width: "minmax(6rem, .8fr)",
    narrow: null,
    fromWidth: 700,
    sort: ({ owner }) => `${owner.kind} ${owner.name}`,
    cell: ({ owner, phase }) => (
      <>
        {owner.name} <span class="quiet">{phase === "request" ? owner.kind : phase}</span>
      </>
    ),
  },
  {
    id: "condition",
    title: "If",
    width: "minmax(9rem, 2.4fr)",
    narrow: null,
    fromWidth: 560,
    cell: ({ condition }) =>
      condition === null ? <span class="quiet">always</span> : <code title={condition}>{condition}</code>,
  },
  {
    id: "action",
    title: "Then",
    width: "minmax(6rem, 1.2fr)",
    narrow: null,
    fromWidth: 740,
    sort: ({ action }) => action,
    cell: ({ action }) => <span title={action}>{action}</span>,
  },
  {
    id: "minute",
    title: "Last minute",
    width: "5rem",
    narrow: null,
    fromWidth: 900,
    cell: ({ id }) => <LastMinute id={id} />,
    hint: "How often its condition held, second by second",
  },
  {
    id: "rate",
    title: "hits/s",
    width: "4rem",
    narrow: "3.4rem",
    isNumber: true,
    sort: ({ id }) => rateOf(id),
    cell: ({ id }) => <Rate id={id} />,
  },
  {
    id: "hits",
    title: "Hits",
    width: "5rem",
    narrow: "4rem",
    isNumber: true,
    sort: ({ hits }) => hits,
    cell: ({ hits }) => <span class={hits === 0 ? "quiet" : ""}>{count(hits)}</span>,
    hint: "Since it is in force",
  },
];

/** Where nobody asks for another order. */
const asConfigured: ColumnOf<RuleRow> = {
  ...{ id: "order", title: "", width: "0", sort: ({ order }) => order, cell: () => null },
};

export function rateOf(id: string): number {
  return figures.value?.rules.find((rule) => rule.id === id)?.hits ?? 0;
}

/** It alone is drawn anew each second, not the row around it. */
function Rate({ id }: { readonly id: string }): VNode {
  const rate = rateOf(id);
  return <span class={rate === 0 ? "quiet" : ""}>{count(rate)}</span>;
}

function LastMinute({ id }: { readonly id: string }): VNode | null {
  return ticks.value < 0 ? null : <Spark line={ruleTrails.line(id)} />;
}

export function Rules(): VNode {
  const rules = useResource<RulesAnswer>("/api/v1/rules", 2000);
  return (
    <div class="page listed">
      <h1 class="unseen">Rules</h1>
      <Asked of={rules} what="rules">
        {({ rules: all }) =>
          all.length === 0 ? (
            <Empty title="No rules">
              Rules of listeners and pools decide what becomes of a request; how often each does stands here.
            </Empty>
          ) : (
            <List all={all} told={rules.again} />
          )
        }
      </Asked>
    </div>
  );
}

function List({ all, told }: { readonly all: readonly RuleRecord[]; readonly told: () => void }): VNode {
  const { query, rest } = place.value;
  const [mode, sort] = [query["mode"] ?? "", query["sort"] ?? "order"];
  const isUsed = query["hits"] ?? "";
  const rowsOfAll: readonly RuleRow[] = all.map((rule, order) => ({ ...rule, order }));
  const chosen = rowsOfAll.filter(
    (rule) =>
      (mode === "" || rule.mode === mode) && (isUsed === "" || (isUsed === "none" ? rule.hits === 0 : rule.hits > 0)),
  );
  const { rows, onHold } = useOrder({
    rows: chosen,
    keyOf: ({ id }) => id,
    columns: [...columns, asConfigured],
    sort,
    find: query["find"] ?? "",
    textOf: ({ name, id, owner, condition, action, mode: now }) =>
      `${name} ${id} ${owner.name} ${condition ?? ""} ${action} ${now}`,
  });
  const opened = all.find(({ id }) => id === rest[0]);
  return (
    <>
      <Tools all={all} isSorted={sort !== "order"} />
      <div class="beside">
        <Rows
          label="Rules"
          rows={rows}
          keyOf={({ id }) => id}
          columns={columns}
          sort={sort}
          onSort={(next) => refine({ sort: next })}
          opened={opened?.id ?? null}
          onOpen={({ id }) => openRow(id)}
          onHold={onHold}
          classOf={({ mode: now }) => (now === "off" ? "row-off" : "")}
          empty={<Empty title="No rule is like that">Another search or mode shows {whole(all.length)}.</Empty>}
        />
        {opened === undefined ? null : <RulesDetail key={opened.id} rule={opened} told={told} />}
        {opened === undefined && rest[0] ? <GoneDrawer what="rule" name={rest[0]} onClose={() => closeRow()} /> : null}
      </div>
    </>
  );
}

function Tools({ all, isSorted }: { readonly all: readonly RuleRecord[]; readonly isSorted: boolean }): VNode {
  const having = (wanted: RuleMode): number => all.filter((rule) => rule.mode === wanted).length;
  return (
    <div class="bar-of-tools">
      <Search label="Search rules" placeholder="name, condition, action…" />
      <Choices
        label="Mode"
        name="mode"
        choices={[
          { value: "", title: "all", count: all.length },
          ...modes.map((each) => ({ value: each, title: each, count: having(each) })),
        ]}
      />
      <Choices
        label="Hits"
        name="hits"
        choices={[
          { value: "", title: "hit or not" },
          { value: "some", title: "hit" },
          { value: "none", title: "never hit" },
        ]}
      />
      {isSorted ? (
        <button type="button" class="plain" onClick={() => refine({ sort: "" })}>
          in the order of the config
        </button>
      ) : null}
    </div>
  );
}
