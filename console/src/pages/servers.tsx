// Every server of every pool, those in trouble first, with why and since when, and what may be done about it: drain, enable, another weight.
// 10,000 of them are as good as ten: rows are virtual, and only what is seen is drawn.

import type { VNode } from "preact";
import type { ServerFigures } from "../../../src/control/api/shape/figures.ts";
import { ask } from "../data/api.ts";
import { serverKey, servers, serversVersion } from "../data/store.ts";
import { askFirst } from "../parts/dialog.tsx";
import { Drawer, Facts, GoneDrawer } from "../parts/drawer.tsx";
import { State } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Choices, Names, Search } from "../parts/search.tsx";
import { When } from "../parts/when.tsx";
import { closeRow, openRow, place, refine } from "../router.ts";
import { anyServer, count, plural, serverTitle, took, whole } from "../text/format.ts";

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
    cell: ({ name, isBackup }) => (
      <>
        <b title={name}>{serverTitle(name)}</b>
        {isBackup ? <span class="quiet"> backup</span> : null}
      </>
    ),
  },
  {
    id: "pool",
    title: "Pool",
    width: "minmax(5rem, 0.7fr)",
    // An address must be there to its end, for that is what it differs in; the pool stands in the drawer.
    narrow: null,
    fromWidth: 420,
    sort: ({ pool }) => pool,
    cell: ({ pool }) => pool,
  },
  {
    id: "reason",
    title: "Why",
    width: "minmax(6rem, 2.6fr)",
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

const isTrouble = ({ state }: ServerFigures): boolean => trouble.includes(state);

export function Servers(): VNode {
  const { query, rest } = place.value;
  // Read for its changes: the map itself is no signal.
  const all = serversVersion.value < 0 ? [] : [...servers.values()];
  const ofPool = query["pool"] ? all.filter(({ pool }) => pool === query["pool"]) : all;
  const state = query["state"] ?? "";
  const chosen =
    state === "" ? ofPool : ofPool.filter((each) => (state === "trouble" ? isTrouble(each) : each.state === state));
  const { rows, onHold } = useOrder({
    rows: chosen,
    keyOf: serverKey,
    columns,
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
      <div class="beside">
        <Rows
          label="Servers"
          rows={rows}
          keyOf={serverKey}
          columns={columns}
          sort={query["sort"] ?? "state"}
          onSort={(sort) => refine({ sort })}
          opened={opened === undefined ? null : serverKey(opened)}
          onOpen={(each) => openRow(each.pool, each.name)}
          onHold={onHold}
          empty={
            all.length === 0 ? (
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

function order(server: ServerFigures, what: "drain" | "enable"): void {
  const title = serverTitle(server.name);
  askFirst({
    title: what === "drain" ? `Drain ${title}?` : `Enable ${title}?`,
    text: what === "drain" ? <WhatDrainDoes server={server} /> : <WhatEnableDoes server={server} />,
    action: what === "drain" ? "Drain" : "Enable",
    isDangerous: what === "drain",
    act: async () => {
      await ask(`${pathOf(server)}/${what}`, { method: "POST" });
      return what === "drain" ? `${title} is draining` : `${title} is enabled`;
    },
  });
}

/** As it is now, while a question about it is open: somebody else may have answered it. */
function latest(server: ServerFigures): ServerFigures | undefined {
  return serversVersion.value < 0 ? server : servers.get(serverKey(server));
}

function WhatEnableDoes({ server }: { readonly server: ServerFigures }): VNode {
  const now = latest(server);
  if (now?.state === "draining") return <>It gets requests of pool {server.pool} again.</>;
  return <b>{now === undefined ? "It is not there any more." : "It is not draining any more."}</b>;
}

function WhatDrainDoes({ server }: { readonly server: ServerFigures }): VNode {
  const now = latest(server);
  if (now === undefined) return <b>It is not there any more.</b>;
  if (now.state === "draining") return <b>It is draining already.</b>;
  const others = [...servers.values()].filter(
    (each) => each.pool === server.pool && each.name !== server.name && each.isEligible,
  );
  return (
    <>
      It gets no new requests; {whole(now.active)} under way end by themselves.{" "}
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
