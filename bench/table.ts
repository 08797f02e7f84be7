// Prints results as tables that can be pasted into a page.

import type { Figures, IdleFigures } from "./measure.ts";

export type Row = readonly string[];

export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: Row): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

export function figuresTable(figures: readonly Figures[]): string {
  const head = ["", "CPU us/request", "with control", "requests/s", "p50 ms", "p99 ms", "errors"];
  return table(
    head,
    figures.map((row) => [
      row.target,
      row.workerUs.toFixed(row.workerUs < 100 ? 2 : 0),
      row.allUs.toFixed(row.allUs < 100 ? 2 : 0),
      row.requestsPerSecond.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      String(row.errors),
    ]),
  );
}

export function idleTable(figures: readonly IdleFigures[]): string {
  return table(
    ["", "kB each"],
    figures.map((row) => [row.target, row.kbEach.toFixed(2)]),
  );
}

/** Sluice against each other target, by CPU. */
export function ratios(figures: readonly Figures[], sluice = "sluice"): string {
  const own = figures.find((row) => row.target === sluice)!;
  return figures
    .filter((row) => row !== own)
    .map((row) => `${sluice}/${row.target} ${(own.workerUs / row.workerUs).toFixed(2)}`)
    .join("   ");
}

/**
 * How far two workers carry more than one: requests a second as they came out here, where load and origin use the same
 * cores, and what the CPU time allows, workers times requests for each second of it.
 */
export function scaling(one: Figures, two: Figures, workers: number): string {
  const rate = (two.requestsPerSecond / one.requestsPerSecond).toFixed(2);
  const capacity = ((workers * one.workerUs) / two.workerUs).toFixed(2);
  const share =
    two.leastShare < 1 ? `; the less busy worker took ${(two.leastShare * 100).toFixed(0)} % of the work` : "";
  return `${two.target}: ${rate} times the requests/s of one here, ${capacity} by CPU time${share}`;
}
