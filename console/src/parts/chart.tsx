// Lines over the last ten minutes, drawn by uPlot on a canvas. The chart is made once and fed; only another theme makes it anew, for a
// canvas knows no style sheet. All charts of a page share one cursor, so that what happened at one moment is read off all of them. The
// legend is ours and always there: what a line is now, or at the cursor.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { historySeconds, type Line } from "../data/history.ts";
import { history, ticks } from "../data/store.ts";
import { clock } from "../text/format.ts";
import { paints } from "../theme.ts";
import { When } from "./when.tsx";

/** Where lines come from: the history of all figures (its columns), or one of another kind with the same seconds. */
export interface LineSource {
  readonly times: readonly number[];
  line(column: string): Line;
}

export interface LineOf {
  readonly column: string;
  readonly title: string;
  /** A custom property of the style sheet: "--accent". */
  readonly colour: string;
  /** On top of the lines before it, its area filled. */
  readonly isStacked?: boolean;
  readonly dash?: readonly number[];
  readonly width?: number;
}

export interface ChartProps {
  readonly title: string;
  readonly lines: readonly LineOf[];
  readonly format: (value: number | null) => string;
  readonly height?: number;
  /** The history of all figures where absent. */
  readonly of?: LineSource;
  /** The top of the axis, where that is no matter of what is drawn: 1 for shares. */
  readonly most?: number;
}

const figuresHistory: LineSource = history as LineSource;
const cursorKey = "moments";
/** Seconds between grid lines. */
const steps = [10, 15, 30, 60, 120, 300];
/** Beside the plot, for its values. */
const axisWidth = 52;
/** How much time a chart shows: as little of these as holds what is known, so that one just opened is not empty for ten minutes. */
const windows = [60, 120, 300];

export function Chart({ title, lines, format, height = 132, of = figuresHistory, most }: ChartProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const at = useSignal<number | null>(null);

  useEffect(() => {
    const box = place.current!;
    const width = (): number => Math.max(120, box.clientWidth);
    const make = (): void => {
      plot.current?.destroy();
      const moved = (index: number | null): void => {
        at.value = index;
      };
      const options = optionsOf({ lines, format, width: width(), height, most, moved });
      plot.current = new uPlot(options, dataOf(lines, of), box);
    };
    const stopPainting = paints.subscribe(make);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: width(), height }));
    observer.observe(box);
    return () => {
      stopPainting();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useSignalEffect(() => {
    if (ticks.value >= 0) plot.current?.setData(dataOf(lines, of));
  });

  const shown = ticks.value >= 0 && at.value !== null ? at.value : of.times.length - 1;
  const time = of.times[shown];
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        {at.value !== null && time !== undefined ? <When at={time * 1000} as="clock" /> : null}
        <dl>
          {lines.map(({ column, title: name, colour }) => (
            <div key={column}>
              <dt>
                <i style={{ background: `var(${colour})` }} />
                {name}
              </dt>
              <dd>{format(of.line(column)[shown] ?? null)}</dd>
            </div>
          ))}
        </dl>
      </figcaption>
      <div class="plot" ref={place} style={{ height: `${height}px` }} />
    </figure>
  );
}

/** Stacked lines are sums of those below, so that the topmost is the whole. */
function dataOf(lines: readonly LineOf[], of: LineSource): uPlot.AlignedData {
  let below: readonly (number | null)[] | null = null;
  const columns = lines.map(({ column, isStacked }) => {
    const own = of.line(column);
    if (isStacked !== true) return [...own];
    const base: readonly (number | null)[] | null = below;
    const sum: (number | null)[] = own.map((value, index) => (value === null ? null : value + (base?.[index] ?? 0)));
    below = sum;
    return sum;
  });
  return [[...of.times], ...columns];
}

/** Empty where it would be cut off at the edge: it stands in the middle under its line. */
function timeText(time: number, x: number, width: number): string {
  return x > width - axisWidth - 26 ? "" : clock(time * 1000).slice(0, time % 60 === 0 ? 5 : 8);
}

interface Making {
  readonly lines: readonly LineOf[];
  readonly format: ChartProps["format"];
  readonly width: number;
  readonly height: number;
  readonly most: number | undefined;
  readonly moved: (index: number | null) => void;
}

function optionsOf({ lines, format, width, height, most, moved }: Making): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${style.getPropertyValue("--font").trim()}`;
  const axis = {
    stroke: colour("--muted"),
    font,
    ticks: { show: false },
    grid: { stroke: colour("--grid"), width: 1 },
  };
  return {
    width,
    height,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: cursorKey }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: {
      x: { range: (_, from, to) => [to - (windows.find((seconds) => to - from <= seconds) ?? historySeconds), to] },
      y: { range: (_, __, to) => [0, most ?? Math.max(to === null ? 0 : to * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        size: 22,
        space: 64,
        incrs: steps,
        values: (self, times) => times.map((time) => timeText(time, self.valToPos(time, "x"), self.width)),
      },
      { ...axis, size: axisWidth, space: 34, values: (_, values) => values.map((value) => format(value)) },
    ],
    hooks: {
      setCursor: [
        (self) => moved(self.cursor.left === undefined || self.cursor.left < 0 ? null : (self.cursor.idx ?? null)),
      ],
    },
    series: [
      {},
      ...lines.map((line) => ({
        stroke: colour(line.colour),
        width: line.width ?? 1.5,
        points: { show: false },
        ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
        ...(line.isStacked === true ? { fill: `${colour(line.colour)}26` } : {}),
      })),
    ],
    // Between two stacked lines, and not from each down to the ground: colours would mix.
    bands: lines.flatMap((line, index) =>
      line.isStacked === true && index > 0
        ? [{ series: [index + 1, index] as [number, number], fill: `${colour(line.colour)}40` }]
        : [],
    ),
  };
}
