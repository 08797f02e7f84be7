// Whether a name and a password are those of a user: plain passwords, and {SHA} are checked here and now, MD5 crypt a turn later, bcrypt by the runtime's threads, so
// many at once; more wait, clients in turn, and beyond those it is said that we are busy: to the client that has most waiting, so that who
// guesses keeps nobody else out. A name that nobody has costs what a wrong password costs:
// it is checked against the hash that takes longest. What was found good after such work is believed for a while, by an HMAC
// under a key that this process has made for itself; what was bad is forgotten. Secrets are compared without telling how far.

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { AuthPlan } from "../config/plan.ts";
import type { Verdict, VerifyFlow } from "../flow/port.ts";
import { md5crypt } from "./credentials/md5crypt.ts";

/** Each occupies a thread for as long as its cost says: a tenth of a second with what htpasswd makes. */
const checkingMax = 2;
const waitingMax = 64;
const keptMax = 4096;
/** What bcrypt looks at; the runtime would hash longer passwords first, which no other program does. */
const bcryptBytesMax = 72;

export type BcryptVerify = (password: Uint8Array, hash: string) => Promise<boolean>;

interface Clock {
  readonly nowMs: number;
  refresh(): void;
  failed(error: Error): void;
}

interface Users {
  readonly secrets: ReadonlyMap<string, string>;
  /** Against which a name that nobody has is checked. */
  readonly decoy: string;
}

interface Job {
  readonly password: Uint8Array;
  readonly secret: string;
  readonly isKnown: boolean;
  /** "" is not remembered. */
  readonly mark: string;
  readonly rememberMs: number;
  readonly flow: VerifyFlow;
  /** As the flow's, made once. */
  readonly asker: string;
}

export class Credentials {
  readonly #clock: Clock;
  readonly #bcrypt: BcryptVerify;
  readonly #key = randomBytes(32);
  /** Marks of what was found good, with when that ends; the oldest first. */
  readonly #kept = new Map<string, number>();
  readonly #users = new WeakMap<AuthPlan, Users>();
  #waiting: Job[] = [];
  /** Clients that have had their turn: one check of each, as long as others wait. */
  readonly #served = new Set<string>();
  #checking = 0;

  constructor(clock: Clock, bcrypt: BcryptVerify = runtimeVerify) {
    this.#clock = clock;
    this.#bcrypt = bcrypt;
  }

  verify(auth: AuthPlan, name: string, password: Uint8Array, flow: VerifyFlow): Verdict | null {
    const { secrets, decoy } = this.#usersOf(auth);
    const own = secrets.get(name);
    const secret = own ?? decoy;
    const isKnown = own !== undefined;
    if (secret === "") return "bad";
    if (!isSlow(secret)) return this.#checkNow(secret, password) && isKnown ? "good" : "bad";
    const mark = isKnown ? this.#markOf(secret, name, password) : "";
    if (mark !== "" && (this.#kept.get(mark) ?? 0) > this.#clock.nowMs) return "good";
    const job = {
      password: password.slice(),
      secret,
      isKnown,
      mark,
      rememberMs: auth.rememberMs,
      flow,
      asker: flow.asker,
    };
    if (this.#checking < checkingMax) this.#check(job);
    else if (!this.#queue(job)) return "busy";
    return null;
  }

  /** False: there is no room. Few wait, and each for as long as a hash takes: that they are looked through is nothing beside it. */
  #queue(job: Job): boolean {
    this.#forgetAbandoned();
    if (this.#waiting.length >= waitingMax && !this.#makeRoom(job.asker)) return false;
    this.#waiting.push(job);
    return true;
  }

  /** The client that has most waiting loses its last, where it still has as many then as who takes that place. */
  #makeRoom(asker: string): boolean {
    const counts = new Map<string, number>();
    for (const job of this.#waiting) counts.set(job.asker, (counts.get(job.asker) ?? 0) + 1);
    const [most, count] = [...counts].reduce((one, other) => (other[1] > one[1] ? other : one));
    if (count < (counts.get(asker) ?? 0) + 2) return false;
    const place = this.#waiting.findLastIndex((job) => job.asker === most);
    const [{ flow }] = this.#waiting.splice(place, 1) as [Job];
    // Not in the middle of what another flow does.
    void nextTurn().then(() => this.#tell(flow, "busy"));
    return true;
  }

  #forgetAbandoned(): void {
    this.#waiting = this.#waiting.filter(({ flow }) => !flow.isOver);
  }

  /** The first of a client that has not had its turn. Ever new clients do not put off a second turn for ever. */
  #next(): Job | undefined {
    this.#forgetAbandoned();
    let place = this.#waiting.findIndex(({ asker }) => !this.#served.has(asker));
    if (place === -1 || this.#served.size >= waitingMax) {
      this.#served.clear();
      place = 0;
    }
    const [job] = this.#waiting.splice(place, 1);
    if (job !== undefined) this.#served.add(job.asker);
    return job;
  }

  #tell(flow: VerifyFlow, verdict: Verdict): void {
    try {
      this.#clock.refresh();
      flow.verified(verdict);
    } catch (failure) {
      // Nothing stands between a promise and the end of the process.
      this.#clock.failed(failure as Error);
    }
  }

  #check(job: Job): void {
    this.#checking++;
    const { password, secret } = job;
    const checked = secret.startsWith("$2") ? this.#bcryptOf(job) : nextTurn().then(() => isMd5(password, secret));
    void checked.catch(() => false).then((isRight) => this.#checked(job, isRight && job.isKnown));
  }

  async #bcryptOf({ password, secret }: Job): Promise<boolean> {
    // To bcrypt a password ends at its first NUL.
    if (password.includes(0)) return false;
    return this.#bcrypt(password.subarray(0, bcryptBytesMax), secret.replace(/^\$2x\$/, "$2a$"));
  }

  #checked({ mark, rememberMs, flow }: Job, isGood: boolean): void {
    this.#checking--;
    this.#clock.refresh();
    if (isGood && rememberMs > 0) this.#keep(mark, this.#clock.nowMs + rememberMs);
    const next = this.#next();
    if (next !== undefined) this.#check(next);
    this.#tell(flow, isGood ? "good" : "bad");
  }

  #checkNow(secret: string, password: Uint8Array): boolean {
    const sha = /^\{SHA\}(.*)$/.exec(secret);
    if (sha !== null) return this.#isSame(sha[1]!, createHash("sha1").update(password).digest("base64"));
    return this.#isSame(secret.replace(/^\{PLAIN\}/, ""), password);
  }

  /** Under a key that nobody knows all texts are of one length, and how far two agree says nothing of them. */
  #isSame(one: string, other: string | Uint8Array): boolean {
    const digest = (text: string | Uint8Array): Buffer => createHmac("sha256", this.#key).update(text).digest();
    return timingSafeEqual(digest(one), digest(other));
  }

  /** The secret is part of it: with another password in the plan the mark is another. */
  #markOf(secret: string, name: string, password: Uint8Array): string {
    const hash = createHmac("sha256", this.#key).update(`${secret}\0${name}\0`).update(password);
    return hash.digest("base64");
  }

  #keep(mark: string, untilMs: number): void {
    this.#kept.delete(mark);
    if (this.#kept.size >= keptMax) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(mark, untilMs);
  }

  #usersOf(auth: AuthPlan): Users {
    let users = this.#users.get(auth);
    if (users === undefined) {
      // As in a file of Apache's, the first of a name counts.
      const secrets = new Map<string, string>();
      for (const { name, secret } of auth.users) if (!secrets.has(name)) secrets.set(name, secret);
      const decoy = [...secrets.values()].sort((one, other) => workOf(other) - workOf(one))[0] ?? "";
      users = { secrets, decoy };
      this.#users.set(auth, users);
    }
    return users;
  }
}

function isSlow(secret: string): boolean {
  return secret.startsWith("$");
}

/** About how long a check takes. */
function workOf(secret: string): number {
  if (secret.startsWith("$2")) return 2 + Number(secret.slice(4, 6));
  return secret.startsWith("$") ? 1 : 0;
}

function isMd5(password: Uint8Array, secret: string): boolean {
  const salt = secret.split("$")[2] ?? "";
  const magic = secret.startsWith("$1$") ? "$1$" : "$apr1$";
  const [made, held] = [Buffer.from(md5crypt(password, salt, magic)), Buffer.from(secret)];
  return made.length === held.length && timingSafeEqual(made, held);
}

/** What waits meanwhile is served first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function runtimeVerify(password: Uint8Array, hash: string): Promise<boolean> {
  return Bun.password.verify(password as Uint8Array<ArrayBuffer>, hash, "bcrypt");
}
