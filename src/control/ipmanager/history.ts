// /api/ip/history as ipmanager answers it: every address with what is remembered of it, under ipmanager's names ("ExgressKey" among
// them). 300 addresses with 1,000 entries each are 30 MB of it, so it is made address by address while it is being sent. ?ip=a,b
// tells of some.

import { type Change, type EgressBoard, memberState, memberWord } from "../../memory/egress.ts";
import type { OpenEgress } from "../egresses.ts";

interface Entry {
  readonly Time: string;
  readonly StatusCode: number;
  readonly ExgressKey: string;
  readonly Target: string;
  readonly Port: string;
}

const never = "0001-01-01T00:00:00Z";

/** Of `ips`, those that are none of the pool's. */
export function strangersAmong({ plan }: OpenEgress, ips: readonly string[]): string[] {
  const ids = new Set(plan.members.map(({ id }) => id));
  return ips.filter((ip) => !ids.has(ip));
}

/** `ips`: all of them the pool's; null: all that it has. */
export function historyAnswer({ plan, board, rows }: OpenEgress, ips: readonly string[] | null): ReadableStream {
  const places = new Map(plan.members.map(({ id }, index) => [id, index]));
  const wanted = ips ?? [...places.keys()];
  const available = plan.members.flatMap(({ id }, index) => (isAvailable(board, rows[index]!) ? [id] : []));
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(`{"AvailableIP":${JSON.stringify(available)},"IPHistory":{`));
    },
    pull(controller) {
      const ip = wanted[next];
      if (ip === undefined) {
        controller.enqueue(encoder.encode("}}\n"));
        controller.close();
        return;
      }
      const index = places.get(ip)!;
      const text = JSON.stringify(recordOf(board, rows[index]!, ip, portOf(plan.members[index]!)));
      controller.enqueue(encoder.encode(`${next === 0 ? "" : ","}${JSON.stringify(ip)}:${text}`));
      next++;
    },
  });
}

function recordOf(board: EgressBoard, row: number, ip: string, port: string): object {
  const history: Entry[] = [];
  if (row > 0)
    board.history(row, board.entriesMax, ({ atMs, status, key, host }) => {
      history.push({
        Time: timeText(atMs),
        StatusCode: status,
        ExgressKey: board.text(key) ?? "",
        Target: board.text(host) ?? "",
        Port: port,
      });
      return true;
    });
  return {
    Port: port,
    Addr: ip,
    Banned: !isAvailable(board, row),
    History: history.reverse(),
    Failure: row > 0 ? board.words[row + memberWord.failures]! : 0,
    CoolDowns: row > 0 ? coolDownsOf(board, row) : [],
  };
}

/** From when until when it was left alone, the first one first. One that was ended by hand, or that has no end, ends with the next change. */
function coolDownsOf(board: EgressBoard, row: number): [string, string][] {
  const pairs: [string, string][] = [];
  let endedMs = 0;
  board.changes(row, board.changesMax, (change) => {
    if (isBad(change)) pairs.push([timeText(change.atMs), endText(change, endedMs)]);
    endedMs = change.atMs;
    return true;
  });
  return pairs.reverse();
}

function endText({ atMs, forMs }: Change, endedMs: number): string {
  const plannedMs = forMs === 0 ? Number.POSITIVE_INFINITY : atMs + forMs;
  const endMs = endedMs === 0 ? plannedMs : Math.min(plannedMs, endedMs);
  return endMs === Number.POSITIVE_INFINITY ? never : timeText(endMs);
}

function isBad({ state }: Change): boolean {
  return state === memberState.coolingDown || state === memberState.banned;
}

export function isAvailable(board: EgressBoard, row: number): boolean {
  if (row <= 0) return false;
  const state = board.words[row + memberWord.state];
  return state === memberState.available || state === memberState.trial;
}

/** As ipmanager has them: texts. "" where an address is none of an nginx. */
export function portOf({ door }: OpenEgress["plan"]["members"][number]): string {
  return door.kind === "source" ? "" : String(door.port);
}

/** In whole seconds, as nginx writes them. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
