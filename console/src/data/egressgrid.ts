// Where the members of an egress pool stand in a grid of squares, and what a square looks like. As large as they fit without scrolling, down to
// a size that can still be hit; then it scrolls. Each state has a shape of its own beside its colour, so that those who see colours
// differently tell them apart. Pure: widths and numbers go in.

import type { MemberSummary, StateCounts } from "../../../src/control/egress/answer.ts";

export type MemberState = MemberSummary["state"];

export interface Grid {
  /** From one square to the next, in pixels. */
  readonly step: number;
  /** Between two squares. */
  readonly gap: number;
  readonly columns: number;
  readonly rows: number;
}

const stepMax = 30;
/** Squares, not stripes: a pool of ten fills no screen. */
export function gridOf(count: number, width: number, height: number, stepMin: number): Grid {
  for (let step = stepMax; ; step--) {
    const columns = Math.max(1, Math.floor(width / step));
    const rows = Math.ceil(count / columns);
    if (step <= stepMin || rows * step <= height) return { step, gap: step >= 14 ? 2 : 1, columns, rows };
  }
}

/** Which member is at a point; -1: none. */
export function memberAt({ step, columns, rows }: Grid, count: number, x: number, y: number): number {
  const [column, row] = [Math.floor(x / step), Math.floor(y / step)];
  if (column < 0 || column >= columns || row < 0 || row >= rows) return -1;
  const index = row * columns + column;
  return index < count ? index : -1;
}

export type Direction = "left" | "right" | "up" | "down";

/** Where an arrow key leads; at the border it stays. */
export function moved(index: number, direction: Direction, count: number, columns: number): number {
  if (count === 0) return -1;
  if (index < 0) return 0;
  const by = { left: -1, right: 1, up: -columns, down: columns }[direction];
  const next = index + by;
  return next < 0 || next >= count ? index : next;
}

export interface Look {
  readonly title: string;
  /** A custom property of the style sheet. */
  readonly colour: string;
  /** In a box of 10 by 10; the square behind it has the same colour, as strong as this. */
  readonly shape: string;
  readonly ground: number;
}

export const looks: Readonly<Record<MemberState, Look>> = {
  available: { title: "available", colour: "--good", shape: "", ground: 0.62 },
  coolingDown: { title: "cooling down", colour: "--warn", shape: "M0 0L10 10H0z", ground: 0.28 },
  trial: { title: "on trial", colour: "--note", shape: "M2.5 2.5h5v5h-5z", ground: 0.28 },
  banned: {
    ...{ title: "banned", colour: "--bad", ground: 0.16 },
    shape: "M0 1.8L1.8 0 5 3.2 8.2 0 10 1.8 6.8 5 10 8.2 8.2 10 5 6.8 1.8 10 0 8.2 3.2 5z",
  },
  none: { title: "not seen yet", colour: "--muted", shape: "", ground: 0.2 },
};

export const stateOrder: readonly Exclude<MemberState, "none">[] = ["available", "coolingDown", "trial", "banned"];

/**
 * All members as they stand now: those known from some time ago, and those that are not simply available now. Who was one of these and is no longer
 * is available again. So a pool of 10,000 is asked for whole only now and then.
 */
export function withUnavailable(
  all: readonly MemberSummary[],
  unavailable: readonly MemberSummary[],
): readonly MemberSummary[] {
  const now = new Map(unavailable.map((member) => [member.id, member]));
  return all.map((member) => {
    const other = now.get(member.id);
    if (other !== undefined) return other;
    if (member.state === "available" || member.state === "none") return member;
    return { ...member, state: "available", cause: "over", why: "", since: null, until: null } as MemberSummary;
  });
}

export function countsOf(members: readonly MemberSummary[]): StateCounts {
  const counts = { available: 0, coolingDown: 0, trial: 0, banned: 0 };
  for (const { state } of members) if (state !== "none") counts[state]++;
  return counts;
}

/** "country=de", each once. */
export function tagsOf(members: readonly MemberSummary[]): readonly string[] {
  const found = new Set<string>();
  for (const { tags } of members) for (const [name, value] of Object.entries(tags)) found.add(`${name}=${value}`);
  return [...found].sort();
}

export interface Wanted {
  /** "": any; "unavailable": all but those available. */
  readonly state: string;
  readonly tag: string;
  readonly matches: ((text: string) => boolean) | null;
}

export function chosen(members: readonly MemberSummary[], { state, tag, matches }: Wanted): readonly MemberSummary[] {
  const [name = "", value = ""] = tag.split(/=(.*)/s, 2);
  return members.filter(
    (member) =>
      (state === "" || (state === "unavailable" ? member.state !== "available" : member.state === state)) &&
      (tag === "" || member.tags[name] === value) &&
      (matches === null || matches(textOf(member))),
  );
}

function textOf({ id, door, tags, why, state }: MemberSummary): string {
  const words = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return `${id} ${door} ${words.join(" ")} ${looks[state].title} ${why}`;
}
