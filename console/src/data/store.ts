// What the console knows at this moment, for as long as it is open: the figures of the last second, ten minutes of them, the servers by
// pool and name, and what has changed. Fed by one stream of events; pages read signals and ask for nothing that stands here. What has
// many entries is kept in a map beside a number that says "it has changed": a signal for each of 10,000 servers would cost more.

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ChangesAnswer } from "../../../src/control/api/shape/change.ts";
import type { Figures, PastAnswer, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import type { Status } from "../../../src/control/status.ts";
import { ask, tokenCount } from "./api.ts";
import type { StreamEvent } from "./eventreader.ts";
import { follow } from "./events.ts";
import { History } from "./history.ts";
import { type Problem, problemsOf } from "./problems.ts";

export interface Change {
  readonly at: string;
  readonly text: string;
  /** Of the log: "info", "warn", "error". */
  readonly level?: string;
  /** Counts up: what a list tells them apart by. */
  readonly number: number;
}

const changesMax = 200;
const statusEveryMs = 10_000;
/** Figures come once a second. */
const staleMs = 3500;

export const figures: Signal<Figures | null> = signal(null);
/** Counts the figures that came; `history` is what it has to be read with. */
export const ticks: Signal<number> = signal(0);
export const history: History = new History();
/** What Sluice remembers of the time before, as it was told last. */
export const past: Signal<PastAnswer | null> = signal(null);
export const servers: Map<string, ServerFigures> = new Map();
export const serversVersion: Signal<number> = signal(0);
export const changes: Signal<readonly Change[]> = signal([]);
/** What changes seldom: workers with how they ended, the last reload, where the config is from. */
export const status: Signal<Status | null> = signal(null);
/** Null: the stream is there. */
export const streamProblem: Signal<string | null> = signal(null);
/** Now, moved once a second. */
export const nowMs: Signal<number> = signal(Date.now());
const heardAtMs = signal(0);

/** What is shown is older than it should be: since when, as a time of day in milliseconds; null: it is not. */
export const staleSince: ReadonlySignal<number | null> = computed(() => {
  if (heardAtMs.value === 0) return null;
  return streamProblem.value !== null || nowMs.value - heardAtMs.value > staleMs ? heardAtMs.value : null;
});

/** What needs somebody now. */
export const problems: ReadonlySignal<readonly Problem[]> = computed(() => {
  if (figures.value === null || ticks.value < 0 || serversVersion.value < 0) return [];
  const known = { status: status.value, servers: servers.values(), history, nowMs: nowMs.value };
  return problemsOf({ figures: figures.value, ...known });
});

export const serverKey = (server: Pick<ServerFigures, "pool" | "name">): string => `${server.pool}/${server.name}`;

/** Starts listening. Returns how to end it. */
export function startStore(): () => void {
  const clock = setInterval(() => {
    nowMs.value = Date.now();
  }, 1000);
  const polling = setInterval(() => void readStatus(), statusEveryMs);
  const waiting = tokenCount.subscribe(() => void readStatus());
  const stop = follow({
    path: "/api/v1/events?topics=figures,servers,changes",
    told,
    changed: (problem) => {
      if (problem === null) void readPast();
      // All servers are told anew on a new stream; those that are gone must not stay.
      if (problem === null) isServersNew = true;
      streamProblem.value = problem;
    },
  });
  return () => {
    clearInterval(clock);
    clearInterval(polling);
    waiting();
    stop();
  };
}

let isServersNew = true;
let changeNumber = 0;

export function told({ name, data }: StreamEvent): void {
  switch (name) {
    case "figures":
      return takeFigures(JSON.parse(data) as Figures);
    case "servers":
      return takeServers(JSON.parse(data) as readonly ServerFigures[]);
    case "change":
      takeChange(JSON.parse(data) as Omit<Change, "number">);
  }
}

function takeFigures(next: Figures): void {
  heardAtMs.value = Date.now();
  nowMs.value = Date.now();
  history.push(next);
  const former = figures.value;
  figures.value = next;
  ticks.value++;
  if (former === null || former.generation !== next.generation || former.state !== next.state) {
    void readStatus();
    // Servers that the new plan does not have are told of no more, and none is told of as gone.
    if (former !== null && former.generation !== next.generation) void dropServersGone();
  }
}

function takeServers(some: readonly ServerFigures[]): void {
  if (isServersNew) servers.clear();
  isServersNew = false;
  for (const server of some) servers.set(serverKey(server), server);
  serversVersion.value++;
}

function takeChange(told: Omit<Change, "number">): void {
  changes.value = [{ ...told, number: ++changeNumber }, ...changes.value].slice(0, changesMax);
}

/** What was before this page was opened, or while nothing was heard. The seconds that no mean is of yet follow with the next one. */
async function readPast(): Promise<void> {
  const everySeconds = await readMoments();
  void readChanges();
  if (everySeconds !== null) setTimeout(() => void readMoments(), (everySeconds + 1) * 1000);
}

async function readMoments(): Promise<number | null> {
  const told = await ask<PastAnswer>("/api/v1/figures/history").catch(() => null);
  if (told !== null) history.fill(told.moments, told.everySeconds);
  if (told !== null) past.value = told;
  return told?.everySeconds ?? null;
}

let areChangesRead = false;

async function readChanges(): Promise<void> {
  if (areChangesRead) return;
  areChangesRead = true;
  const told = await ask<ChangesAnswer>("/api/v1/changes").catch(() => null);
  if (told === null) return;
  const newer = new Set(changes.value.map(({ at, text }) => `${at} ${text}`));
  const before = told.changes.filter(({ at, text }) => !newer.has(`${at} ${text}`));
  const numbered = before.map((change) => ({ ...change, number: ++changeNumber }));
  changes.value = [...changes.value, ...numbered].slice(0, changesMax);
}

async function readStatus(): Promise<Status | null> {
  const read = await ask<Status>("/api/v1/status").catch(() => null);
  if (read !== null) status.value = read;
  return read;
}

async function dropServersGone(): Promise<void> {
  const read = await readStatus();
  if (read === null) return;
  const known = new Set(
    read.pools.flatMap((pool) => pool.servers.map(({ name }) => serverKey({ pool: pool.name, name }))),
  );
  for (const key of servers.keys()) if (!known.has(key)) servers.delete(key);
  serversVersion.value++;
}
