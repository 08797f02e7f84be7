// The registry in a Redis or Valkey: one connection, kept for as long as a set is watched and opened where something is asked. It ends and
// is opened anew with growing pauses; all that Redis forgets with it (what it tells of) is set up again, and every set is read, for what
// happened meanwhile was not heard. A connection that hangs is found by a PING each second. See docs/REGISTRY.md and docs/adr/0020.

import type { RedisPlace } from "../base/redisplace.ts";
import { Connection, refusalOf } from "../redis/connection.ts";
import { type Reply, ReplyError } from "../redis/resp.ts";
import { Attendance, turnMs } from "./attendance.ts";
import { isSame } from "./member.ts";
import { membershipsOf } from "./membership.ts";
import { arm, changedBy } from "./notices.ts";
import {
  type Ballot,
  type Notice,
  type Outcome,
  type Registry,
  RegistryError,
  type RegistryStatus,
  type SetContent,
  shownMax,
  type Told,
} from "./registry.ts";
import { keysOf, trialScript, voteScript, withdrawScript } from "./scripts.ts";
import { isKeptFrom, named, readSet, textsOf } from "./setreading.ts";
import { SetWatch } from "./setwatch.ts";
import { viewsOf } from "./views.ts";

export interface RedisRegistryOptions {
  readonly place: RedisPlace;
  readonly pollMs: number;
  readonly timeoutMs: number;
  /** Whether Redis is to tell of changes. */
  readonly isNotified: boolean;
  readonly nowMs?: () => number;
}

const heartbeatMs = 1000;
const pauseMinMs = 50;
const pauseMaxMs = 1000;
/** Longer than sets take to be settled behind a new connection (setwatch.ts). */
const renewMs = 15_000;

export class RedisRegistry implements Registry {
  readonly #options: RedisRegistryOptions;
  readonly #nowMs: () => number;
  readonly #watches = new Map<string, SetWatch>();
  /** Sets that were written by this process. */
  readonly #written = new Set<string>();
  /** Until when the last vote of a sentinel of ours counts, as Redis has written it down. */
  readonly #votedUntil = new Map<string, string>();
  readonly #attendance = new Attendance();
  #connection: Connection | null = null;
  #opening: Promise<Connection> | null = null;
  #heartbeat: Timer | null = null;
  #retry: Timer | null = null;
  #pauseMs: number = pauseMinMs;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #notice: Notice = "poll";
  #problem: string | null = null;
  #outages = 0;
  #isArming = false;
  #isArmingOwed = false;
  #isClosed = false;

  constructor(options: RedisRegistryOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  watch(set: string, tell: (told: Told) => void): () => void {
    let watch = this.#watches.get(set);
    if (watch === undefined) {
      watch = new SetWatch({
        pollMs: this.#options.pollMs,
        nowMs: this.#nowMs,
        read: () => this.#ask((connection) => readSet(connection, set)),
        refusal: () => this.#refusal(set),
      });
      this.#watches.set(set, watch);
      this.#follow(watch);
    }
    watch.join(tell);
    const joined = watch;
    return () => {
      joined.leave(tell);
      if (!joined.isUnused || this.#watches.get(set) !== joined) return;
      joined.close();
      this.#watches.delete(set);
    };
  }

  async members(set: string): Promise<SetContent> {
    const { leases, views } = keysOf(set);
    return this.#ask(async (connection) => {
      const reading = await readSet(connection, set);
      const [time, ends, said] = await Promise.all(
        [["TIME"], ["ZRANGE", leases, 0, shownMax - 1, "WITHSCORES"], ["HGETALL", views]].map((words) =>
          connection.ask(...words).catch(nothingWhenKept),
        ),
      );
      const nowMs = millisecondsOf(time);
      const endOf = new Map(pairsOf(ends));
      const members = membershipsOf({
        members: [...reading.members, ...reading.over],
        draining: reading.draining,
        leaseLeftMs: (member) => {
          const end = endOf.get(member);
          return end === undefined ? null : Math.max(0, Number(end) - nowMs);
        },
        views: viewsOf(pairsOf(said), nowMs),
      });
      return { members: members.slice(0, shownMax), size: reading.size };
    });
  }

  async sets(): Promise<readonly string[]> {
    return [...new Set([...this.#watches.keys(), ...this.#written])].sort();
  }

  async add(set: string, member: string): Promise<boolean> {
    const { leases } = keysOf(set);
    // First the lease: where this is as far as it gets, a member without one is no harm.
    return this.#write(set, async (connection) => {
      await connection.ask("ZREM", leases, member).catch(nothingWhenKept);
      return (await connection.ask("SADD", set, member)) === 1;
    });
  }

  async remove(set: string, member: string): Promise<boolean> {
    const { leases } = keysOf(set);
    return this.#write(set, async (connection) => {
      const wasThere = (await connection.ask("SREM", set, member)) === 1;
      await connection.ask("ZREM", leases, member).catch(nothingWhenKept);
      await this.#undrain(connection, set, member);
      return wasThere;
    });
  }

  async drain(set: string, member: string, isDrained: boolean): Promise<boolean> {
    const { draining } = keysOf(set);
    return this.#write(set, async (connection) =>
      isDrained
        ? (await connection.ask("SADD", draining, member)) === 1
        : (await this.#undrain(connection, set, member)) > 0,
    );
  }

  async vote(set: string, { voter, views, leaseMs, everyMs, quorum }: Ballot): Promise<Outcome> {
    this.#written.add(set);
    const { leases, views: said, changes } = keysOf(set);
    const needed = quorum === "majority" ? 0 : quorum;
    const ballot = [...views].map(([member, isUp]) => `${isUp ? "+" : "-"}${member}`);
    const key = `${set} ${voter}`;
    const known = this.#votedUntil.get(key);
    // A vote without an answer may count all the same.
    this.#votedUntil.delete(key);
    return this.#ask(async (connection) => {
      const sentAtMs = this.#nowMs();
      const silenceMs = Math.ceil(this.#attendance.silenceMs(key, everyMs, leaseMs, sentAtMs));
      const terms = [changes, voter, Math.ceil(leaseMs), needed, silenceMs, Math.ceil(turnMs(everyMs))];
      try {
        const reply = await connection.ask("EVAL", voteScript, 3, set, leases, said, ...terms, ...ballot);
        const [added, removed, untilWhen, former] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
        this.#votedUntil.set(key, String(untilWhen));
        this.#attendance.voted(key, sentAtMs);
        const hasTwin = known !== undefined && former !== "" && former !== known;
        return { added: textsOf(added), removed: textsOf(removed), ...(hasTwin ? { hasTwin } : {}) };
      } catch (error) {
        if (!isKeptFrom(error)) throw await named(error, connection, set);
        return putPlainly(connection, set, views);
      }
    }).catch((error: unknown) => {
      this.#attendance.failed(key, this.#nowMs());
      throw error;
    });
  }

  async withdraw(set: string, voter: string): Promise<void> {
    const { leases, views } = keysOf(set);
    this.#votedUntil.delete(`${set} ${voter}`);
    this.#attendance.forget(`${set} ${voter}`);
    await this.#ask((connection) =>
      connection.ask("EVAL", withdrawScript, 3, set, leases, views, voter).catch(nothingWhenKept),
    );
  }

  /** Whether it can be asked. Rejects with a RegistryError when not. */
  async ping(): Promise<void> {
    await this.#ask((connection) => connection.ask("PING"));
  }

  status(): RegistryStatus {
    return { place: this.#options.place.shown, notice: this.#notice, problem: this.#problem, outages: this.#outages };
  }

  close(): void {
    this.#isClosed = true;
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#drop();
  }

  /** Rejects with a RegistryError, whatever it is. */
  async #ask<T>(question: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await question(this.#connection ?? (await this.#open()));
    } catch (error) {
      if (error instanceof ReplyError && error.code === "READONLY") this.#renew();
      throw registryErrorOf(error);
    }
  }

  /** It has become a replica. By now its name may be that of another, which a connection that stays would never find. */
  #renew(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#renewedAtMs < renewMs) return;
    this.#renewedAtMs = nowMs;
    this.#drop();
    if (this.#watches.size > 0) void this.#open().catch(() => {});
  }

  async #write<T>(set: string, change: (connection: Connection) => Promise<T>): Promise<T> {
    this.#written.add(set);
    return this.#ask(async (connection) => {
      const result = await change(connection);
      await connection.ask("PUBLISH", keysOf(set).changes, "1").catch(nothingWhenKept);
      return result;
    });
  }

  /** However it is written there. Answers how many have gone. */
  async #undrain(connection: Connection, set: string, member: string): Promise<number> {
    const { draining } = keysOf(set);
    const drained = textsOf(await connection.ask("SMEMBERS", draining).catch(nothingWhenKept));
    const same = drained.filter((each) => isSame(each, member));
    return same.length === 0 ? 0 : Number(await connection.ask("SREM", draining, ...same));
  }

  /** Why leases cannot be renewed, else null. That this user may not says nothing of others. */
  #refusal(set: string): Promise<string | null> {
    return this.#ask(async (connection) => {
      try {
        await connection.ask("EVAL", trialScript, 1, keysOf(set).leases);
        return null;
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
        if (isKeptFrom(error)) return null;
        const told = await named(error, connection, set);
        return told instanceof RegistryError ? told.message : refusalOf(error);
      }
    });
  }

  /** One at a time for all who ask. */
  #open(): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(new RegistryError("it is closed"));
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #connect(): Promise<Connection> {
    let connection: Connection;
    try {
      connection = await Connection.open(this.#options.place, {
        timeoutMs: this.#options.timeoutMs,
        pushed: (message) => this.#pushed(message),
        ended: ({ message }) => this.#lost(message),
      });
      await this.#begin(connection);
    } catch (error) {
      const said = registryErrorOf(error);
      this.#lost(said.message);
      throw said;
    }
    return connection;
  }

  async #begin(connection: Connection): Promise<void> {
    if (this.#isClosed) {
      connection.close();
      throw new RegistryError("it is closed");
    }
    for (const watch of this.#watches.values()) watch.unsettle();
    this.#connection = connection;
    await this.#arm(connection);
    this.#problem = null;
    this.#pauseMs = pauseMinMs;
    this.#heartbeat = setInterval(() => void connection.ask("PING").catch(() => {}), heartbeatMs);
  }

  /** What is heard of from now on; what was before is read. One at a time: Redis takes no prefix twice. */
  async #arm(connection: Connection): Promise<void> {
    this.#isArmingOwed = true;
    if (this.#isArming) return;
    this.#isArming = true;
    try {
      while (this.#isArmingOwed && !connection.isEnded) {
        this.#isArmingOwed = false;
        const sets = [...this.#watches.keys()];
        if (this.#options.isNotified) this.#notice = await arm(connection, sets, this.#options.place.database);
        for (const watch of this.#watches.values()) watch.look();
      }
    } finally {
      this.#isArming = false;
    }
  }

  #follow(watch: SetWatch): void {
    const connection = this.#connection;
    if (connection !== null) void this.#arm(connection).catch(() => {});
    else void this.#open().catch((error: Error) => watch.fail(error.message));
  }

  #pushed(message: readonly Reply[]): void {
    const changed = changedBy(message, [...this.#watches.keys()]) ?? [...this.#watches.keys()];
    for (const set of changed) this.#watches.get(set)?.look();
  }

  #lost(why: string): void {
    this.#drop();
    if (this.#isClosed) return;
    if (this.#problem === null) {
      this.#outages++;
      this.#attendance.lost(this.#nowMs());
    }
    this.#problem = why;
    this.#notice = "poll";
    for (const watch of this.#watches.values()) watch.fail(why);
    if (this.#watches.size === 0 || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      if (this.#watches.size > 0 && this.#connection === null) void this.#open().catch(() => {});
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMaxMs);
  }

  #drop(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#connection?.close();
    this.#connection = null;
  }
}

/** What the connection throws, in the contract's own kind. */
function registryErrorOf(error: unknown): RegistryError {
  if (error instanceof ReplyError) return new RegistryError(refusalOf(error));
  return error instanceof RegistryError ? error : new RegistryError((error as Error).message);
}

/** As the originals, where scripts are not allowed: without leases, and whoever comes last is right. */
async function putPlainly(connection: Connection, set: string, views: ReadonlyMap<string, boolean>): Promise<Outcome> {
  const changed = async (isUp: boolean): Promise<string[]> => {
    const wanted = [...views].filter(([, each]) => each === isUp).map(([member]) => member);
    const replies = await Promise.all(wanted.map((member) => connection.ask(isUp ? "SADD" : "SREM", set, member)));
    return wanted.filter((_, index) => replies[index] === 1);
  };
  const [added, removed] = await Promise.all([changed(true), changed(false)]);
  return { added, removed };
}

function nothingWhenKept(error: unknown): Reply {
  if (isKeptFrom(error)) return null;
  throw error;
}

function millisecondsOf(time: Reply | undefined): number {
  const [seconds, microseconds] = textsOf(time);
  return Number(seconds ?? 0) * 1000 + Math.floor(Number(microseconds ?? 0) / 1000);
}

/** RESP2 lists members and scores one after the other, RESP3 in pairs; maps come one after the other. */
function pairsOf(reply: Reply | undefined): [string, string][] {
  const flat = Array.isArray(reply) ? (reply as readonly Reply[]).flat() : [];
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.push([String(flat[index]), String(flat[index + 1])]);
  return pairs;
}
