// The way of traffic at this moment: listeners, their rules, pools and servers, with ribbons as wide as what flows, and in red what of it fails.
// Each box leads to its page. On a phone the same is a list with bars, for four columns do not fit.

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { RulesAnswer } from "../../../src/control/api/shape/rule.ts";
import type { BoxLine } from "../data/flowboxes.ts";
import { type Box, type FlowGraph, flowGraph, type Ribbon } from "../data/flowgraph.ts";
import { useResource } from "../data/resource.ts";
import { figures, history, servers, serversVersion, ticks } from "../data/store.ts";
import { Mark, toneOf } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { count } from "../text/format.ts";
import { isNarrow } from "../theme.ts";

const rulesEveryMs = 10_000;
const width = 1040;
const boxWidth = 188;
const columnX = [0, 1, 2, 3].map((column) => 1 + (column * (width - boxWidth - 2)) / 3);
const titles = ["Listeners", "Rules", "Pools", "Servers"];

export function Flow(): VNode {
  const rules = useResource<RulesAnswer>("/api/v1/rules", rulesEveryMs);
  const former = useRef<ReadonlySet<string>>(new Set());
  const now = figures.value;
  if (now === null || ticks.value < 0 || serversVersion.value < 0)
    return <Empty title="Waiting for the first figures…" />;
  const graph = flowGraph({
    figures: now,
    servers: servers.values(),
    rules: rules.data.value?.rules ?? [],
    peak: Math.max(now.requests, ...history.recent("requests", 60)),
    former: former.current,
  });
  former.current = graph.shown;
  return (
    <div class="page flow">
      <h1 class="unseen">Flow</h1>
      <p class="quiet legend">
        <i class="swatch" /> requests per second (of tcp and udp, connections) <i class="swatch bad" /> failing
      </p>
      {isNarrow.value ? <FlowList graph={graph} /> : <FlowPicture graph={graph} />}
    </div>
  );
}

function FlowPicture({ graph }: { readonly graph: FlowGraph }): VNode {
  const top = 24;
  const byKey = new Map(graph.boxes.map((box) => [box.key, box]));
  const used = new Set(graph.boxes.map(({ column }) => column));
  return (
    <svg class="picture" viewBox={`0 0 ${width} ${graph.height + top + 2}`} role="img" aria-label="How traffic flows">
      {titles.map((title, column) =>
        used.has(column as Box["column"]) ? (
          <text key={title} class="column-title" x={columnX[column]} y={12}>
            {title}
          </text>
        ) : null,
      )}
      <g transform={`translate(0 ${top})`}>
        {graph.ribbons.map((ribbon) => (
          <RibbonPath key={ribbon.key} ribbon={ribbon} from={byKey.get(ribbon.from)!} to={byKey.get(ribbon.to)!} />
        ))}
        {graph.boxes.map((box) => (
          <BoxShape key={box.key} box={box} />
        ))}
      </g>
    </svg>
  );
}

function RibbonPath({ ribbon, from, to }: { readonly ribbon: Ribbon; readonly from: Box; readonly to: Box }): VNode {
  const [x1, x2] = [columnX[from.column]! + boxWidth, columnX[to.column]!];
  const bend = (x2 - x1) / 2;
  const path = `M${x1} ${ribbon.y1}C${x1 + bend} ${ribbon.y1} ${x2 - bend} ${ribbon.y2} ${x2} ${ribbon.y2}`;
  return (
    <g class="ribbon">
      <path d={path} class={ribbon.width === 0 ? "dry" : "wet"} style={{ strokeWidth: Math.max(1, ribbon.width) }} />
      {ribbon.failed > 0 ? (
        <path d={path} class="failing" style={{ strokeWidth: Math.max(1, ribbon.width * ribbon.failed) }} />
      ) : null}
      <title>{`${count(ribbon.value)} /s`}</title>
    </g>
  );
}

function BoxShape({ box }: { readonly box: Box }): VNode {
  const tone = box.title.state === null ? "" : toneOf(box.title.state);
  return (
    <g class={`box ${tone}${box.isFaint ? " faint" : ""}`} transform={`translate(${columnX[box.column]} ${box.y})`}>
      <a href={box.link}>
        <rect width={boxWidth} height={box.height} rx="4" />
        {[box.title, ...box.lines].map((line, index) => (
          <LineText key={`${line.text} ${index}`} line={line} y={19 + index * 17} isTitle={index === 0} />
        ))}
      </a>
    </g>
  );
}

const charactersMax = { besideValue: 17, alone: 26 } as const;

function LineText({
  line,
  y,
  isTitle,
}: {
  readonly line: BoxLine;
  readonly y: number;
  readonly isTitle: boolean;
}): VNode {
  const most = line.value === null ? charactersMax.alone : charactersMax.besideValue;
  const isCut = line.text.length > most;
  const text = isCut ? `${line.text.slice(0, most - 1)}…` : line.text;
  const hasMark = line.state !== null;
  return (
    <g class={isTitle ? "box-title" : "box-line"}>
      {hasMark ? <MarkAt state={line.state!} y={y} /> : null}
      <text x={hasMark ? 24 : 9} y={y}>
        {text}
      </text>
      {isCut ? <title>{line.text}</title> : null}
      {line.value === null ? null : (
        <text x={boxWidth - 9} y={y} class="value">
          {count(line.value)}
        </text>
      )}
    </g>
  );
}

/** Marks of pages are drawings of their own; in this one they are small and at a place. */
function MarkAt({ state, y }: { readonly state: string; readonly y: number }): VNode {
  const tone = toneOf(state);
  const at = `translate(9 ${y - 9})`;
  if (tone === "bad")
    return <path class="mark bad" transform={at} d="M2 1 5 4 8 1l1 1L6 5l3 3-1 1-3-3-3 3-1-1 3-3-3-3z" />;
  if (tone === "warn") return <path class="mark warn" transform={at} d="M5 .8 9.6 9H.4z" />;
  return <circle class={`mark ${tone}`} transform={at} cx="5" cy="5" r={tone === "good" ? 4 : 3} />;
}

function FlowList({ graph }: { readonly graph: FlowGraph }): VNode {
  const most = Math.max(1, ...graph.boxes.map(({ title }) => title.value ?? 0));
  return (
    <div class="flow-list">
      {titles.map((title, column) => (
        <section key={title}>
          <h2>{title}</h2>
          {graph.boxes
            .filter((box) => box.column === column)
            .map((box) => (
              <a key={box.key} href={box.link} class={box.isFaint ? "faint" : ""}>
                <FlowListLine line={box.title} most={most} />
                {box.lines.map((line) => (
                  <FlowListLine key={line.text} line={line} most={0} />
                ))}
              </a>
            ))}
        </section>
      ))}
    </div>
  );
}

/** `most`: what a bar as wide as the list stands for; 0: no bar. */
function FlowListLine({ line, most }: { readonly line: BoxLine; readonly most: number }): VNode {
  return (
    <span class="flow-line">
      <span class={line.state === null ? "" : `state ${toneOf(line.state)}`}>
        {line.state === null ? null : <Mark state={line.state} />}
        <span>{line.text}</span>
      </span>
      {line.value === null ? null : (
        <>
          <b>{count(line.value)}</b>
          {most > 0 ? <i style={{ width: `${((line.value / most) * 100).toFixed(1)}%` }} /> : null}
        </>
      )}
    </span>
  );
}
