// `top`'s screen as lines of text: a head that fits everybody, then one part whole, or all of them with as many lines as there is room for,
// the neediest first. It knows what was told, the size of the screen, and nothing of terminals.

import { formatRoughly } from "../../base/duration.ts";
import type { Figures } from "../../control/api/shape/figures.ts";
import type { Paint } from "../paint.ts";
import { cut } from "./columns.ts";
import { amountText, bar, bytesRate, msText, shareText, sparkline } from "./numbers.ts";
import {
  caches,
  changes,
  egress,
  hotKeys,
  listeners,
  pools,
  type Section,
  type SectionMaker,
  servers,
} from "./sections.ts";
import type { Watched } from "./watched.ts";

export const views = ["all", "listeners", "pools", "servers", "keys", "egress", "changes"] as const;
export type View = (typeof views)[number];

export interface FrameLook {
  readonly width: number;
  /** Infinity: as many lines as there are. */
  readonly height: number;
  readonly paint: Paint;
  readonly view: View;
  /** Lines of a part that are passed over. */
  readonly scrolled: number;
  readonly isPaused: boolean;
  /** What the last line says; "" where nobody presses keys. */
  readonly help: string;
}

const makersOf: Readonly<Record<View, readonly SectionMaker[]>> = {
  all: [listeners, pools, servers, hotKeys, egress, caches, changes],
  listeners: [listeners],
  pools: [pools, caches],
  servers: [servers],
  keys: [hotKeys],
  egress: [egress],
  changes: [changes],
};

/** What each part gets before any gets more. */
const fairLines = 3;

export function frame(watched: Watched, look: FrameLook): string[] {
  const { width, height, paint, view, help } = look;
  const head = headOf(watched, look);
  const sections = makersOf[view].flatMap((make) => make(watched, width, paint) ?? []);
  const room = height - head.length - (help === "" ? 0 : 1);
  const body = view === "all" ? shared(sections, room, look) : whole(sections, room, look);
  const filled = Number.isFinite(height)
    ? [...body, ...Array.from({ length: Math.max(0, room - body.length) }, () => "")]
    : body;
  return [...head, ...filled, ...(help === "" ? [] : [paint.faint(cut(help, width))])].slice(
    0,
    Number.isFinite(height) ? height : undefined,
  );
}

function headOf({ figures, requests, errors, problem }: Watched, { width, paint, isPaused }: FrameLook): string[] {
  if (figures === null)
    return [
      paint.bold("sluice top"),
      problem === null ? "waiting for the first figures" : paint.bad(cut(problem, width)),
      "",
    ];
  const { state, uptimeSeconds, generation, at, latency } = figures;
  const standing = state === "ready" ? paint.good(state) : paint.bad(state);
  const told = isPaused ? paint.odd("paused") : problem === null ? "" : paint.bad(problem);
  const spark = Math.max(10, Math.min(60, width - 60));
  return [
    `${paint.bold("sluice")} ${standing}, up ${formatRoughly(uptimeSeconds * 1000)}, plan ${generation}, ${at.slice(11, 19)} UTC  ${told}`.trimEnd(),
    `${paint.bold(amountText(figures.requests).padStart(6))} requests/s ${paint.link(sparkline(requests, spark))}`,
    `${errorsText(figures, paint)}  p50 ${msText(latency?.p50Ms ?? null)}  p90 ${msText(latency?.p90Ms ?? null)}  p99 ${msText(latency?.p99Ms ?? null)}${errors.some((count) => count > 0) ? `  ${paint.bad(sparkline(errors, Math.min(30, spark)))}` : ""}`,
    `${amountText(figures.connections).padStart(6)} connections, ${amountText(figures.upstreamConnections)} to servers  in ${bytesRate(figures.bytesReceived)}  out ${bytesRate(figures.bytesSent)}  bans ${figures.bans}`,
    ...workerLines(figures, width, paint),
    "",
  ];
}

function errorsText({ errors, requests }: Figures, paint: Paint): string {
  const text = `${amountText(errors).padStart(6)} errors/s`;
  if (errors === 0) return paint.faint(text);
  return paint.bad(requests === 0 ? text : `${text} (${shareText(errors / requests)})`);
}

/** As many on a line as fit. */
function workerLines({ workers, control }: Figures, width: number, paint: Paint): string[] {
  const cells = workers.map(({ worker, state, cpu }) =>
    state === "up" ? `${worker} ${bar(cpu, 10)} ${shareText(cpu).padStart(5)}` : `${worker} ${state}`,
  );
  const all = [...cells, `control ${shareText(control.cpu)}`];
  const lines: string[] = [];
  let line = "  cpu ";
  for (const cell of all) {
    if (line.length + cell.length + 2 > width && line.trim() !== "cpu" && line.trim() !== "") {
      lines.push(line.trimEnd());
      line = "      ";
    }
    line += `${cell}   `;
  }
  const isDown = workers.some(({ state }) => state !== "up");
  return [...lines, line.trimEnd()].map((each) => (isDown ? paint.odd(each) : each));
}

/** Each part has its first lines; what room is left goes to those that have more, in order. */
function shared(sections: readonly Section[], room: number, look: FrameLook): string[] {
  const counts = sections.map(({ lines }) => Math.min(lines.length, fairLines));
  const overhead = sections.length * 2;
  let left = room - overhead - counts.reduce((sum, count) => sum + count, 0);
  for (const [at, { lines }] of sections.entries()) {
    const more = Math.max(0, Math.min(lines.length - counts[at]!, left));
    counts[at]! += more;
    left -= more;
  }
  return sections
    .flatMap((each, at) => drawn(each, 0, counts[at]!, look))
    .slice(0, Number.isFinite(room) ? Math.max(0, room) : undefined);
}

function whole(sections: readonly Section[], room: number, look: FrameLook): string[] {
  if (sections.length === 0) return [look.paint.faint("nothing of this kind")];
  const [first, ...others] = sections as [Section, ...Section[]];
  const rest = others.flatMap((each) => drawn(each, 0, each.lines.length, look));
  const count = Math.max(1, room - rest.length - 2);
  const from = Math.max(0, Math.min(look.scrolled, first.lines.length - count));
  return [...drawn(first, from, count, look), ...rest];
}

function drawn({ title, head, lines }: Section, from: number, count: number, { paint }: FrameLook): string[] {
  const shown = lines.slice(from, from + count);
  const hidden = lines.length - shown.length;
  const more = hidden === 0 ? "" : ` ${from + 1} to ${from + shown.length} of ${lines.length}`;
  return [`${paint.bold(head)}${more === "" ? "" : paint.faint(`  ${title}${more}`)}`, ...shown, ""];
}
