// Every server of every pool, those in trouble first, with why and since when, and what may be done about it: drain, enable, another weight.
// 10,000 of them are as good as ten: rows are virtual, and only what is seen is drawn.

import type { VNode } from "preact";
import type { ServerFigures } from "../../../src/control/api/shape/figures.ts";
import { ask } from "../data/api.ts";
import { figures, serverKey, servers, serversVersion, status } from "../data/store.ts";
import { askFirst } from "../parts/dialog.tsx";
import { Drawer, Facts, GoneDrawer } from "../parts/drawer.tsx";
import { State } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Choices, Names, Search } from "../parts/search.tsx";
import { Two } from "../parts/two.tsx";
import { When } from "../parts/when.tsx";
import { closeRow, openRow, place, refine } from "../router.ts";
import { anyServer, count, plural, serverTitle, took, whole } from "../text/format.ts";
import { isNarrow } from "../theme.ts";

const trouble: readonly ServerFigures["state"][] = ["down", "unresolved", "ejected"];
/** The worst first. */
const severity: readonly ServerFigures["state"][] = [...trouble, "draining", "unchecked", "up"];

const columns: readonly ColumnOf<ServerFigures>[] = [
  {
    id: "state",
    title: "State",
    width: "5.8rem",
    narrow: "5.1rem",
    sort: ({ state }) => severity.indexOf(state),
    cell: ({ state }) => <State state={state} />,
  },
  {
    id: "name",
    title: "Server",
    width: "minmax(9rem, 1.3fr)",
    narrow: "1fr",
    sort: ({ name }) => name,
    cell: (server) => <Name server={server} />,
  },
  {
    id: "pool",
    title: "Pool",
    width: "5rem",
    // An address must be there to its end, for that is what it differs in; the pool stands below it.
    narrow: null,
    fromWidth: 420,
    sort: ({ pool }) => pool,
    cell: ({ pool }) => <span title={pool}>{pool}</span>,
  },
  {
    id: "reason",
    title: "Why",
    width: "minmax(9rem, 2.2fr)",
    narrow: null,
    fromWidth: 560,
    sort: ({ reason }) => reason,
    cell: ({ reason }) => <span title={reason ?? undefined}>{reason}</span>,
  },
  {
    id: "since",
    title: "Since",
    width: "6.1rem",
    narrow: null,
    fromWidth: 900,
    isNumber: true,
    sort: ({ since }) => Date.parse(since),
    cell: ({ since }) => <When at={since} as="ago" />,
  },
  {
    id: "weight",
    title: "Weight",
    width: "3.8rem",
    narrow: null,
    fromWidth: 980,
    isNumber: true,
    sort: ({ weight }) => weight,
    cell: ({ weight }) => weight,
  },
  {
    id: "active",
    title: "Active",
    width: "3.6rem",
    narrow: null,
    fromWidth: 840,
    isNumber: true,
    sort: ({ active }) => active,
    cell: ({ active }) => count(active),
    hint: "Requests and connections under way",
  },
  {
    id: "requests",
    title: "req/s",
    width: "3.6rem",
    narrow: "2.7rem",
    isNumber: true,
    sort: ({ requests }) => requests,
    cell: ({ requests }) => count(requests),
  },
  {
    id: "errors",
    title: "err/s",
    width: "3.4rem",
    narrow: "2.3rem",
    isNumber: true,
    sort: ({ errors }) => errors,
    cell: ({ errors }) => <span class={errors > 0 ? "bad" : "quiet"}>{count(errors)}</span>,
  },
  {
    id: "mean",
    title: "Mean",
    width: "4.6rem",
    narrow: null,
    fromWidth: 760,
    isNumber: true,
    sort: ({ meanMs }) => meanMs,
    cell: ({ meanMs }) => took(meanMs),
    hint: "Of what ended in the last second",
  },
];

function Name({ server: { name, pool, isBackup } }: { readonly server: ServerFigures }): VNode {
  const title = (
    <>
      <b title={name}>{serverTitle(name)}</b>
      {isBackup ? <span class="quiet"> backup</span> : null}
    </>
  );
  return isNarrow.value ? <Two above={title} below={pool} /> : title;
}

/** A pool stands there whole, where there is room at all: names of many begin alike. */
function columnsFor(all: readonly ServerFigures[]): readonly ColumnOf<ServerFigures>[] {
  const longest = all.reduce((most, { pool }) => Math.max(most, pool.length), 0);
  const width = `minmax(5rem, ${Math.min(longest, poolLettersMax) * letterPx + 6}px)`;
  return columns.map((column) => (column.id === "pool" ? { ...column, width } : column));
}

const poolLettersMax = 32;
/** Of a row's letters; heads have smaller ones, so that nothing of a font can be a measure of both. */
const letterPx = 7;

const isTrouble = ({ state }: ServerFigures): boolean => trouble.includes(state);

export function Servers(): VNode {
  const { query, rest } = place.value;
  // Read for its changes: the map itself is no signal.
  const all = serversVersion.value < 0 ? [] : [...servers.values()];
  const ofPool = query["pool"] ? all.filter(({ pool }) => pool === query["pool"]) : all;
  const state = query["state"] ?? "";
  const chosen =
    state === "" ? ofPool : ofPool.filter((each) => (state === "trouble" ? isTrouble(each) : each.state === state));
  const shown = columnsFor(all);
  const { rows, onHold } = useOrder({
    rows: chosen,
    keyOf: serverKey,
    columns: shown,
    sort: query["sort"] ?? "state",
    find: query["find"] ?? "",
    textOf: (each) => `${each.name} ${each.pool} ${each.address ?? ""} ${each.state} ${each.reason ?? ""}`,
  });
  const opened = rest.length === 2 ? servers.get(`${rest[0]}/${rest[1]}`) : undefined;
  const having = (wanted: ServerFigures["state"]): number => ofPool.filter((each) => each.state === wanted).length;
  return (
    <div class="page listed">
      <h1 class="unseen">Servers</h1>
      <div class="bar-of-tools">
        <Search label="Search servers" placeholder="name, pool, address, reason…" />
        <Choices
          label="State"
          name="state"
          choices={[
            { value: "", title: "all", count: ofPool.length },
            { value: "trouble", title: "in trouble", count: ofPool.filter(isTrouble).length },
            { value: "draining", title: "draining", count: having("draining") },
            { value: "up", title: "up", count: having("up") },
          ]}
        />
        <PoolChoice all={all} />
      </div>
      <Leaving pool={query["pool"] ?? ""} />
      <div class="beside">
        <Rows
          label="Servers"
          rows={rows}
          keyOf={serverKey}
          columns={shown}
          sort={query["sort"] ?? "state"}
          onSort={(sort) => refine({ sort })}
          opened={opened === undefined ? null : serverKey(opened)}
          onOpen={(each) => openRow(each.pool, each.name)}
          onHold={onHold}
          empty={
            figures.value === null ? (
              <Empty title="Waiting for the first figures…" />
            ) : all.length === 0 ? (
              <Empty title="No servers yet">Pools of the config, and what discovery finds, stand here.</Empty>
            ) : (
              <Empty title="No server is like that">Another search, state or pool shows {whole(all.length)}.</Empty>
            )
          }
        />
        {opened === undefined ? null : <Detail server={opened} />}
        {opened === undefined && rest.length === 2 && all.length > 0 ? (
          <GoneDrawer what={`server in pool ${rest[0]} called`} name={rest[1]!} onClose={() => closeRow()} />
        ) : null}
      </div>
    </div>
  );
}

const leavingShown = 8;

/** Those that are in no pool any more, and end what they were given. */
function Leaving({ pool }: { readonly pool: string }): VNode | null {
  const gone = (status.value?.removedServers ?? []).filter((each) => pool === "" || each.pool === pool);
  if (gone.length === 0) return null;
  const more = gone.length - leavingShown;
  return (
    <p class="leaving">
      No longer in the pool, until what they were given has ended:{" "}
      {gone.slice(0, leavingShown).map((each, index) => (
        <span key={`${each.pool} ${each.name}`}>
          {index > 0 ? ", " : ""}
          <b>{serverTitle(each.name)}</b> of {each.pool} ({whole(each.active)})
        </span>
      ))}
      {more > 0 ? `, and ${plural(more, "other")}` : null}
    </p>
  );
}

function PoolChoice({ all }: { readonly all: readonly ServerFigures[] }): VNode {
  const names = [...new Set(all.map(({ pool }) => pool))].sort();
  return <Names label="Pool" name="pool" all="every pool" names={names} />;
}

function Detail({ server }: { readonly server: ServerFigures }): VNode {
  const { pool, name, state } = server;
  return (
    <Drawer
      title={serverTitle(name)}
      label={`Server ${name}`}
      onClose={() => closeRow()}
      actions={
        <>
          {state === "draining" ? (
            <button type="button" class="primary" onClick={() => order(server, "enable")}>
              Enable…
            </button>
          ) : (
            <button type="button" onClick={() => order(server, "drain")}>
              Drain…
            </button>
          )}
          {isMaintained(server) ? null : (
            <button type="button" onClick={() => order(server, "maintain")}>
              Maintain…
            </button>
          )}
          <button type="button" onClick={() => weigh(server)}>
            Weight…
          </button>
          <a href={`#/requests?find=${encodeURIComponent(`pool:${pool} server:${name}`)}`}>Its requests</a>
        </>
      }
    >
      <Facts
        of={[
          ["State", <State key="state" state={state} />],
          ["Why", server.reason],
          ["Since", <When key="since" at={server.since} as="since" />],
          ["Takes requests", server.isEligible ? "yes" : "no"],
          ["Pool", pool],
          ["Address", name === anyServer ? "of whatever a request names" : (server.address ?? "not resolved")],
          ["Backup", server.isBackup ? "only when no other server can" : null],
          ["Weight", String(server.weight)],
          ["Under way", whole(server.active)],
          ["Requests", `${count(server.requests)} /s`],
          ["Errors", `${count(server.errors)} /s`],
          ["Mean time", took(server.meanMs)],
        ]}
      />
    </Drawer>
  );
}

const pathOf = ({ pool, name }: ServerFigures): string =>
  `/api/v1/pools/${encodeURIComponent(pool)}/servers/${encodeURIComponent(name)}`;

type Order = "drain" | "maintain" | "enable";

const orders: Readonly<Record<Order, { readonly action: string; readonly done: string }>> = {
  drain: { action: "Drain", done: "is draining" },
  maintain: { action: "Maintain", done: "is in maintenance" },
  enable: { action: "Enable", done: "is enabled" },
};

function order(server: ServerFigures, what: Order): void {
  const title = serverTitle(server.name);
  const { action, done } = orders[what];
  askFirst({
    title: what === "maintain" ? `Take ${title} out for maintenance?` : `${action} ${title}?`,
    text: what === "enable" ? <WhatEnableDoes server={server} /> : <WhatDrainDoes server={server} what={what} />,
    action,
    isDangerous: what !== "enable",
    act: async () => {
      await ask(`${pathOf(server)}/${what}`, { method: "POST" });
      return `${title} ${done}`;
    },
  });
}

/** It is given nothing at all: those who are bound to it neither. */
const isMaintained = ({ state, reason }: ServerFigures): boolean =>
  state === "draining" && reason?.startsWith("in maintenance") === true;

/** As it is now, while a question about it is open: somebody else may have answered it. */
function latest(server: ServerFigures): ServerFigures | undefined {
  return serversVersion.value < 0 ? server : servers.get(serverKey(server));
}

function WhatEnableDoes({ server }: { readonly server: ServerFigures }): VNode {
  const now = latest(server);
  if (now?.state === "draining") return <>It gets requests of pool {server.pool} again.</>;
  return <b>{now === undefined ? "It is not there any more." : "It is not draining any more."}</b>;
}

interface WhatDrainDoesProps {
  readonly server: ServerFigures;
  readonly what: "drain" | "maintain";
}

function WhatDrainDoes({ server, what }: WhatDrainDoesProps): VNode {
  const now = latest(server);
  if (now === undefined) return <b>It is not there any more.</b>;
  if (isMaintained(now)) return <b>It is in maintenance already.</b>;
  if (now.state === "draining" && what === "drain") return <b>It is draining already.</b>;
  const others = [...servers.values()].filter(
    (each) => each.pool === server.pool && each.name !== server.name && each.isEligible,
  );
  return (
    <>
      {what === "drain"
        ? "It gets no new requests, but of clients that a cookie or a table binds to it"
        : "It gets no new requests, and clients that a cookie or a table binds to it get another server"}
      ; {whole(now.active)} under way end by themselves.{" "}
      {others.length > 0 ? (
        `Pool ${server.pool} goes on with ${plural(others.length, "other server")}.`
      ) : (
        <b class="bad">No other server of pool {server.pool} takes requests: they will be refused.</b>
      )}
    </>
  );
}

function WhatWeightDoes({ server }: { readonly server: ServerFigures }): VNode {
  const now = latest(server);
  return (
    <>
      Its part of what the pool gets, against the weights of the others. It stands in the config in force until that is
      written or loaded anew.
      {now === undefined ? <b> It is not there any more.</b> : null}
      {now !== undefined && now.weight !== server.weight ? (
        <b>
          {" "}
          Somebody has set it to {now.weight} meanwhile; it was {server.weight}.
        </b>
      ) : null}
    </>
  );
}

function weigh(server: ServerFigures): void {
  askFirst({
    title: `Weight of ${serverTitle(server.name)}`,
    text: <WhatWeightDoes server={server} />,
    action: "Set",
    fields: [{ name: "weight", title: "Weight", value: String(server.weight), type: "number", isRequired: true }],
    act: async ({ weight = "" }) => {
      await ask(pathOf(server), { method: "PATCH", body: { weight: Number(weight) } });
      return `${serverTitle(server.name)} has weight ${weight}`;
    },
  });
}
