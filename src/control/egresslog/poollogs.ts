// The logs of one egress pool, from which members are told how requests through them went: which files they are, which member a line
// is about, what it says as an outcome. It does not know what becomes of outcomes. A file that stands for one member (%s) is told
// by its path; in one that all share the port tells, or the address. What cannot be read, understood or assigned is
// counted, and kept from nothing else.

import { misread, type Reading, read } from "../../base/reading.ts";
import type { EgressLogPlan, EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import type { EgressOutcome } from "../../egress/words.ts";
import type { Steps } from "../../memory/listranges.ts";
import { formatOf } from "./formats.ts";
import { emptyLine, type LineVerdict, type LogFormat, lineVerdict } from "./line.ts";
import { Members } from "./members.ts";
import type { LogPosition } from "./positions.ts";
import { Rest } from "./rest.ts";
import { chunkBytes, type LineSink, Tail } from "./tail.ts";

/** `member`: index into the plan's. The outcome is used again for the next. */
export type Note = (member: number, outcome: EgressOutcome) => void;

/** Lines by what came of them. */
export interface LineCounts {
  /** Told to a member. */
  good: number;
  /** Of another form than the format. */
  unlike: number;
  badTime: number;
  /** About nobody who is a member. */
  unknown: number;
  /** Longer than 64 KiB. */
  long: number;
}

export interface LogStanding {
  readonly path: string;
  readonly files: number;
  /** Not there, or not yet. */
  readonly absent: number;
  /** There, and not to be read: the first, and why. */
  readonly unreadable: number;
  readonly problem: string | null;
}

/** So many files are kept open between looks; with more all are opened each time. */
const heldMax = 256;
/** How often a log is looked at where nothing says so, and longer for each file of it. */
const lookMs = 250;
const lookMsEach = 0.25;
/** A clock that runs ahead must not keep a member in a state that began tomorrow. */
const aheadMs = 1000;
/** Closed by the client before there was an answer, as nginx writes it. */
const clientLeft = 499;
/** With so many lines in a row that are unlike the format, it is no longer what the log is written by. */
const unlikeMax = 20;
const unlikeText = "its last lines are unlike the format";

/** What one file says, line by line. */
interface FileSink extends LineSink {
  /** How many of its last lines are unlike the format, without one between them that is not. */
  unlikeInRow: number;
}

interface Log {
  readonly plan: EgressLogPlan;
  readonly tails: readonly Tail[];
  /** Of `tails`, in their order. */
  readonly sinks: readonly FileSink[];
  readonly everyMs: number;
  dueMs: number;
}

/** Every file of a pool, once: what positions are kept of. */
export function logPaths({ logs, members }: EgressPlan): string[] {
  return [...new Set(logs.flatMap((log) => pathsOf(log, members).map(({ path }) => path)))];
}

/** Logs of the pool that cannot be read at all, by their index. The message continues "its format". */
export function logFaults(pool: EgressPlan): { readonly index: number; readonly message: string }[] {
  if (pool.logs.length === 0) return [];
  const members = new Members(pool.members);
  return pool.logs.flatMap((log, index) => {
    const reading = readFormat(pool, log, members);
    return reading.ok ? [] : [{ index, message: reading.message }];
  });
}

/** The first of them, for the operator; null when all can be read. */
export function logProblem(pool: EgressPlan): string | null {
  const [fault] = logFaults(pool);
  if (fault === undefined) return null;
  return `the format of the log ${pool.logs[fault.index]!.path} of the egress pool ${pool.name} ${fault.message}`;
}

function readFormat(pool: EgressPlan, log: EgressLogPlan, members: Members): Reading<LogFormat> {
  const reading = formatOf(log.format, (port) => members.ofPort(port) >= 0);
  if (!reading.ok) return reading;
  if (reading.value.tellsMember || isSplit(log) || pool.members.length < 2) return read(reading.value);
  return misread("does not tell which member a line is about: say $server_port or $server_name, or a path with %s");
}

export interface PoolLogsOptions {
  readonly pool: EgressPlan;
  /** Of `logPaths`, in their order. */
  readonly positions: readonly LogPosition[];
  readonly note: Note;
  /** Whose counts go on. */
  readonly former?: PoolLogs | undefined;
}

export class PoolLogs {
  readonly counts: LineCounts = { good: 0, unlike: 0, badTime: 0, unknown: 0, long: 0 };
  bytes = 0;
  readonly #pool: EgressPlan;
  readonly #note: Note;
  readonly #logs: readonly Log[];
  readonly #members: Members;
  readonly #line = emptyLine();
  readonly #outcome: EgressOutcome = emptyOutcome();
  #nowMs = 0;
  #isClosed = false;

  /** Of a pool whose logs can be read (`logProblem`). */
  constructor({ pool, positions, note, former }: PoolLogsOptions) {
    this.#pool = pool;
    this.#note = note;
    if (former !== undefined) Object.assign(this.counts, former.counts);
    this.bytes = former?.bytes ?? 0;
    this.#members = new Members(pool.members);
    const paths = logPaths(pool);
    const byPath = new Map(paths.map((path, index) => [path, positions[index]!]));
    const own = new Set(paths);
    const rest = new Rest((path) => own.has(path));
    const shared = { isHeld: paths.length <= heldMax, rest, buffer: Buffer.alloc(chunkBytes) };
    this.#logs = pool.logs.map((plan) => {
      const reading = readFormat(pool, plan, this.#members);
      const format = reading.ok ? reading.value : null;
      const sinks: FileSink[] = [];
      const tails = pathsOf(plan, pool.members).flatMap(({ path, member }) => {
        const position = byPath.get(path);
        if (format === null || position === undefined) return [];
        byPath.delete(path);
        const sink = this.#sinkOf(format, member);
        sinks.push(sink);
        return new Tail({ path, position, isFromStart: plan.mode === "parse", sink, ...shared });
      });
      const everyMs = plan.everyMs > 0 ? plan.everyMs : Math.max(lookMs, tails.length * lookMsEach);
      return { plan, tails, sinks, everyMs, dueMs: 0 };
    });
  }

  /** Said before the first request goes out: what nginx writes about that is not to be taken for the past. */
  meet(): void {
    for (const { tails } of this.#logs) for (const tail of tails) tail.meet();
  }

  /** Reads what has come, of logs whose time it is, or of all. Yields often enough for others to have their turn. */
  *look(nowMs: () => number, isAll: boolean): Steps<void> {
    for (const log of this.#logs) {
      if (!isAll && nowMs() < log.dueMs) continue;
      log.dueMs = nowMs() + log.everyMs;
      for (const tail of log.tails) {
        do {
          if (this.#isClosed) return;
          this.#nowMs = nowMs();
          yield;
        } while (this.#read(tail));
        // However seldom it is looked at: what was rotated is not to be a look late.
        const waitMs = tail.waitsUntilMs(this.#nowMs);
        if (waitMs > 0) log.dueMs = Math.min(log.dueMs, waitMs);
      }
    }
  }

  /** Until when some file has to wait that took the place of another just now; 0: none. */
  waitsUntilMs(nowMs: number): number {
    return Math.max(0, ...this.#logs.flatMap(({ tails }) => tails.map((tail) => tail.waitsUntilMs(nowMs))));
  }

  standings(): LogStanding[] {
    return this.#logs.map(({ plan, tails, sinks }) => {
      const faulty = tails.flatMap(({ path, problem }, index) => {
        const what = problem ?? (sinks[index]!.unlikeInRow >= unlikeMax ? unlikeText : null);
        return what === null ? [] : [tails.length === 1 ? what : `${path}: ${what}`];
      });
      return {
        path: plan.path,
        files: tails.length,
        absent: tails.filter(({ isAbsent }) => isAbsent).length,
        unreadable: faulty.length,
        problem: faulty[0] ?? null,
      };
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const { tails } of this.#logs) for (const tail of tails) tail.close();
  }

  #read(tail: Tail): boolean {
    // It may have been closed in between.
    return !this.#isClosed && tail.read(this.#nowMs);
  }

  #sinkOf(format: LogFormat, member: number): FileSink {
    const sink: FileSink = {
      unlikeInRow: 0,
      line: (bytes, start, end) => {
        const verdict = format.read(bytes, start, end, this.#line);
        if (verdict === lineVerdict.good) {
          sink.unlikeInRow = 0;
          this.#tell(member);
        } else {
          sink.unlikeInRow++;
          this.#count(verdict);
        }
      },
      long: () => {
        this.counts.long++;
      },
      read: (bytes) => {
        this.bytes += bytes;
      },
    };
    return sink;
  }

  #count(verdict: LineVerdict): void {
    if (verdict === lineVerdict.badTime) this.counts.badTime++;
    else this.counts.unlike++;
  }

  #tell(fixed: number): void {
    const line = this.#line;
    const member = fixed >= 0 ? fixed : this.#members.of(line);
    if (member < 0) {
      this.counts.unknown++;
      return;
    }
    this.counts.good++;
    const outcome = this.#outcome;
    outcome.host = hostOf(line.host);
    outcome.key = line.key;
    outcome.atMs = line.atMs === 0 || line.atMs > this.#nowMs + aheadMs ? this.#nowMs : line.atMs;
    outcome.durationMs = line.durationMs;
    outcome.status = line.status;
    outcome.bytesUp = line.bytesUp;
    outcome.bytesDown = line.bytesDown;
    // ipmanager counts every 4xx as a failure, also this one.
    outcome.isCancelled = line.status === clientLeft && this.#pool.judge.per === "target";
    this.#note(member, outcome);
  }
}

function isSplit({ path }: EgressLogPlan): boolean {
  return path.includes("%s");
}

/** `member`: -1 where lines tell. */
function pathsOf(log: EgressLogPlan, members: readonly EgressMemberPlan[]): { path: string; member: number }[] {
  if (!isSplit(log)) return [{ path: log.path, member: members.length === 1 ? 0 : -1 }];
  return members.map(({ door }, member) => ({
    path: log.path.replaceAll("%s", () => (door.kind === "proxy" ? door.host : door.address)),
    member,
  }));
}

/** In lower case, without a port. Hosts come again and again, and most of them need nothing. */
function hostOf(text: string): string {
  if (!/[:A-Z]/.test(text)) return text;
  const name = text.toLowerCase();
  const bracket = name.indexOf("]");
  if (name.startsWith("[") && bracket > 0) return name.slice(1, bracket);
  const colon = name.indexOf(":");
  return colon >= 0 && colon === name.lastIndexOf(":") ? name.slice(0, colon) : name;
}

function emptyOutcome(): EgressOutcome {
  return {
    ...{ host: "", key: "", user: "", atMs: 0, durationMs: -1, status: 0, fault: 0, blame: "nobody", meaning: null },
    ...{ isTunnel: false, fromLog: true, isCancelled: false, bytesUp: 0, bytesDown: 0 },
    bytesTold: 0,
  };
}
