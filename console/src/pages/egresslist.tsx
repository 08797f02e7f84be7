// The members of an egress pool as rows, for what a grid of squares does not tell: who failed most, who was not used for long.
// Order and search are of the page; it knows columns.

import type { VNode } from "preact";
import type { MemberSummary } from "../../../src/control/egress/answer.ts";
import { looks, stateOrder } from "../data/egressgrid.ts";
import { nowMs } from "../data/store.ts";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { When } from "../parts/when.tsx";
import { place, refine } from "../router.ts";
import { bytes, count, span } from "../text/format.ts";
import { Swatch } from "./egressgrid.tsx";

/** The worst first. */
const severity = (state: MemberSummary["state"]): number => -stateOrder.indexOf(state as never);

const columns: readonly ColumnOf<MemberSummary>[] = [
  {
    id: "state",
    title: "State",
    width: "8rem",
    narrow: "7.6rem",
    sort: ({ state }) => severity(state),
    cell: ({ state }) => (
      <>
        <Swatch state={state} /> {looks[state].title}
      </>
    ),
  },
  {
    id: "name",
    title: "Member",
    width: "minmax(9rem, 1.2fr)",
    narrow: "1fr",
    sort: ({ id }) => id,
    cell: ({ id }) => <b>{id}</b>,
  },
  {
    id: "why",
    title: "Why",
    width: "minmax(8rem, 2fr)",
    narrow: null,
    fromWidth: 560,
    sort: ({ why }) => why,
    cell: ({ why }) => <span title={why}>{why}</span>,
  },
  {
    id: "until",
    title: "Back in",
    width: "6.5rem",
    narrow: null,
    fromWidth: 700,
    isNumber: true,
    sort: ({ until }) => (until === null ? null : Date.parse(until)),
    cell: ({ until }) => (until === null ? "" : <Until at={until} />),
  },
  {
    id: "requests",
    title: "Requests",
    width: "5.5rem",
    narrow: null,
    fromWidth: 480,
    isNumber: true,
    sort: ({ requests }) => requests,
    cell: ({ requests }) => count(requests),
  },
  {
    id: "failed",
    title: "Failed",
    width: "4.5rem",
    narrow: "4rem",
    isNumber: true,
    sort: ({ failed }) => failed,
    cell: ({ failed }) => <span class={failed > 0 ? "bad" : "quiet"}>{count(failed)}</span>,
  },
  {
    id: "down",
    title: "Received",
    width: "5.5rem",
    narrow: null,
    fromWidth: 980,
    isNumber: true,
    sort: ({ bytesDown }) => bytesDown,
    cell: ({ bytesDown }) => bytes(bytesDown),
  },
  {
    id: "used",
    title: "Last used",
    width: "7rem",
    narrow: null,
    fromWidth: 860,
    isNumber: true,
    sort: ({ used }) => (used === null ? null : Date.parse(used)),
    cell: ({ used }) => (used === null ? <span class="quiet">never</span> : <When as="ago" at={used} />),
  },
];

function Until({ at }: { readonly at: string }): VNode {
  return <>{span(Date.parse(at) - nowMs.value)}</>;
}

export interface EgressListProps {
  readonly members: readonly MemberSummary[];
  readonly opened: string | null;
  readonly onOpen: (member: MemberSummary) => void;
}

export function EgressList({ members, opened, onOpen }: EgressListProps): VNode {
  const sort = place.value.query["sort"] ?? "state";
  const { rows, onHold } = useOrder({
    ...{ rows: members, keyOf: ({ id }: MemberSummary) => id, columns, sort, find: "" },
    textOf: () => "",
  });
  return (
    <Rows
      label="Members"
      rows={rows}
      keyOf={({ id }) => id}
      columns={columns}
      sort={sort}
      onSort={(next) => refine({ sort: next })}
      opened={opened}
      onOpen={onOpen}
      onHold={onHold}
      empty={null}
    />
  );
}
