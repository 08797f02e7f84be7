// The page that is seen first: is it well, and if not, what is wrong and since when; then how much, how fast and how well, now and over the
// last ten minutes; then where. What is wrong comes before all figures, for whoever opens this at night asks just that.

import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import type { Figures } from "../../../src/control/api/shape/figures.ts";
import { sum } from "../data/problems.ts";
import { changes, figures, history, problems } from "../data/store.ts";
import { Chart } from "../parts/chart.tsx";
import { Mark } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { When } from "../parts/when.tsx";
import { bytes, count, plural, share, took } from "../text/format.ts";
import { ListenerTable, PoolTable, WorkerTable } from "./overviewtables.tsx";

export function Overview(): VNode {
  const now = figures.value;
  if (now === null) return <Empty title="Waiting for the first figures…" />;
  return (
    <div class="page overview">
      <h1 class="unseen">Overview</h1>
      <Verdict now={now} />
      <Numbers now={now} />
      <div class="charts">
        <Chart
          title="Requests"
          format={count}
          lines={[
            { column: "failed", title: "5xx, cut", colour: "--bad", isStacked: true },
            { column: "refused", title: "4xx", colour: "--warn", isStacked: true },
            { column: "ok", title: "1xx–3xx", colour: "--accent", isStacked: true },
          ]}
        />
        <Chart
          title="Latency"
          format={took}
          lines={[
            { column: "p50", title: "p50", colour: "--accent", width: 2 },
            { column: "p90", title: "p90", colour: "--line-2" },
            { column: "p99", title: "p99", colour: "--line-3", dash: [4, 3] },
          ]}
        />
        <Chart
          title="Connections"
          format={count}
          lines={[
            { column: "connections", title: "clients", colour: "--accent", width: 2 },
            { column: "upstreamConnections", title: "servers", colour: "--line-2" },
          ]}
        />
        <Chart
          title="Bytes"
          format={bytes}
          lines={[
            { column: "bytesSent", title: "to clients", colour: "--accent", width: 2 },
            { column: "bytesReceived", title: "from clients", colour: "--line-2" },
          ]}
        />
      </div>
      <div class="tables">
        <ListenerTable now={now} />
        <PoolTable now={now} />
        <WorkerTable now={now} />
        <Changes />
      </div>
    </div>
  );
}

const problemsShown = 6;

function Verdict({ now }: { readonly now: Figures }): VNode {
  const [isOpen, setOpen] = useState(false);
  const found = problems.value;
  const [eligible, all] = [sum(now.pools.map((pool) => pool.eligible)), sum(now.pools.map((pool) => pool.servers))];
  if (found.length === 0)
    return (
      <section class="verdict good" aria-live="polite">
        <p>
          <Mark state="good" />
          <b>All is well.</b>
          <span>
            {eligible} of {plural(all, "server")} take requests, {plural(now.workers.length, "worker")} up.
          </span>
        </p>
      </section>
    );
  const isBad = found.some(({ tone }) => tone === "bad");
  const more = found.length - problemsShown;
  return (
    <section class={`verdict ${isBad ? "bad" : "warn"}`} aria-live="polite">
      <ul class={isOpen ? "scrolling" : ""}>
        {(isOpen ? found : found.slice(0, problemsShown)).map(({ key, tone, text, why, since, link }) => (
          <li key={key} class={tone}>
            <Mark state={tone} />
            <a href={link}>{text}</a>
            <span class="why">{why}</span>
            {since === null ? null : <When at={since} as="ago" />}
          </li>
        ))}
      </ul>
      {more > 0 ? (
        <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? `only the first ${problemsShown}` : `and ${more} more`}
        </button>
      ) : null}
    </section>
  );
}

function Numbers({ now }: { readonly now: Figures }): VNode {
  const minute = (column: "requests" | "errors"): number => sum(history.recent(column, 60));
  const part = minute("requests") === 0 ? null : minute("errors") / minute("requests");
  const cpu = sum(now.workers.map((worker) => worker.cpu));
  const memory = sum(now.workers.map((worker) => worker.residentBytes)) + now.control.residentBytes;
  return (
    <dl class="numbers nine">
      <Cell title="Requests" value={count(now.requests)} unit="/s" more={`${count(usual("requests"))} usually`} />
      <Cell
        title="Errors"
        value={count(now.errors)}
        unit="/s"
        tone={part !== null && part >= 0.01 ? "bad" : ""}
        more={`${share(part)} in a minute`}
      />
      <Latency title="p50" value={now.latency?.p50Ms ?? null} more={`${took(usual("p50"))} usually`} />
      <Latency title="p90" value={now.latency?.p90Ms ?? null} more={`${took(usual("p90"))} usually`} />
      <Latency title="p99" value={now.latency?.p99Ms ?? null} more={`${took(usual("p99"))} usually`} />
      <Cell title="Connections" value={count(now.connections)} more={`${count(now.upstreamConnections)} to servers`} />
      <Measured title="Out" text={bytes(now.bytesSent)} more={`${bytes(now.bytesReceived)}/s in`} unit="/s" />
      <Measured
        title="Memory"
        text={bytes(memory)}
        more={`${cpu.toFixed(2)} of ${plural(now.workers.length, "core")}`}
      />
      <Cell title="Bans" value={count(now.bans)} more={now.bans === 0 ? "nobody" : <a href="#/bans">who and why</a>} />
    </dl>
  );
}

/** The median of the last ten minutes, or of as many as are known. */
function usual(column: "requests" | "p50" | "p90" | "p99"): number | null {
  const known = history.recent(column, 600);
  return known.length === 0 ? null : known.sort((a, b) => a - b)[Math.floor(known.length / 2)]!;
}

interface CellProps {
  readonly title: string;
  readonly value: string;
  readonly unit?: string;
  readonly more: ComponentChildren;
  readonly tone?: string;
}

function Cell({ title, value, unit = "", more, tone = "" }: CellProps): VNode {
  return (
    <div class={tone}>
      <dt>{title}</dt>
      <dd>
        <b>{value}</b>
        <i>{unit}</i>
      </dd>
      <small>{more}</small>
    </div>
  );
}

function Latency({ title, value, more }: { title: string; value: number | null; more: string }): VNode {
  return <Measured title={title} text={took(value)} more={more} />;
}

/** A text whose unit stands behind a space. */
function Measured({
  title,
  text,
  more,
  unit = "",
}: {
  title: string;
  text: string;
  more: string;
  unit?: string;
}): VNode {
  const [value = "", own = ""] = text.split(" ");
  return <Cell title={title} value={value} unit={own === "" ? "" : ` ${own}${unit}`} more={more} />;
}

const changesShown = 12;

function Changes(): VNode {
  return (
    <section>
      <h2>What changed</h2>
      {changes.value.length === 0 ? (
        <p class="quiet">Nothing since Sluice began.</p>
      ) : (
        <ol class="changes">
          {changes.value.slice(0, changesShown).map(({ at, text, level, number }) => (
            <li key={number}>
              <When at={at} as="clock" />
              <Mark state={level === "error" ? "bad" : level === "warn" ? "warn" : "note"} />
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
