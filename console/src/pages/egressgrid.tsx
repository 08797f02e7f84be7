// A square for each member on one canvas, for 10,000 elements would be too many to lay out. Only squares whose state has changed are drawn
// anew. What is pointed at, and what is open, are frames that lie above: moving them draws nothing. To those who listen instead of
// looking it is a list of options of which the frame is the one that is on.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { MemberSummary } from "../../../src/control/egress/answer.ts";
import { type Direction, type Grid, gridOf, looks, type MemberState, memberAt, moved } from "../data/egressgrid.ts";
import { nowMs } from "../data/store.ts";
import { useKeys } from "../keys.ts";
import { ago, plural, span, whole } from "../text/format.ts";
import { isNarrow, paints } from "../theme.ts";

export interface EgressGridProps {
  readonly members: readonly MemberSummary[];
  readonly opened: string | null;
  readonly onOpen: (member: MemberSummary) => void;
  /** Where the pointer or the keys are. */
  readonly pointed: string | null;
  readonly onPoint: (id: string | null) => void;
}

/** Canvases have a limit of their own. */
const canvasMax = 16_000;
/** Around the squares, as the style sheet has it. */
const margin = (): number => (isNarrow.value ? 12 : 20);

export function EgressGrid({ members, opened, onOpen, pointed, onPoint }: EgressGridProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const measured = useGrid(box, members.length);
  const grid = measured ?? { step: 1, gap: 0, columns: 1, rows: 0 };
  useDrawing(canvas, members, measured);
  const at = members.findIndex(({ id }) => id === pointed);
  const openedAt = members.findIndex(({ id }) => id === opened);
  const move = (direction: Direction): void => {
    const next = moved(at >= 0 ? at : openedAt, direction, members.length, grid.columns);
    if (next < 0) return;
    onPoint(members[next]!.id);
    reveal(box.current!, grid, next);
    if (opened !== null) onOpen(members[next]!);
  };
  useKeys({
    ...{ ArrowLeft: () => move("left"), ArrowRight: () => move("right"), ArrowUp: () => move("up") },
    ...{ ArrowDown: () => move("down"), k: () => move("left"), j: () => move("right") },
    Enter: () => at >= 0 && onOpen(members[at]!),
  });
  const memberOf = (event: { offsetX: number; offsetY: number }): MemberSummary | null =>
    members[memberAt(grid, members.length, event.offsetX, event.offsetY)] ?? null;
  return (
    <div
      class="grid-box fill"
      role="listbox"
      tabIndex={0}
      aria-label={`${plural(members.length, "member")}; arrow keys lead from one to the next`}
      aria-activedescendant={at >= 0 ? "egress-pointed" : undefined}
      ref={box}
      onScroll={() => onPoint(null)}
    >
      <div class="grid-body" style={{ width: `${grid.columns * grid.step}px`, height: `${grid.rows * grid.step}px` }}>
        <canvas
          ref={canvas}
          aria-hidden="true"
          onPointerMove={(event) => onPoint(memberOf(event)?.id ?? null)}
          onPointerLeave={() => onPoint(null)}
          onClick={(event) => {
            const member = memberOf(event);
            if (member !== null) onOpen(member);
          }}
        />
        {openedAt >= 0 ? <i class="grid-opened" style={frameOf(grid, openedAt)} /> : null}
        {at >= 0 ? <Pointed members={members} at={at} isOpened={at === openedAt} style={frameOf(grid, at)} /> : null}
      </div>
      {at >= 0 ? <Tip member={members[at]!} place={tipPlace(box.current, grid, at)} /> : null}
    </div>
  );
}

/** As large as there is room for. */
function useGrid(box: { current: HTMLDivElement | null }, count: number): Grid | null {
  const size = useSignal({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = box.current!;
    const measure = (): void => {
      const margins = 2 * margin();
      size.value = { width: element.clientWidth - margins, height: element.clientHeight - margins };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { width, height } = size.value;
  // What has no place yet has no squares: all of them below each other would make a huge canvas for nothing.
  return width <= 0 ? null : gridOf(count, width, height, isNarrow.value ? 11 : 7);
}

interface PointedProps {
  readonly members: readonly MemberSummary[];
  readonly at: number;
  readonly isOpened: boolean;
  readonly style: Record<string, string>;
}

/** The one option that is there for those who listen: the one that the keys are at. */
function Pointed({ members, at, isOpened, style }: PointedProps): VNode {
  return (
    <div
      id="egress-pointed"
      class="grid-pointed"
      role="option"
      aria-selected={isOpened}
      aria-setsize={members.length}
      aria-posinset={at + 1}
      aria-label={sentence(members[at]!)}
      style={style}
    />
  );
}

function frameOf({ step, gap, columns }: Grid, index: number): Record<string, string> {
  const [x, y] = [(index % columns) * step, Math.floor(index / columns) * step];
  return {
    transform: `translate(${x - 2}px, ${y - 2}px)`,
    width: `${step - gap + 4}px`,
    height: `${step - gap + 4}px`,
  };
}

function reveal(box: HTMLElement, { step, columns }: Grid, index: number): void {
  const top = Math.floor(index / columns) * step;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + step + 2 * margin() > box.scrollTop + box.clientHeight)
    box.scrollTop = top + step + 2 * margin() - box.clientHeight;
}

/** Draws what differs from what was drawn before; all of it after a change of size or colours. */
function useDrawing(
  canvas: { current: HTMLCanvasElement | null },
  members: readonly MemberSummary[],
  grid: Grid | null,
): void {
  const drawn = useRef<{ layout: string; states: readonly MemberState[] }>({ layout: "", states: [] });
  const theme = useSignal(0);
  useSignalEffect(() => {
    theme.value = paints.value;
  });
  const paint = theme.value;
  useLayoutEffect(() => {
    if (grid === null) return;
    const element = canvas.current!;
    const [width, height] = [grid.columns * grid.step, grid.rows * grid.step];
    const scale = Math.min(devicePixelRatio, canvasMax / Math.max(width, height, 1));
    const layout = `${width} ${height} ${grid.step} ${scale} ${paint} ${members.length}`;
    const isSame = drawn.current.layout === layout;
    if (!isSame) {
      element.width = Math.round(width * scale);
      element.height = Math.round(height * scale);
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
    }
    const context = element.getContext("2d")!;
    const sprites = spritesOf(Math.max(1, Math.round((grid.step - grid.gap) * scale)));
    const former = drawn.current.states;
    for (const [index, { state }] of members.entries()) {
      if (isSame && former[index] === state) continue;
      const x = Math.round((index % grid.columns) * grid.step * scale);
      const y = Math.round(Math.floor(index / grid.columns) * grid.step * scale);
      if (isSame) context.clearRect(x, y, sprites[state].width, sprites[state].height);
      context.drawImage(sprites[state], x, y);
    }
    drawn.current = { layout, states: members.map(({ state }) => state) };
  }, [members, grid?.step, grid?.columns, grid?.rows, paint]);
}

/** Each state drawn once; a square is then a copy. */
function spritesOf(side: number): Record<MemberState, HTMLCanvasElement> {
  const style = getComputedStyle(document.documentElement);
  const made = Object.entries(looks).map(([state, { colour, shape, ground }]) => {
    const sprite = document.createElement("canvas");
    [sprite.width, sprite.height] = [side, side];
    const context = sprite.getContext("2d")!;
    context.fillStyle = style.getPropertyValue(colour).trim();
    context.globalAlpha = ground;
    context.fillRect(0, 0, side, side);
    context.globalAlpha = 1;
    context.scale(side / 10, side / 10);
    if (shape !== "") context.fill(new Path2D(shape));
    return [state, sprite] as const;
  });
  return Object.fromEntries(made) as Record<MemberState, HTMLCanvasElement>;
}

/** The same look, for legends. */
export function Swatch({ state }: { readonly state: MemberState }): VNode {
  const { colour, shape, ground } = looks[state];
  return (
    <svg
      class="square"
      viewBox="0 0 10 10"
      width="11"
      height="11"
      aria-hidden="true"
      style={{ color: `var(${colour})` }}
    >
      <rect width="10" height="10" fill="currentColor" fill-opacity={ground} />
      <path d={shape} fill="currentColor" />
    </svg>
  );
}

/** Beside the square, on the side where there is room. */
function tipPlace(box: HTMLElement | null, { step, columns }: Grid, index: number): Record<string, string> {
  if (box === null) return {};
  const bounds = box.getBoundingClientRect();
  const x = bounds.left + margin() + (index % columns) * step;
  const y = bounds.top + margin() + Math.floor(index / columns) * step - box.scrollTop;
  const isLeft = x > innerWidth / 2;
  const isAbove = y > innerHeight / 2;
  return {
    ...(isLeft ? { right: `${innerWidth - x + 6}px` } : { left: `${x + step + 6}px` }),
    ...(isAbove ? { bottom: `${innerHeight - y - step}px` } : { top: `${y}px` }),
  };
}

function Tip({ member, place }: { readonly member: MemberSummary; readonly place: Record<string, string> }): VNode {
  const { id, door, state, why, since, until, tags, requests, failed, used } = member;
  const words = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return (
    <div class="tip" style={place} aria-hidden="true">
      <p>
        <b>{id}</b> <span class="quiet">{door === "source" ? "" : door}</span>
      </p>
      <p>
        <Swatch state={state} /> {looks[state].title}
        {since === null || state === "available" ? "" : ` for ${span(nowMs.value - Date.parse(since))}`}
        {until === null ? "" : `, ${span(Date.parse(until) - nowMs.value)} left`}
      </p>
      {why === "" ? null : <p>{why}</p>}
      <p class="quiet">
        {plural(requests, "request")}, {whole(failed)} failed{used === null ? "" : `, last ${ago(used, nowMs.value)}`}
      </p>
      {words.length === 0 ? null : <p class="quiet">{words.join(" ")}</p>}
    </div>
  );
}

function sentence({ id, state, why }: MemberSummary): string {
  return `${id}, ${looks[state].title}${why === "" ? "" : `, ${why}`}`;
}
