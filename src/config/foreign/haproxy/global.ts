// Section global: what is of the whole process, and what holds for every proxy where it says nothing. Most of it belongs to a process
// that forks, drops its rights and tunes itself; that is passed over with a note (globalwords.ts). What is left becomes workers, limits
// and drainTimeout, and the ground that bind and server lines stand on.

import { dirname } from "node:path";
import { didYouMean } from "../../../base/nearest.ts";
import type { ConfigInput, HaproxyInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import type { Origins } from "../origins.ts";
import { bindFlags, bindWords } from "./bindwords.ts";
import { readTime, written } from "./duration.ts";
import { globalWords, tuned, tuningPattern } from "./globalwords.ts";
import { type Ground, usualGround } from "./ground.ts";
import { keywordIn } from "./keyword.ts";
import { readOptions } from "./options.ts";
import { reviewLog } from "./review.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { serverFlags, serverWords } from "./serverwords.ts";
import { readStats } from "./statssocket.ts";
import { enterKeyword, readCount, warn } from "./tell.ts";
import { versionsOf } from "./tls.ts";

/** As many processes as shared memory has blocks for. */
const workersMax = 64;

/** As many as limits.streamsPerConnection may be. */
const streamsMax = 1000;

export interface Global {
  readonly ground: Ground;
  readonly config: Partial<ConfigInput>;
  /** What of HAProxy's runtime API stands in the section. */
  readonly haproxy: HaproxyInput;
}

/** `file`: the path of the config itself, for `default-path`. */
export function readGlobal(ledger: Ledger, origins: Origins, statements: readonly Statement[], file: string): Global {
  const reader = new GlobalReader(ledger, origins, file);
  for (const statement of statements) reader.read(statement);
  return { ground: reader.ground, config: reader.config(), haproxy: reader.haproxy };
}

class GlobalReader {
  ground: Ground = usualGround;
  readonly haproxy: HaproxyInput = {};
  readonly #ledger: Ledger;
  readonly #origins: Origins;
  readonly #file: string;
  readonly #config: Partial<ConfigInput> = {};
  #processes = 1;
  #threads: number | null = null;
  #areFrontendStreams = false;

  constructor(ledger: Ledger, origins: Origins, file: string) {
    this.#ledger = ledger;
    this.#origins = origins;
    this.#file = file;
  }

  config(): Partial<ConfigInput> {
    const workers = this.#threads === null && this.#processes === 1 ? null : (this.#threads ?? 1) * this.#processes;
    return { ...(workers === null ? {} : { workers: Math.min(workers, workersMax) }), ...this.#config };
  }

  read(statement: Statement): void {
    const first = statement.words[0]!;
    const keyword = keywordIn(globalWords, first.text);
    if (keyword === undefined && tuningPattern.test(first.text))
      this.#ledger.note(linePath(statement), tuned(first.text));
    else if (keyword === undefined)
      this.#ledger.fault(
        pathOf(first),
        `is no keyword of HAProxy's in section global${didYouMean(first.text, Object.keys(globalWords))}`,
      );
    else if (enterKeyword(this.#ledger, keyword, first) && statement.prefix === null) this.#take(first, statement);
  }

  #take(first: Word, statement: Statement): void {
    const value = statement.words[1];
    if (first.text === "log") reviewLog(statement, this.#ledger);
    if (first.text === "log-send-hostname" && value === undefined) {
      this.ground = { ...this.ground, hostname: true };
      return;
    }
    if (value === undefined && first.text !== "log") {
      this.#ledger.fault(linePath(statement), "needs a value behind it");
      return;
    }
    if (value !== undefined) this.#takeValue(first.text, value, statement);
  }

  #takeValue(name: string, value: Word, statement: Statement): void {
    const ledger = this.#ledger;
    const count = (min: number, max: number): number | null => readCount(ledger, value, min, max);
    switch (name) {
      case "maxconn":
        this.ground = { ...this.ground, maxConnections: count(1, 10_000_000) };
        ledger.approximate(
          linePath(statement),
          "each listener without a maxconn of its own has it, and they are not counted together; a connection beyond it is closed at once, where in HAProxy it waits to be accepted",
        );
        return;
      case "nbthread":
        this.#threads = count(1, workersMax);
        this.#origins.add(["workers"], pathOf(value));
        return;
      case "nbproc":
        warn(ledger, value, "is read as that many workers, although HAProxy takes it no more since 2.5");
        this.#processes = count(1, workersMax) ?? 1;
        this.#origins.add(["workers"], pathOf(value));
        return;
      case "hard-stop-after": {
        const ms = readTime(ledger, value);
        if (ms !== null) this.#config.drainTimeout = written(ms);
        this.#origins.add(["drainTimeout"], pathOf(value));
        return;
      }
      case "log":
        if (value.text !== "global") this.ground = { ...this.ground, logs: [...this.ground.logs, statement] };
        return;
      case "log-tag":
        this.ground = { ...this.ground, logTag: value };
        return;
      case "log-send-hostname":
        this.ground = { ...this.ground, hostname: value };
        return;
      case "stats":
        return readStats(ledger, statement, this.haproxy);
      case "tune.bufsize":
      case "tune.http.maxhdr":
        return this.#limit(name, value);
      case "tune.h2.max-concurrent-streams":
      case "tune.h2.fe.max-concurrent-streams":
        return this.#streams(value, name === "tune.h2.fe.max-concurrent-streams");
      default:
        return this.#ssl(name, value, statement);
    }
  }

  #limit(name: string, value: Word): void {
    const isHead = name === "tune.bufsize";
    const number = isHead ? readCount(this.#ledger, value, 1024, 1 << 20) : readCount(this.#ledger, value, 8, 10_000);
    if (number === null) return;
    this.#config.limits = { ...this.#config.limits, ...(isHead ? { head: `${number}b` } : { fields: number }) };
    this.#origins.add(["limits", isHead ? "head" : "fields"], pathOf(value));
  }

  /** That of frontends comes before that of both sides, wherever it stands. */
  #streams(value: Word, isOfFrontends: boolean): void {
    const number = readCount(this.#ledger, value, 1, 2 ** 31 - 1);
    if (number === null || (this.#areFrontendStreams && !isOfFrontends)) return;
    this.#areFrontendStreams ||= isOfFrontends;
    if (number > streamsMax)
      this.#ledger.approximate(pathOf(value), `at most ${streamsMax} streams of a connection are served at once`);
    this.#config.limits = { ...this.#config.limits, streamsPerConnection: Math.min(number, streamsMax) };
    this.#origins.add(["limits", "streamsPerConnection"], pathOf(value));
  }

  #ssl(name: string, value: Word, statement: Statement): void {
    const rest = statement.words.slice(1);
    const { bind, server } = this.ground;
    switch (name) {
      case "ssl-default-bind-ciphers":
        this.ground = { ...this.ground, bind: { ...bind, ciphers: value.text } };
        return;
      case "ssl-default-server-ciphers":
        this.ground = { ...this.ground, server: { ...server, ciphers: value.text } };
        return;
      case "ssl-default-bind-options": {
        const options = readOptions(this.#ledger, rest, { words: bindWords, flags: bindFlags, where: "of bind" });
        const tickets = options.has("no-tls-tickets") ? { sessionTickets: false as const } : {};
        this.ground = { ...this.ground, bind: { ...bind, ...versionsOf(this.#ledger, options, {}), ...tickets } };
        return;
      }
      case "ssl-default-server-options": {
        const options = readOptions(this.#ledger, rest, { words: serverWords, flags: serverFlags, where: "of server" });
        this.ground = { ...this.ground, server: { ...server, ...versionsOf(this.#ledger, options, {}) } };
        return;
      }
      case "ssl-server-verify":
        if (value.text !== "none" && value.text !== "required")
          this.#ledger.fault(pathOf(value), "must be none or required");
        this.ground = { ...this.ground, isVerified: value.text !== "none" };
        return;
      case "ca-base":
        this.ground = { ...this.ground, caBase: value.text };
        return;
      case "crt-base":
        this.ground = { ...this.ground, crtBase: value.text };
        return;
      case "default-path":
        return this.#base(value, statement.words[2]);
      default:
        // setenv and its like have done their work when the lines were read.
        return;
    }
  }

  /** Paths start at the config's folder here; at the one where it was started in HAProxy, if default-path says no other. */
  #base(value: Word, path: Word | undefined): void {
    const folder = { config: "", parent: "..", current: "", origin: path?.text ?? "" }[value.text];
    if (folder === undefined) this.#ledger.fault(pathOf(value), "must be current, config, parent or origin");
    else if (value.text === "current")
      this.#ledger.approximate(
        pathOf(value),
        `relative paths start at ${dirname(this.#file)}, the folder of this file`,
      );
    else this.ground = { ...this.ground, base: folder };
  }
}
