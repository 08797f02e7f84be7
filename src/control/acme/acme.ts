// Certificates from an authority: which of those that the config wants are there, when the next is due, and who shows them. One order is under
// way at a time, so that nothing comes in herds; the others wait for their turn. It runs no traffic and reads no clock of its own: time,
// chance and the network come in. What it has and what is asked for just now goes into the plan like files do (`dress`), and each change of
// it is a plan like any other: workers have it before the next step is taken.

import { type NameSet, setKey, type Wish, wishesOf } from "../../config/acmenames.ts";
import { directories } from "../../config/acmeschema.ts";
import { certificateDetails } from "../../config/certificatedetails.ts";
import { daysLeft, momentText, validityOf } from "../../config/certificatevalidity.ts";
import type { Certificate, Challenge, Materials } from "../../config/materials.ts";
import { ms } from "../../config/measure.ts";
import type { Config, Acme as Settings } from "../../config/types.ts";
import type { Log } from "../log.ts";
import { type AccountRecord, openAccount } from "./account.ts";
import { AcmeClient } from "./client.ts";
import { AccountKey } from "./jws.ts";
import type { Ask } from "./network.ts";
import { type Obtained, obtain } from "./order.ts";
import {
  afterSuccess,
  afterTrouble,
  dueAtMs,
  issueAtMs,
  issuedMax,
  issuedWith,
  lookAtMs,
  quietUntilMs,
  restMsAfter,
} from "./schedule.ts";
import { AcmeStore, emptyTrial, type TrialRecord } from "./store.ts";
import { consequenceOf, isAccountLost, safeText, Trouble, troubleOf } from "./trouble.ts";

export interface AcmeOptions {
  readonly log: Log;
  readonly nowMs: () => number;
  /** 0 to 1. */
  readonly chance: () => number;
  /** Rejects when it is stopped. */
  readonly wait: (ms: number, stop: AbortSignal) => Promise<void>;
  /** `ca`: PEM of the authorities that the directory is signed by; null is the system's. */
  readonly network: (ca: string | null) => Ask;
  /** Makes a plan of what there is now. Null when it is in force everywhere; otherwise why not. */
  readonly publish: () => Promise<string | null>;
}

export interface AcmeCertificateStatus {
  readonly names: readonly string[];
  /** Names of the listeners that show it. */
  readonly listeners: readonly string[];
  /** valid: it is in use. ordering: it is asked for just now. waiting: its turn has not come. failing: it could not be had when it was tried last. */
  readonly state: "valid" | "ordering" | "waiting" | "failing";
  /** The authority's directory. */
  readonly directory: string;
  /** The file of the one in use; null while a placeholder stands in for it. */
  readonly file: string | null;
  /** When it is asked for next. */
  readonly nextAt: string;
  /** Why it could not be had when it was tried last; null when it could. */
  readonly lastError: string | null;
  readonly lastErrorAt: string | null;
}

/** What /metrics says; counts are since the start. */
export interface AcmeFigures {
  readonly issued: number;
  readonly renewed: number;
  readonly failed: number;
  /** Certificates by their state. */
  readonly inUse: number;
  readonly missing: number;
  readonly failing: number;
}

export type RenewAnswer =
  | { readonly ok: true; readonly certificate: AcmeCertificateStatus }
  /** missing: no such name. busy: not now. */
  | { readonly ok: false; readonly why: "missing" | "busy"; readonly message: string };

/** One certificate that is wanted. */
interface Seat {
  readonly wish: Wish;
  trial: TrialRecord;
  /** Somebody has asked for it now. */
  isForced: boolean;
  /** Of what was told last: it is not told again until it is something else, or the end comes nearer. */
  told: string;
}

interface Subject {
  readonly settings: Settings;
  readonly directory: string;
  readonly renewBeforeMs: number | null;
  readonly ca: string | null;
  readonly store: AcmeStore;
  readonly seats: Map<string, Seat>;
  /** Of certificates that nobody wants any more: looks in vain count for the name, whatever it stood with. */
  past: readonly TrialRecord[];
}

const foldersRetryMs = 60_000;
const stageDays: readonly number[] = [1, 3, 7, 14];

export class Acme {
  readonly #options: AcmeOptions;
  #subject: Subject | null = null;
  #config: Config | null = null;
  /** Why there is no subject, though there is a config; null where all is well. */
  #problem: string | null = null;
  #retryAtMs = 0;
  /** Of the config's `acme.ca`, as it was when that was adopted. */
  #ca: string | null = null;
  /** By their files. */
  #kept: ReadonlyMap<string, Certificate> = new Map();
  #challenges: readonly Challenge[] = [];
  /** By the key of the names. */
  #current = "";
  #stop = new AbortController();
  #isClosed = false;
  /** Orders in a row for which the authority was away or wanted to be left alone; and when the last of them ended. */
  #troubles = 0;
  #troubledAtMs = 0;
  #counts = { issued: 0, renewed: 0, failed: 0 };

  constructor(options: AcmeOptions) {
    this.#options = options;
  }

  /** This config is, or is about to be, in force. True: there is more, or other things, to show than before. */
  adopt(config: Config, materials: Materials): boolean {
    this.#config = config;
    const { acme } = config;
    const wishes = wishesOf(config);
    if (acme === undefined || wishes.length === 0) {
      this.#stop.abort();
      this.#subject = null;
      this.#problem = null;
      return false;
    }
    const former = this.#subject;
    const ca = acme.ca === undefined ? null : (materials.authorities(acme.ca)?.text ?? null);
    if (former !== null && former.ca === ca && Bun.deepEquals(former.settings, acme)) {
      this.#seat(former, wishes);
      return false;
    }
    this.#stop.abort();
    this.#ca = ca;
    this.#open(acme, wishes);
    return this.#kept.size > 0;
  }

  /** As `adopt`, of a config that is in force already: what its folder holds is shown at once. Never rejects. */
  async follow(config: Config, materials: Materials): Promise<void> {
    if (this.adopt(config, materials)) await this.#publish();
  }

  async #publish(): Promise<void> {
    const problem = this.#isClosed ? null : await this.#options.publish();
    if (problem !== null)
      this.#options.log.error(`certificates of the authority could not be put in force: ${problem}`);
  }

  #open(acme: Settings, wishes: readonly Wish[]): void {
    const ca = this.#ca;
    const { log, nowMs } = this.#options;
    const directory = directories[acme.directory] ?? acme.directory;
    try {
      const store = new AcmeStore(acme.folder, directory, (problem) => log.warn(`acme: ${problem}`));
      this.#kept = new Map(store.certificates().map((certificate) => [certificate.file, certificate]));
      const renewBeforeMs = acme.renewBefore === undefined ? null : ms(acme.renewBefore);
      this.#subject = { settings: acme, directory, renewBeforeMs, ca, store, seats: new Map(), past: store.trials() };
      this.#seat(this.#subject, wishes);
      this.#problem = null;
    } catch (error) {
      this.#subject = null;
      this.#retryAtMs = nowMs() + foldersRetryMs;
      const problem = `acme.folder: ${acme.folder} cannot be used, so that no certificate is asked for: ${(error as Error).message}`;
      if (problem !== this.#problem) log.error(problem);
      this.#problem = problem;
    }
  }

  #seat(subject: Subject, wishes: readonly Wish[]): void {
    const { seats, store } = subject;
    const wanted = new Map(wishes.map((wish) => [setKey(wish.names), wish]));
    if (this.#current !== "" && !wanted.has(this.#current)) this.#stop.abort();
    const gone = [...seats].filter(([key]) => !wanted.has(key));
    subject.past = [...subject.past, ...gone.map(([, { trial }]) => trial)].filter(
      ({ names, failedAtMs }) => failedAtMs.length > 0 && !wanted.has(setKey(names)),
    );
    for (const [key] of gone) seats.delete(key);
    for (const [key, wish] of wanted) {
      const former = seats.get(key);
      const trial = former?.trial ?? this.#trialOf(store, wish.names);
      seats.set(key, { wish, trial, isForced: former?.isForced ?? false, told: former?.told ?? "" });
    }
  }

  /** Of a run that ended between keeping what was given and saying so: that order is done. */
  #trialOf(store: AcmeStore, names: NameSet): TrialRecord {
    const trial = store.trial(names);
    const isDone =
      trial.order !== null && this.#keptAt(store.pathOf(names))?.key.text.trim() === trial.order.key.trim();
    return isDone ? { ...emptyTrial(names), issuedAtMs: issuedWith(trial, this.#options.nowMs()) } : trial;
  }

  /** The same materials, with what there is from the authority. */
  dress(materials: Materials): Materials {
    return {
      certificatesOf: (listener) => materials.certificatesOf(listener),
      authorities: (file) => materials.authorities(file),
      own: (certificate, key) => materials.own(certificate, key),
      response: (file) => materials.response(file),
      users: (file) => materials.users(file),
      gateways: (file) => materials.gateways(file),
      program: materials.program,
      challenges: this.#challenges,
      issued: (names) => this.#shownFor(names, materials),
    };
  }

  /** Sentences that begin with the config's key. */
  get problems(): readonly string[] {
    return this.#problem === null ? [] : [this.#problem];
  }

  status(): AcmeCertificateStatus[] {
    const subject = this.#subject;
    if (subject === null) return [];
    return [...subject.seats.values()].map((seat) => this.#statusOf(subject, seat));
  }

  figures(): AcmeFigures | null {
    if (this.#subject === null && this.#problem === null) return null;
    const all = this.status();
    return {
      ...this.#counts,
      inUse: all.filter(({ file }) => file !== null).length,
      missing: all.filter(({ file }) => file === null).length + (this.#subject === null ? 1 : 0),
      failing: all.filter(({ state }) => state === "failing").length,
    };
  }

  /** The certificate with this name is asked for as soon as no other order is under way. */
  renew(name: string): RenewAnswer {
    const subject = this.#subject;
    const wanted = name.toLowerCase();
    const seats = [...(subject?.seats.values() ?? [])];
    const seat = seats.find(({ wish }) => wish.names.includes(wanted));
    if (subject === null || seat === undefined)
      return { ok: false, why: "missing", message: `no certificate of an authority is for ${safeText(name)}` };
    const nowMs = this.#options.nowMs();
    const busy = (why: string, untilMs: number): RenewAnswer => {
      return { ok: false, why: "busy", message: `${why}; not before ${momentText(untilMs)}` };
    };
    const lookMs = lookAtMs(seat.wish.names, trialsOf(subject), nowMs);
    if (lookMs > nowMs) return busy(`the authority has looked at ${wanted} in vain too often within an hour`, lookMs);
    const quietMs = quietUntilMs(seat.trial, nowMs);
    if (quietMs > nowMs) return busy("the authority wants to be left alone (Retry-After)", quietMs);
    const issueMs = issueAtMs(this.#currentOf(subject, seat.wish.names), seat.trial, nowMs);
    if (issueMs > nowMs)
      return busy(
        `the authority has given a certificate for these names ${issuedMax} times within a week, and the one in use is good`,
        issueMs,
      );
    seat.isForced = true;
    return { ok: true, certificate: this.#statusOf(subject, seat) };
  }

  /** To be called every second or so. Never rejects. */
  async look(): Promise<void> {
    if (this.#isClosed || this.#current !== "") return;
    const { nowMs } = this.#options;
    if (this.#subject === null) {
      if (this.#problem === null || nowMs() < this.#retryAtMs || this.#config?.acme === undefined) return;
      this.#open(this.#config.acme, wishesOf(this.#config));
      if (this.#subject !== null) await this.#publish();
      return;
    }
    const subject: Subject = this.#subject;
    const seat = this.#next(subject, nowMs());
    if (seat === null) return;
    const key = setKey(seat.wish.names);
    this.#current = key;
    this.#stop = new AbortController();
    try {
      await this.#turn(subject, seat, this.#stop.signal);
    } catch (error) {
      this.#options.log.error(`acme: ${safeText((error as Error).message)}`);
    } finally {
      this.#current = "";
      seat.isForced = false;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stop.abort();
  }

  /** Whose turn it is: who was asked for, then who has nothing to show, then who is due the longest. */
  #next(subject: Subject, nowMs: number): Seat | null {
    const seats = [...subject.seats.values()];
    const trials = trialsOf(subject);
    const restMs = restMsAfter(this.#troubles);
    const isResting = nowMs >= this.#troubledAtMs && nowMs < this.#troubledAtMs + restMs;
    const due = seats.flatMap((seat) => {
      if (isResting && !seat.isForced) return [];
      const current = this.#currentOf(subject, seat.wish.names);
      const atMs = seat.isForced ? 0 : dueAtMs(current, seat.trial, subject.renewBeforeMs, nowMs);
      const rank = seat.isForced ? 0 : current === null ? 1 : 2;
      return atMs <= nowMs ? [{ seat, atMs, rank }] : [];
    });
    due.sort((a, b) => a.rank - b.rank || a.atMs - b.atMs);
    return due.find(({ seat }) => lookAtMs(seat.wish.names, trials, nowMs) <= nowMs)?.seat ?? null;
  }

  async #turn(subject: Subject, seat: Seat, stop: AbortSignal): Promise<void> {
    const { log, nowMs, chance } = this.#options;
    const { names } = seat.wish;
    const isRenewal = this.#currentOf(subject, names) !== null;
    const told = { names: names.join(" "), authority: new URL(subject.directory).host };
    log.info(told, isRenewal ? "certificate is being renewed" : "certificate asked for");
    try {
      const certificate = await this.#order(subject, seat, stop);
      this.#troubles = 0;
      this.#kept = new Map([...this.#kept, [certificate.file, certificate]]);
      seat.trial = afterSuccess(seat.trial, certificate, nowMs());
      this.#keep(subject, seat);
      this.#counts[isRenewal ? "renewed" : "issued"]++;
      seat.told = "";
      const { file, notAfterMs } = certificate;
      log.info(
        { ...told, file, daysLeft: daysLeft(notAfterMs, nowMs()) },
        isRenewal ? "certificate renewed" : "certificate obtained",
      );
    } catch (error) {
      const trouble = troubleOf(error);
      // Given up by us: nobody has failed.
      if (!stop.aborted) {
        this.#counts.failed++;
        this.#troubles = trouble.kind === "away" || trouble.kind === "limited" ? this.#troubles + 1 : 0;
        this.#troubledAtMs = nowMs();
        seat.trial = afterTrouble(seat.trial, trouble, nowMs(), chance());
        this.#keep(subject, seat);
        this.#tell(subject, seat, trouble);
      }
    }
    // With one plan the tokens go and what was given comes.
    this.#challenges = [];
    await this.#publish();
  }

  async #order(subject: Subject, seat: Seat, stop: AbortSignal): Promise<Certificate> {
    const { store } = subject;
    const { nowMs } = this.#options;
    const { names } = seat.wish;
    const obtained = await this.#obtain(subject, seat, stop).catch((error: unknown) =>
      isAccountLost(error) ? this.#obtain(subject, seat, stop) : Promise.reject(error),
    );
    try {
      const certificate = store.judge(names, obtained.chain, obtained.key);
      if (certificate.notAfterMs <= nowMs())
        throw new Trouble("refused", "what the authority gave has expired: is the clock of this machine right?");
      store.keepCertificate(names, certificate);
      return certificate;
    } catch (error) {
      // Asked for again it would be the same.
      if (error instanceof Trouble) {
        seat.trial = { ...seat.trial, order: null, issuedAtMs: issuedWith(seat.trial, nowMs()) };
        store.keepTrial(seat.trial);
      }
      throw error;
    }
  }

  async #obtain(subject: Subject, seat: Seat, stop: AbortSignal): Promise<Obtained> {
    const { store, settings, directory, ca } = subject;
    const { network, nowMs, wait, publish } = this.#options;
    const { names } = seat.wish;
    const account = store.account() ?? this.#newAccount(store);
    const key = AccountKey.of(account.key);
    const client = new AcmeClient({ directory, key, ask: network(ca), stop, nowMs });
    const external = settings.externalAccount ?? null;
    try {
      const opened = await openAccount(client, account, { email: settings.email ?? null, external });
      if (!Bun.deepEquals(opened, account)) store.keepAccount(opened);
      return await obtain({
        ...{ client, names, keyKind: settings.key, former: seat.trial.order, nowMs },
        keep: (order) => {
          seat.trial = { ...seat.trial, order };
          store.keepTrial(seat.trial);
        },
        show: async (challenges) => {
          this.#challenges = challenges;
          return publish();
        },
        wait: (pauseMs) => wait(pauseMs, stop),
      });
    } catch (error) {
      // It was removed there: the same key gets another one.
      if (isAccountLost(error)) store.keepAccount({ ...account, url: null });
      throw error;
    }
  }

  #newAccount(store: AcmeStore): AccountRecord {
    const account = { key: AccountKey.make().pem, url: null, email: null };
    store.keepAccount(account);
    return account;
  }

  #keep({ store }: Subject, { trial }: Seat): void {
    try {
      store.keepTrial(trial);
    } catch (error) {
      this.#options.log.error(`acme: ${safeText((error as Error).message)}`);
    }
  }

  /** Once, and again when it is another reason, or when the end comes nearer. */
  #tell(subject: Subject, seat: Seat, { message }: Trouble): void {
    const { log, nowMs } = this.#options;
    const { names } = seat.wish;
    const current = this.#currentOf(subject, names) ?? this.#ownFor(names);
    const left = current === null ? null : daysLeft(current.notAfterMs, nowMs());
    const stage = left === null ? "none" : String(stageDays.find((days) => left < days) ?? "far");
    const told = `${stage} ${message.replaceAll(/\d+/g, "0")}`;
    if (told === seat.told) return;
    seat.told = told;
    const about = { names: names.join(" "), next: momentText(this.#dueMs(subject, seat)) };
    const text = `${consequenceOf(left)}: ${message}`;
    if (left !== null && left >= stageDays[2]!) log.warn(about, text);
    else log.error(about, text);
  }

  /** What is just as it is wanted; null where it is to be asked for. */
  #currentOf({ settings }: Subject, names: NameSet): Certificate | null {
    const found = this.#ownFor(names);
    return found !== null && kindOf(found) === settings.key ? found : null;
  }

  /** Of this authority, for just these names. */
  #ownFor(names: NameSet): Certificate | null {
    return this.#subject === null ? null : this.#keptAt(this.#subject.store.pathOf(names));
  }

  #keptAt(path: string): Certificate | null {
    return this.#kept.get(path) ?? null;
  }

  /** Where there is none that is just for these, others that have some of them do, and a placeholder for the rest. */
  #shownFor(names: NameSet, materials: Materials): readonly Certificate[] {
    const own = this.#ownFor(names);
    if (own !== null) return [own];
    const nowMs = this.#options.nowMs();
    const wanted = new Set(names);
    const usable = [...this.#kept.values()]
      .filter((each) => each.names.some((name) => wanted.has(name)) && validityOf(each, nowMs).state !== "expired")
      .sort((a, b) => b.notAfterMs - a.notAfterMs);
    return [...usable, ...materials.issued(names)];
  }

  /** By itself. */
  #dueMs(subject: Subject, { wish, trial }: Seat): number {
    const nowMs = this.#options.nowMs();
    return Math.max(nowMs, dueAtMs(this.#currentOf(subject, wish.names), trial, subject.renewBeforeMs, nowMs));
  }

  #statusOf(subject: Subject, seat: Seat): AcmeCertificateStatus {
    const { wish, trial, isForced } = seat;
    const { names, listeners } = wish;
    const own = this.#ownFor(names);
    const current = this.#currentOf(subject, names);
    const isOrdering = this.#current === setKey(names);
    const nextMs = isForced ? this.#options.nowMs() : this.#dueMs(subject, seat);
    return {
      ...{ names, listeners, directory: subject.directory, file: own?.file ?? null },
      state: isOrdering ? "ordering" : trial.error !== null ? "failing" : current === null ? "waiting" : "valid",
      nextAt: new Date(nextMs).toISOString(),
      lastError: trial.error,
      lastErrorAt: trial.error === null ? null : new Date(trial.errorAtMs).toISOString(),
    };
  }
}

function trialsOf({ seats, past }: Subject): TrialRecord[] {
  return [...past, ...[...seats.values()].map(({ trial }) => trial)];
}

/** Asked each second of each: it is read once. */
const kinds = new WeakMap<Certificate, string>();

function kindOf(certificate: Certificate): string {
  let kind = kinds.get(certificate);
  if (kind === undefined) {
    kind = certificateDetails(certificate.chain.text).keyType.toLowerCase().replace("p-256", "p256").replace(" ", "-");
    kinds.set(certificate, kind);
  }
  return kind;
}
