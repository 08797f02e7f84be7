// Keeps the certificates in use as the files on disk are, and the users that stand in files (htpasswd), and the members of egress pools
// that stand in nginx'. It looks at the stamps of all files that were read, again and again
// and when the system tells of a change; when one differs, all that changed is read anew and a plan with it is published,
// while connections go on. What is bad now never replaces what is good: the old stays in use and the problem is told once.
// What looks bad or is gone right after a change may be half written (a key comes after its certificate), so it is believed
// only when a later look finds the same. Expiry is told as time passes: at 14, 7, 3 and 1 days, and daily when it is over.

import { dirname } from "node:path";
import { daysLeft, expiringDays, validityOf } from "../config/certificatevalidity.ts";
import { type Stamps, stampOf } from "../config/loadfiles.ts";
import { FileMaterials, loadMaterials } from "../config/loadmaterials.ts";
import { type Certificate, type Materials, noMaterials } from "../config/materials.ts";
import { keyText } from "../config/problem.ts";
import type { Config } from "../config/types.ts";
import { membersIn, tellMembers } from "./egressfiles.ts";
import type { Log } from "./log.ts";
import { hasFreeFiles, Shortage } from "./openfiles.ts";

export interface CertificatesOptions {
  readonly log: Log;
  /** The wall clock, which certificates are dated by. */
  readonly nowMs: () => number;
  /** What looks go by: nothing sets it. */
  readonly monotonicMs: () => number;
  /** Null when a plan with these is in force; false when another config has come meanwhile; otherwise why not. */
  readonly renew: (config: Config, materials: Materials) => Promise<string | null | false>;
  /** A change in one of these folders is a reason to look. */
  readonly follow: (folders: ReadonlySet<string>) => void;
  /** Whether this process can read files; given by tests. */
  readonly hasFreeFiles?: () => boolean;
}

/** A config in force, and what its files held when they were last read. */
interface Subject {
  readonly config: Config;
  readonly folder: string;
  materials: FileMaterials;
}

/** What seems to be wrong, and may only be half written. */
interface Doubt {
  readonly text: string;
  readonly sinceMs: number;
  /** Of this and those right before it. */
  readonly firstMs: number;
}

/** Looks take at most this share of the time, however many files there are. */
const looksPerTime = 1 / 50;
/** From one write of a pair to the other; and how long files may go on changing until what they are is believed. */
const settleMs = 2000;
const unsettledMs = 20_000;
const refusedPauseMs = 30_000;
const linesMax = 20;
const sliceMs = 20;
const dayMs = 86_400_000;
const stages: readonly number[] = [1, 3, 7, expiringDays];

export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #shortage = new Shortage("certificates and files of users are not looked at");
  #subject: Subject | null = null;
  #isLooking = false;
  /** What the look under way has spent on waiting for others to put its plan in force. */
  #renewalMs = 0;
  #nextLookMs = 0;
  #doubt: Doubt | null = null;
  #refusal = "";
  /** The stage of expiry that was last told of a certificate, by its chain. */
  #told = new Map<string, string>();

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }

  /** This config is in force, with materials that were just read; what is wrong with them has been told. */
  adopt(config: Config, folder: string, materials: Materials): void {
    this.#subject = materials instanceof FileMaterials ? { config, folder, materials } : null;
    this.#doubt = null;
    this.#refusal = "";
    this.#nextLookMs = 0;
    this.#follow();
    for (const { id, stage } of this.#stages()) this.#told.set(id, stage);
  }

  /** What is in use. */
  get materials(): Materials {
    return this.#subject?.materials ?? noMaterials;
  }

  /** What is wrong with files now; whole sentences that begin with the config's key. */
  get problems(): readonly string[] {
    return this.#subject === null ? [] : problemsOf(this.#subject.materials);
  }

  close(): void {
    this.#subject = null;
    this.#follow();
  }

  /** To be called every second or so. Never rejects. */
  async look(): Promise<void> {
    const { monotonicMs, log } = this.#options;
    if (this.#isLooking || this.#subject === null || monotonicMs() < this.#nextLookMs) return;
    this.#isLooking = true;
    this.#renewalMs = 0;
    const startMs = monotonicMs();
    try {
      await this.#lookAt(this.#subject);
      this.#tellExpiry();
    } catch (error) {
      log.error(`the certificates could not be looked at: ${(error as Error).message}`);
    } finally {
      this.#isLooking = false;
      const lookMs = monotonicMs() - startMs - this.#renewalMs;
      this.#nextLookMs = Math.max(this.#nextLookMs, monotonicMs() + lookMs / looksPerTime);
    }
  }

  async #lookAt(subject: Subject): Promise<void> {
    const { config, folder, materials } = subject;
    if (!(await hasChanged(materials.stamps))) {
      this.#doubt = null;
      return;
    }
    // Files that cannot be read for want of descriptors are not gone: the next look reads them.
    const { hasFreeFiles: hasFree = hasFreeFiles } = this.#options;
    if (!hasFree()) return this.#shortage.tell(this.#options.log);
    const fresh = await loadMaterials(config, folder, this.#options.nowMs(), materials);
    if (this.#subject !== subject || !hasFree()) return;
    const doubt = doubtOf(materials, fresh);
    if (doubt !== "" && !this.#isSettled(doubt)) return;
    this.#doubt = null;
    if (signature(materials) !== signature(fresh) && !(await this.#renew(subject, fresh))) return;
    this.#tellProblems(materials, fresh);
    subject.materials = fresh;
    this.#follow();
  }

  /** Whether a doubt has stood for long enough to be believed. */
  #isSettled(text: string): boolean {
    const nowMs = this.#options.monotonicMs();
    const former = this.#doubt;
    if (former?.text === text && nowMs - former.sinceMs >= settleMs) return true;
    if (former !== null && nowMs - former.firstMs >= unsettledMs) return true;
    if (former?.text !== text) this.#doubt = { text, sinceMs: nowMs, firstMs: former?.firstMs ?? nowMs };
    return false;
  }

  /** False when what was in use still is. */
  async #renew(subject: Subject, fresh: FileMaterials): Promise<boolean> {
    const { log, renew, monotonicMs } = this.#options;
    const former = subject.materials;
    const sinceMs = monotonicMs();
    const refusal = await renew(subject.config, fresh);
    this.#renewalMs += monotonicMs() - sinceMs;
    if (refusal === false || this.#subject !== subject) return false;
    if (refusal !== null) {
      if (refusal !== this.#refusal) log.error(`changed certificates could not be put in force: ${refusal}`);
      this.#refusal = refusal;
      this.#nextLookMs = monotonicMs() + refusedPauseMs;
      return false;
    }
    this.#refusal = "";
    this.#tellChanges(former, fresh);
    return true;
  }

  #tellChanges(former: FileMaterials, fresh: FileMaterials): void {
    const { log, nowMs } = this.#options;
    const [before, now] = [byFile(former), byFile(fresh)];
    const changes: [string, Certificate][] = [];
    for (const [file, certificate] of now) {
      const old = before.get(file);
      if (old === undefined) changes.push(["certificate added", certificate]);
      else if (old.chain.id !== certificate.chain.id || old.key.id !== certificate.key.id)
        changes.push(["certificate reloaded", certificate]);
    }
    for (const [file, certificate] of before) if (!now.has(file)) changes.push(["certificate removed", certificate]);
    for (const [what, { file, names, notAfterMs }] of changes.slice(0, linesMax))
      log.info({ file, names: names.join(" "), daysLeft: daysLeft(notAfterMs, nowMs()) }, what);
    if (changes.length > linesMax) log.info(`${changes.length - linesMax} more certificates have changed`);
    const areUsersOthers = usersIn(former) !== usersIn(fresh);
    if (areUsersOthers) log.info("users reloaded");
    const areMembersOthers = tellMembers(former, fresh, log);
    if (changes.length === 0 && !areUsersOthers && !areMembersOthers)
      log.info("authorities, or certificates for servers, reloaded");
  }

  #tellProblems(former: FileMaterials, fresh: FileMaterials): void {
    const known = new Set(problemsOf(former));
    const { log } = this.#options;
    const now = problemsOf(fresh);
    for (const problem of now) {
      const isOfOthers = /^(\S+\.auth\.file |egress\.)/.test(problem);
      if (!known.has(problem)) log.warn(isOfOthers ? problem : `certificates: ${problem}`);
    }
    if (known.size > 0 && now.length === 0) log.info(`nothing is wrong with the ${whoseFiles([...known])} any more`);
  }

  #tellExpiry(): void {
    const { log } = this.#options;
    for (const { id, stage, text, isOver } of this.#stages()) {
      if (this.#told.get(id) === stage) continue;
      this.#told.set(id, stage);
      if (isOver) log.error(`${text}; it is in use all the same, for there is no other`);
      else log.warn(text);
    }
  }

  #stages(): Stage[] {
    if (this.#subject === null) return [];
    const nowMs = this.#options.nowMs();
    const { materials } = this.#subject;
    const stages = [...byFile(materials).values()].flatMap((each) => stageOf(each.file, each, nowMs));
    for (const [name, own] of materials.owned) stages.push(...stageOf(name.split("\0")[0]!, own, nowMs));
    return stages;
  }

  #follow(): void {
    const paths = this.#subject === null ? [] : [...this.#subject.materials.stamps.keys()];
    this.#options.follow(new Set(paths.map((path) => dirname(path))));
  }
}

interface Stage {
  /** Of the chain. */
  readonly id: string;
  /** Differs when it is to be told again. */
  readonly stage: string;
  readonly text: string;
  readonly isOver: boolean;
}

type Dated = Pick<Certificate, "chain" | "notBeforeMs" | "notAfterMs"> & { readonly names?: readonly string[] };

/** None while there is nothing to tell. */
function stageOf(file: string, dated: Dated, nowMs: number): Stage[] {
  const { state, message } = validityOf(dated, nowMs);
  if (message === null || state === "early") return [];
  const left = daysLeft(dated.notAfterMs, nowMs);
  const isOver = state === "expired";
  // Daily, from the first hour on.
  const stage = isOver
    ? `over ${Math.floor((nowMs - dated.notAfterMs) / dayMs)}`
    : `${stages.find((days) => left < days)}`;
  const names = dated.names === undefined || dated.names.length === 0 ? "" : ` (${dated.names.slice(0, 3).join(", ")})`;
  return [{ id: dated.chain.id, stage, text: `the certificate ${file}${names} ${message}`, isOver }];
}

/** What is wrong now and was not before, and what is no longer there; "" when there is nothing to doubt. */
function doubtOf(former: FileMaterials, fresh: FileMaterials): string {
  const known = new Set(problemsOf(former));
  const kept = byFile(fresh);
  const members = membersIn(fresh);
  return [
    ...problemsOf(fresh).filter((problem) => !known.has(problem)),
    ...[...byFile(former).keys()].filter((file) => !kept.has(file)),
    ...membersIn(former).difference(members),
  ].join("\n");
}

/** A file that several listeners name is told once, at the first that names it. */
function problemsOf({ findings }: FileMaterials): string[] {
  const keys = new Map<string, string[]>();
  for (const { path, message } of findings) keys.set(message, [...(keys.get(message) ?? []), keyText(path)]);
  return [...keys].map(([message, [first, ...others]]) => {
    const also = others.length === 0 ? "" : ` (so ${others.length === 1 ? "has" : "have"} ${others.join(", ")})`;
    return `${first} ${message}${also}`;
  });
}

function byFile({ certificates }: FileMaterials): Map<string, Certificate> {
  const all = [...certificates.values()].flat();
  return new Map(all.map((certificate) => [certificate.file, certificate]));
}

/** Two that have the same one make the same plan. */
function signature(materials: FileMaterials): string {
  const { certificates, authority, owned } = materials;
  const lines = [...certificates].map(
    ([listener, list]) =>
      `${listener} ${list.map(({ file, chain, key }) => `${file} ${chain.id} ${key.id}`).join(" ")}`,
  );
  for (const [file, { id }] of authority) lines.push(`${file} ${id}`);
  for (const [name, { chain, key }] of owned) lines.push(`${name} ${chain.id} ${key.id}`);
  return `${lines.join("\n")}\n${usersIn(materials)}\n${[...membersIn(materials)].join("\n")}`;
}

function usersIn({ htpasswd }: FileMaterials): string {
  return JSON.stringify([...htpasswd]);
}

/** Others get their turn in between: the loop also has servers to probe. */
async function hasChanged(stamps: Stamps): Promise<boolean> {
  let sliceStartMs = performance.now();
  for (const [path, stamp] of stamps) {
    if (stampOf(path) !== stamp) return true;
    if (performance.now() - sliceStartMs < sliceMs) continue;
    await new Promise((resume) => setImmediate(resume));
    sliceStartMs = performance.now();
  }
  return false;
}

/** What all of these problems are about. */
function whoseFiles(problems: readonly string[]): string {
  if (problems.every((problem) => problem.startsWith("egress."))) return "files of egress pools";
  if (problems.every((problem) => /^\S+\.auth\.file /.test(problem))) return "files of users";
  return problems.some((problem) => /^(\S+\.auth\.file |egress\.)/.test(problem)) ? "files" : "certificates";
}
