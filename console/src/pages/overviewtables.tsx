// The short tables of the overview: listeners, pools and workers, each with what happens in it in this second. A handful of rows each:
// whoever wants to see thousands of servers goes to their page. Of many listeners or pools those in trouble stand first, then the busiest;
// the others are there by a press.

import type { ComponentChildren, VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Figures } from "../../../src/control/api/shape/figures.ts";
import { type Choosing, chosenOf, poolTrouble } from "../data/flowchoice.ts";
import { sum } from "../data/problems.ts";
import { State } from "../parts/mark.tsx";
import { bytes, count, share, took, whole } from "../text/format.ts";

interface TableProps {
  readonly title: string;
  /** Those that begin with "-" are left out on a phone. */
  readonly heads: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
  /** Below the table. */
  readonly more?: ComponentChildren;
}

/** The first column is a name, all others are numbers. */
export function SmallTable({ title, heads, rows, more }: TableProps): VNode {
  const classOf = (index: number): string =>
    `${index === 0 ? "" : "number"}${heads[index]!.startsWith("-") ? " wide" : ""}`;
  return (
    <section>
      <h2>{title}</h2>
      <table>
        <thead>
          <tr>
            {heads.map((head, index) => (
              <th key={head} scope="col" class={classOf(index)}>
                {head.replace(/^-/, "")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={heads[index]} class={classOf(index)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </section>
  );
}

const rowsShown = 12;

interface Folded<Item> {
  readonly shown: readonly Item[];
  readonly more: ComponentChildren;
}

/** What is wrong stands first, in the order of the config as all else. Few are in that order whatever they do. */
function useFolded<Item>(
  all: readonly Item[],
  what: string,
  choosing: Omit<Choosing<Item>, "most" | "former">,
): Folded<Item> {
  const [isOpen, setOpen] = useState(false);
  const former = useRef<ReadonlySet<string>>(new Set());
  if (all.length <= rowsShown) return { shown: all, more: null };
  const { shown } = chosenOf(all, { ...choosing, most: rowsShown, former: former.current });
  former.current = new Set(shown.map(choosing.keyOf));
  const rows = [...(isOpen ? all : shown)].sort((a, b) => choosing.troubleOf(b) - choosing.troubleOf(a));
  const rest = all.length - shown.length;
  return {
    shown: rows,
    more: (
      <button type="button" class="plain more" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? "fewer" : `and ${whole(rest)} more ${what}`}
      </button>
    ),
  };
}

function Errors({ value }: { readonly value: number }): VNode {
  return <span class={value > 0 ? "bad" : "quiet"}>{count(value)}</span>;
}

export function ListenerTable({ now }: { readonly now: Figures }): VNode {
  const { shown, more } = useFolded(now.listeners, "listeners", {
    ...{ keyOf: ({ name }) => name, requestsOf: ({ requests, accepted }) => Math.max(requests, accepted) },
    troubleOf: ({ errors, requests }) => (errors > requests * 0.05 ? 1 : 0),
  });
  const rows = shown.map((each) => ({
    key: each.name,
    cells: [
      <span key="name">
        <b>{each.name}</b> <span class="quiet">{each.address}</span>
      </span>,
      count(each.requests),
      <Errors key="errors" value={each.errors} />,
      took(each.latency?.p99Ms),
      count(each.connections),
      bytes(each.bytesSent),
    ],
  }));
  const heads = ["", "req/s", "err/s", "p99", "conns", "-out/s"];
  return <SmallTable title="Listeners" {...{ heads, rows, more }} />;
}

export function PoolTable({ now }: { readonly now: Figures }): VNode {
  const { shown, more } = useFolded(now.pools, "pools", {
    ...{ keyOf: ({ name }) => name, requestsOf: ({ requests }) => requests, troubleOf: poolTrouble },
  });
  const rows = shown.map((pool) => {
    const isShort = pool.eligible < pool.servers;
    return {
      key: pool.name,
      cells: [
        <a key="name" href={`#/servers?pool=${encodeURIComponent(pool.name)}`}>
          {pool.name}
        </a>,
        <span key="up" class={pool.eligible === 0 && pool.servers > 0 ? "bad" : isShort ? "warn" : ""}>
          {pool.servers === 0 ? "—" : `${pool.eligible}/${pool.servers}`}
        </span>,
        count(pool.requests),
        <Errors key="errors" value={pool.errors} />,
        count(pool.active),
        <span key="queued" class={pool.queued > 0 ? "warn" : "quiet"}>
          {count(pool.queued)}
        </span>,
        <span key="retries" class={pool.retries > 0 ? "" : "quiet"}>
          {count(pool.retries)}
        </span>,
      ],
    };
  });
  const heads = ["", "up", "req/s", "err/s", "active", "queued", "-retries/s"];
  return <SmallTable title="Pools" {...{ heads, rows, more }} />;
}

export function WorkerTable({ now }: { readonly now: Figures }): VNode {
  const requests = sum(now.workers.map((worker) => worker.requests));
  const rows = [
    ...now.workers.map((worker) => ({
      key: String(worker.worker),
      cells: [
        <span key="name">
          worker {worker.worker} <State state={worker.state} />
        </span>,
        count(worker.requests),
        share(requests === 0 ? null : worker.requests / requests),
        count(worker.connections),
        share(worker.cpu),
        bytes(worker.residentBytes),
      ],
    })),
    {
      key: "control",
      cells: ["control", "", "", "", share(now.control.cpu), bytes(now.control.residentBytes)],
    },
  ];
  return <SmallTable title="Processes" heads={["", "req/s", "-share", "conns", "CPU", "memory"]} rows={rows} />;
}
