// The short tables of the overview: listeners, pools and workers, each with what happens in it in this second. A handful of rows each:
// whoever wants to see thousands of servers goes to their page.

import type { ComponentChildren, VNode } from "preact";
import type { Figures } from "../../../src/control/api/shape/figures.ts";
import { sum } from "../data/problems.ts";
import { State } from "../parts/mark.tsx";
import { bytes, count, share, took } from "../text/format.ts";

interface TableProps {
  readonly title: string;
  /** Those that begin with "-" are left out on a phone. */
  readonly heads: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
}

/** The first column is a name, all others are numbers. */
export function SmallTable({ title, heads, rows }: TableProps): VNode {
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
    </section>
  );
}

function Errors({ value }: { readonly value: number }): VNode {
  return <span class={value > 0 ? "bad" : "quiet"}>{count(value)}</span>;
}

export function ListenerTable({ now }: { readonly now: Figures }): VNode {
  const rows = now.listeners.map((each) => ({
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
  return <SmallTable title="Listeners" heads={["", "req/s", "err/s", "p99", "conns", "-out/s"]} rows={rows} />;
}

export function PoolTable({ now }: { readonly now: Figures }): VNode {
  const rows = now.pools.map((pool) => {
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
  return <SmallTable title="Pools" heads={heads} rows={rows} />;
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
