// Who is banned, until when, why, and who said so: found by an address, also by one that lies in a banned block, and let off again. Sluice
// searches, for there may be 100,000; what is shown are those that were made last.

import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { BansAnswer } from "../../../src/control/api/bans.ts";
import type { BanRecord } from "../../../src/control/ban.ts";
import { useResource } from "../data/resource.ts";
import { figures, nowMs } from "../data/store.ts";
import { Asked, Outdated } from "../parts/asked.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { useKept } from "../parts/kept.ts";
import { Mark } from "../parts/mark.tsx";
import { Empty, Failure } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Search } from "../parts/search.tsx";
import { useSettled } from "../parts/settled.ts";
import { When } from "../parts/when.tsx";
import { closeRow, fragmentOf, openRow, place, refine } from "../router.ts";
import { dateTime, iso, plural, span, whole } from "../text/format.ts";
import { ban, change, lift } from "./bansorders.ts";

const shownMax = 1000;
const everyMs = 5000;

const columns: readonly ColumnOf<BanRecord>[] = [
  {
    id: "address",
    title: "Address",
    width: "minmax(9rem, 1.5fr)",
    narrow: "1fr",
    sort: ({ address }) => address,
    cell: ({ address }) => <b title={address}>{address}</b>,
  },
  {
    id: "until",
    title: "Ends",
    width: "minmax(7.5rem, 0.8fr)",
    narrow: "6.5rem",
    // Those without an end are the last to end.
    sort: ({ until }) => (until === null ? Number.MAX_VALUE : Date.parse(until)),
    cell: ({ until }) => <Ends until={until} />,
  },
  {
    id: "reason",
    title: "Why",
    width: "minmax(9rem, 2.4fr)",
    narrow: "1fr",
    sort: ({ reason }) => reason,
    cell: ({ reason }) => <span title={reason}>{reason}</span>,
  },
  {
    id: "by",
    title: "Who",
    width: "minmax(6rem, 0.9fr)",
    narrow: null,
    fromWidth: 560,
    sort: (each) => whoOf(each),
    cell: (each) => <span title={whoOf(each)}>{whoOf(each)}</span>,
  },
  {
    id: "since",
    title: "Since",
    width: "9.5rem",
    narrow: null,
    fromWidth: 760,
    sort: ({ since }) => Date.parse(since),
    cell: ({ since }) => <When at={since} as="ago" />,
  },
];

function Ends({ until }: { readonly until: string | null }): VNode {
  if (until === null) return <span class="quiet">when it is lifted</span>;
  return (
    <time dateTime={iso(until)} title={iso(until)}>
      {endText(until)}
    </time>
  );
}

/** One that is over stays in the list for a moment. */
function endText(until: string): string {
  const leftMs = Date.parse(until) - nowMs.value;
  return leftMs <= 0 ? "now" : `in ${span(leftMs)}`;
}

function whoOf({ by, node }: BanRecord): string {
  return [by, node === undefined ? "" : `on ${node}`].filter((each) => each !== "").join(" ");
}

const keyOf = ({ address }: BanRecord): string => address;

export function Bans(): VNode {
  const find = useSettled(place.value.query["find"]?.trim() ?? "", 180);
  const query = new URLSearchParams({ limit: String(shownMax), ...(find === "" ? {} : { find }) });
  const asked = useResource<BansAnswer>(`/api/v1/bans?${query}`, everyMs);
  const answer = useKept(asked, () => true);
  const all = figures.value?.bans ?? null;
  useEffect(() => {
    if (all !== null) asked.again();
  }, [all]);
  return (
    <div class="page listed">
      <h1 class="unseen">Bans</h1>
      {answer === null ? (
        <Asked of={asked} what="bans">
          {() => null}
        </Asked>
      ) : (
        <>
          <Outdated of={asked} />
          <List {...{ answer, find, all, told: asked.again }} />
        </>
      )}
    </div>
  );
}

interface ListProps {
  readonly answer: BansAnswer;
  readonly find: string;
  /** As the figures have it. */
  readonly all: number | null;
  readonly told: () => void;
}

function List({ answer: { bans, matching }, find, all, told }: ListProps): VNode {
  const { query, rest } = place.value;
  const sort = query["sort"] ?? "-since";
  const { rows, onHold } = useOrder({ rows: bans, keyOf, columns, sort, find: "", textOf: keyOf });
  const opened = rest[0] ?? null;
  return (
    <>
      <div class="bar-of-tools">
        <Search label="Search bans" placeholder="an address, a block, why, who…" />
        {all === null ? null : (
          <p class="tool-facts quiet">
            {find === "" ? plural(all, "ban") : `${plural(matching, "ban")} of ${whole(all)}`}
          </p>
        )}
        <span class="tools-end">
          <button type="button" onClick={() => ban(null, told)}>
            Ban an address…
          </button>
        </span>
      </div>
      <div class="beside">
        <div class="with-foot">
          <Rows
            label="Bans"
            {...{ rows, keyOf, columns, sort, opened, onHold }}
            onSort={(next) => refine({ sort: next })}
            onOpen={({ address }) => openRow(address)}
            empty={<Nothing find={find} all={all} />}
          />
          {matching > bans.length ? (
            <p class="foot">
              The {whole(bans.length)} that were made last, of {whole(matching)}; a search goes through all of them.
            </p>
          ) : null}
        </div>
        {opened === null ? null : (
          <Detail key={opened} address={opened} known={bans.find(({ address }) => address === opened)} told={told} />
        )}
      </div>
    </>
  );
}

function Nothing({ find, all }: { readonly find: string; readonly all: number | null }): VNode {
  if (find !== "")
    return (
      <Empty title={`No ban is like ${find}`}>
        {all === null || all === 0 ? "Nobody is banned." : `Another search shows ${whole(all)}.`}
      </Empty>
    );
  return (
    <Empty title="Nobody is banned">
      An address or block that is banned is given no service by any listener. Rules deny by themselves, and stand under
      Rules.
    </Empty>
  );
}

interface DetailProps {
  readonly address: string;
  /** As the list has it. */
  readonly known: BanRecord | undefined;
  /** Something was changed. */
  readonly told: () => void;
}

/** It is asked for by itself: it may be older than those in the list, and wider ones hold for it too. */
function Detail({ address, known, told }: DetailProps): VNode {
  const asked = useResource<BansAnswer>(`/api/v1/bans?${new URLSearchParams({ address })}`, everyMs);
  const around = asked.data.value?.bans ?? null;
  const found = around === null ? (known ?? null) : (around.find((each) => each.address === address) ?? null);
  const wider = (around ?? []).filter((each) => each.address !== address);
  const again = (): void => {
    asked.again();
    told();
  };
  return (
    <Drawer
      title={address}
      label={`Ban of ${address}`}
      onClose={() => closeRow()}
      actions={
        <>
          {found === null ? (
            <button type="button" class="danger" disabled={around === null} onClick={() => ban(address, again)}>
              Ban…
            </button>
          ) : (
            <>
              <button type="button" onClick={() => lift(found, again)}>
                Lift…
              </button>
              <button type="button" onClick={() => change(found, again)}>
                Change…
              </button>
            </>
          )}
          <a href={fragmentOf({ page: "requests", query: { find: `client:${address}` } })}>Its requests</a>
        </>
      }
    >
      {asked.error.value !== null && found === null ? (
        <Failure error={asked.error.value} again={asked.again} />
      ) : (
        <>
          {found === null && around === null ? null : <Standing found={found} wider={wider} />}
          {found === null ? null : <Facts of={factsOf(found)} />}
        </>
      )}
    </Drawer>
  );
}

/** Whether it is given service, which wider bans decide too. */
function Standing({ found, wider }: { readonly found: BanRecord | null; readonly wider: readonly BanRecord[] }): VNode {
  if (found === null && wider.length === 0)
    return <Empty title="Not banned">The ban is over, or was lifted. The audit log tells who has lifted one.</Empty>;
  return (
    <p class="outcome bad">
      <Mark state="bad" />
      <span>
        {found === null ? "not banned by itself" : "banned"}
        {wider.length === 0 ? "" : found === null ? ", but it lies in " : "; it also lies in "}
        {wider.map((each, index) => (
          <span key={each.address}>
            {index > 0 ? ", " : ""}
            <a href={fragmentOf({ page: "bans", rest: [each.address] })}>{each.address}</a>
          </span>
        ))}
        {wider.length === 0 ? "" : wider.length === 1 ? ", which is banned" : ", which are banned"}
      </span>
    </p>
  );
}

function factsOf(found: BanRecord): (readonly [string, ComponentChildren])[] {
  const { reason, by, node, since, until } = found;
  return [
    ["Why", reason],
    ["Who", by],
    ["Made on", node ?? null],
    ["Since", <When key="since" at={since} as="since" />],
    ["Ends", until === null ? "when it is lifted" : `${dateTime(until)}, ${endText(until)}`],
  ];
}
