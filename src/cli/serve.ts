// Runs a control process until a signal ends it: loads the config, starts, says what runs, obeys signals. Shared by `run` and
// the demo. SIGTERM and SIGINT drain, or cut the start short, and a second one ends at once; SIGHUP and SIGUSR2 load the
// config again; SIGUSR1 opens logs anew.
// A terminal's Ctrl-C reaches both the launcher and us, and the launcher passes it on: signals close together count as one.

import { sharedClock } from "../clock.ts";
import { compileSyslog } from "../config/compilelog.ts";
import { selfCommand } from "../config/loadself.ts";
import type { ConfigSource } from "../control/configuring/source.ts";
import { Control } from "../control/control.ts";
import { type Log, openLog } from "../control/log.ts";
import { stateFolderOf } from "../control/state.ts";
import { StartStopped } from "../control/stopping.ts";
import { Speaker } from "../data/syslog/speaker.ts";
import { obeyHeld } from "../heldsignals.ts";
import { memoryLimit, putFirst } from "../memorylimit.ts";
import { reapOrphans } from "../orphans.ts";
import { processOwner } from "../owner.ts";
import { canLend, canReserve, filePages, reserving } from "../pages.ts";
import { takeProfile } from "../profiler.ts";
import { startFields, startText } from "./banner.ts";
import { writeProblems } from "./check.ts";
import { follow, textOf } from "./follow.ts";
import { FollowedSource } from "./followedsource.ts";
import { version } from "./version.ts";
import { terminal } from "./writer.ts";

export interface ServeOptions {
  readonly source: ConfigSource;
  /** What tells this run from others of the same user. */
  readonly identity: string;
  /** Without the tables of the run before. */
  readonly isFresh?: boolean;
  /** Instead of the one on stderr that the config describes. */
  readonly log?: Log;
  /** Said once all runs, instead of the usual summary. */
  readonly started: ((control: Control) => string) | null;
}

const SAME_SIGNAL_MS = 500;
/** Programs whose users need no signal: what they write into the config counts at once. */
const followed: readonly string[] = ["goproxy"];

/** Null once all runs; otherwise the exit code. */
export async function serve(options: ServeOptions): Promise<number | null> {
  const { identity, isFresh = false, started } = options;
  const source = new FollowedSource(options.source);
  // Whoever read our log has died (EPIPE): lines are lost then, traffic is not.
  process.stderr.on("error", () => {});
  const text = source.path === null ? null : textOf(source.path);
  const loaded = await source.load();
  writeProblems(loaded.ok ? loaded.warnings : loaded.problems, terminal);
  if (!loaded.ok) return source.path !== null && loaded.isRead ? 1 : 2;
  const { config, materials, lists, folder } = loaded;
  const isText =
    options.log === undefined &&
    (config.log.format === "text" || (config.log.format === "auto" && process.stderr.isTTY === true));
  const targets = compileSyslog(config.log.syslog);
  const speaker = targets.length === 0 ? null : new Speaker(targets, (message) => log.warn(message));
  const log: Log =
    options.log ??
    openLog({
      ...(speaker === null ? {} : { speak: (severity, text, wallMs) => speaker.say(severity, text, wallMs) }),
      level: config.log.level,
      format: isText ? "text" : "json",
      isColored: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined,
    });
  const exit = new Exit(speaker);
  const stopper = new AbortController();
  const starting = Control.start({
    source,
    stop: stopper.signal,
    config,
    materials,
    lists,
    folder,
    warnings: loaded.warnings,
    ...(loaded.origin === undefined ? {} : { foreign: loaded.origin.program }),
    log,
    version,
    workerCommand: () => selfCommand("worker"),
    workerStarted: (pid) => putFirst(pid),
    stateFolder: stateFolderOf(identity),
    owner: processOwner(),
    pages: { of: filePages, canLend, canReserve: canReserve(), reserving, limitBytes: () => memoryLimit.bytes },
    sharedMs: sharedClock(),
    isFresh,
    takeProfile,
  });
  obeySignals(starting, { stopper, source, log, exit });
  if (process.pid === 1) reapOrphans();
  try {
    const control = await starting;
    if (source.path !== null && loaded.origin !== undefined && followed.includes(loaded.origin.program))
      follow(source.path, text, {
        changed: () => source.saved(() => void control.reload().catch(() => {})),
        gone: () =>
          log.warn(
            { file: source.path },
            "the config file is gone, or cannot be read: what was read last stays in force",
          ),
      });
    if (started !== null) terminal.err(started(control));
    else if (isText) terminal.err(startText(control, version));
    else log.info(startFields(control, version), "started");
    return null;
  } catch (error) {
    if (!(error instanceof StartStopped))
      for (const line of (error as Error).message.split("\n")) terminal.err(`sluice: ${line}`);
    await speaker?.close();
    return error instanceof StartStopped ? 0 : 1;
  }
}

/** The end of the process, behind the last lines of its log. */
class Exit {
  readonly #speaker: Speaker | null;
  #code: number | null = null;

  constructor(speaker: Speaker | null) {
    this.#speaker = speaker;
  }

  /** Whether it only waits for these lines. */
  get isUnderWay(): boolean {
    return this.#code !== null;
  }

  async leave(code: number): Promise<void> {
    this.#code ??= code;
    await this.#speaker?.close();
    this.now();
  }

  now(): never {
    process.exit(this.#code ?? 1);
  }
}

interface Obeying {
  readonly stopper: AbortController;
  readonly source: ConfigSource;
  readonly log: Log;
  readonly exit: Exit;
}

function obeySignals(starting: Promise<Control>, { stopper, source, log, exit }: Obeying): void {
  let firstMs: number | null = null;
  let isStarting = true;
  void starting.then(
    () => (isStarting = false),
    () => (isStarting = false),
  );
  const end = (signal: NodeJS.Signals): void => {
    if (firstMs !== null && performance.now() - firstMs < SAME_SIGNAL_MS) return;
    const isFirst = firstMs === null;
    firstMs = performance.now();
    if (exit.isUnderWay) exit.now();
    if (isStarting) cutStart(isFirst, stopper, signal, log, exit);
    void starting.then(
      async (control) => {
        if (!isFirst) await endNow(control, signal, log, exit);
        else await drainAll(control, signal, log, exit);
      },
      // It did not start, and serve has said why.
      (error) => {
        if (error instanceof StartStopped) void exit.leave(0);
      },
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  // That it did not start serve has said; what goes wrong in a reload is an outcome of it, which control tells.
  const reload = (): void =>
    void starting.then(
      (control) => control.reload(),
      () => {},
    );
  // Without a config file there is nothing to load again, and a terminal that is closed says it like this too.
  process.on("SIGHUP", (signal) => {
    if (source.path === null) end(signal);
    else reload();
  });
  // As HAProxy's units ask for a reload (kill -USR2 $MAINPID): nobody listening, it ends the process, and every connection with it.
  process.on("SIGUSR2", () => {
    if (source.path === null) log.warn("SIGUSR2: there is no config file to load again");
    else reload();
  });
  process.on(
    "SIGUSR1",
    () =>
      void starting.then(
        (control) => control.reopenLogs(),
        () => {},
      ),
  );
  obeyHeld();
}

/** What it waits for, first checks above all, may take as long as servers let it. */
function cutStart(isFirst: boolean, stopper: AbortController, signal: string, log: Log, exit: Exit): void {
  if (!isFirst) {
    log.warn(`${signal} again: ended before it had started`);
    return void exit.leave(1);
  }
  log.info(`${signal}: it ends before it has started`);
  stopper.abort();
}

/** Where a second signal cuts it short, that ends the process. */
async function drainAll(control: Control, signal: string, log: Log, exit: Exit): Promise<void> {
  log.info(`${signal}: draining, for ${control.plan.drainMs / 1000} s at the most; a second signal ends it at once`);
  const outcome = await control.drain();
  if (outcome === "cut") return;
  if (outcome === "whole") log.info("stopped cleanly");
  else log.warn("stopped; what the workers that were killed had under way was cut off, and is in no log");
  await exit.leave(outcome === "whole" ? 0 : 1);
}

async function endNow(control: Control, signal: string, log: Log, exit: Exit): Promise<void> {
  log.warn(`${signal} again: what is under way is cut off`);
  await control.end();
  await exit.leave(1);
}
