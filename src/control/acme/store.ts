// What is kept of an authority on disk: the account, for each certificate what was tried and is under way, and the certificates with their
// keys. A file is written beside and put in place in one step, and is with the disk before anything is said that depends on it;
// folders are the user's alone. What cannot be understood is told and passed over, never written over in silence.
//
//   FOLDER/HOST-xxxxxxxx/account.json
//   FOLDER/HOST-xxxxxxxx/orders/NAME-xxxxxxxx.json
//   FOLDER/HOST-xxxxxxxx/certificates/NAME-xxxxxxxx.pem    certificate, chain and key: `certificates` of a listener can name it

import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type NameSet, setKey } from "../../config/acmenames.ts";
import { judgeCertificate } from "../../config/certificate.ts";
import type { Certificate } from "../../config/materials.ts";
import type { AccountRecord } from "./account.ts";
import { safeText, Trouble } from "./trouble.ts";

/** An order that is under way; its key is in no other place yet. */
export interface OrderRecord {
  /** Null before the authority has said it. */
  readonly url: string | null;
  /** PEM of the certificate's key. */
  readonly key: string;
}

/** What is known of one certificate besides itself. */
export interface TrialRecord {
  readonly names: NameSet;
  readonly order: OrderRecord | null;
  /** In a row, of whatever kind. */
  readonly failures: number;
  /** When the authority has looked in vain: the last few. */
  readonly failedAtMs: readonly number[];
  /** No sooner than this; 0 is now. */
  readonly nextAtMs: number;
  /** The authority has asked to be left alone until then, whoever asks. */
  readonly quietUntilMs: number;
  /** When it has given a certificate: the last few. */
  readonly issuedAtMs: readonly number[];
  readonly error: string | null;
  readonly errorAtMs: number;
}

export type Tell = (problem: string) => void;

export function emptyTrial(names: NameSet): TrialRecord {
  return {
    ...{ names, order: null, failures: 0, failedAtMs: [], nextAtMs: 0, quietUntilMs: 0, issuedAtMs: [] },
    ...{ error: null, errorAtMs: 0 },
  };
}

export class AcmeStore {
  readonly #root: string;
  readonly #own: string;
  readonly #tell: Tell;

  /** Throws what the file system says where the folder cannot be made. */
  constructor(root: string, directory: string, tell: Tell) {
    this.#root = root;
    this.#own = join(root, folderOf(directory));
    this.#tell = tell;
    for (const each of [root, this.#own, this.#ordersPath, this.#certificatesPath]) {
      const isNew = mkdirSync(each, { recursive: true, mode: 0o700 }) !== undefined;
      if (!isNew && each === root) continue;
      // In a folder that all may write to, such as /tmp, somebody may have been there before.
      if (lstatSync(each).uid !== process.getuid?.()) throw new Error(`${each} belongs to another user`);
      chmodSync(each, 0o700);
    }
    for (const folder of [this.#own, this.#ordersPath, this.#certificatesPath])
      for (const name of readdirSync(folder)) if (name.endsWith(draftEnd)) rmSync(join(folder, name), { force: true });
  }

  account(): AccountRecord | null {
    const path = this.#accountPath;
    if (!existsSync(path)) return null;
    const found = this.#json(path);
    const { key, url, email } = found ?? {};
    if (typeof key === "string" && isTextOrNull(url) && isTextOrNull(email)) return { key, url, email };
    const aside = `${path}.damaged`;
    renameSync(path, aside);
    this.#tell(`${path} is not as Sluice writes it; it was put aside as ${aside}, and another account is made`);
    return null;
  }

  keepAccount(record: AccountRecord): void {
    this.#write(this.#accountPath, JSON.stringify({ version: 1, ...record }, null, 2));
  }

  trial(names: NameSet): TrialRecord {
    const path = this.#trialPath(names);
    const found = existsSync(path) ? this.#json(path) : null;
    if (found === null) return emptyTrial(names);
    const order = (found["order"] ?? null) as Record<string, unknown> | null; // Looked at member by member.
    const { failures, failedAtMs, nextAtMs, quietUntilMs, issuedAtMs, error, errorAtMs } = found;
    const isOrder = order !== null && typeof order["key"] === "string" && isTextOrNull(order["url"]);
    return {
      names,
      order: isOrder ? { url: order["url"] as string | null, key: String(order["key"]) } : null,
      failures: numberOf(failures),
      failedAtMs: numbersOf(failedAtMs),
      nextAtMs: numberOf(nextAtMs),
      quietUntilMs: numberOf(quietUntilMs),
      issuedAtMs: numbersOf(issuedAtMs),
      error: typeof error === "string" ? error : null,
      errorAtMs: numberOf(errorAtMs),
    };
  }

  /** Of certificates that were wanted once, too. */
  trials(): TrialRecord[] {
    return readdirSync(this.#ordersPath).flatMap((name): TrialRecord[] => {
      if (!name.endsWith(".json")) return [];
      const names: unknown = this.#json(join(this.#ordersPath, name))?.["names"];
      return Array.isArray(names) && names.every((each) => typeof each === "string") ? [this.trial(names)] : [];
    });
  }

  keepTrial(record: TrialRecord): void {
    this.#write(this.#trialPath(record.names), JSON.stringify({ version: 1, ...record }, null, 2));
  }

  /** Of every authority that was ever asked: another one's do until this one has given its own. */
  certificates(): Certificate[] {
    const found: Certificate[] = [];
    for (const authority of readdirSync(this.#root, { withFileTypes: true })) {
      const folder = join(this.#root, authority.name, "certificates");
      if (!authority.isDirectory() || !authorityFolder.test(authority.name) || !existsSync(folder)) continue;
      // Where all may write, such as /tmp, somebody else's may lie beside ours.
      if (![join(this.#root, authority.name), folder].every(isOurs)) {
        this.#tell(`${folder} belongs to another user, or others may write to it; it is passed over`);
        continue;
      }
      for (const name of readdirSync(folder)) {
        if (!name.endsWith(".pem")) continue;
        const certificate = this.#certificate(join(folder, name));
        if (certificate !== null) found.push(certificate);
      }
    }
    return found;
  }

  /** Throws a `Trouble` where it is not what was asked for. */
  judge(names: NameSet, chain: string, key: string): Certificate {
    const path = this.pathOf(names);
    const judged = judgeCertificate(path, { name: path, text: `${chain}\n${key}` }, { file: null, sought: [] });
    if (!judged.ok) throw new Trouble("refused", `what the authority gave ${safeText(judged.message)}`);
    const has = new Set(judged.certificate.names);
    const missing = names.filter((name) => !has.has(name));
    if (missing.length > 0) throw new Trouble("refused", `what the authority gave is not for ${missing.join(", ")}`);
    return { ...judged.certificate, source: "acme" };
  }

  keepCertificate(names: NameSet, { chain, key }: Certificate): void {
    this.#write(this.pathOf(names), `${chain.text}${key.text}`);
  }

  #certificate(path: string): Certificate | null {
    try {
      const text = textIn(path);
      const judged = judgeCertificate(path, { name: path, text }, { file: null, sought: [] });
      if (judged.ok) return { ...judged.certificate, source: "acme" };
      this.#tell(`${path} ${judged.message}; it is passed over`);
    } catch (error) {
      this.#tell(`${path} cannot be read: ${(error as Error).message}; it is passed over`);
    }
    return null;
  }

  #json(path: string): Record<string, unknown> | null {
    try {
      const found: unknown = JSON.parse(textIn(path));
      if (typeof found === "object" && found !== null) return found as Record<string, unknown>; // Looked at member by member.
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    return null;
  }

  /** All of it or nothing, whatever ends this process or the machine. */
  #write(path: string, text: string): void {
    const draft = `${path}${draftEnd}`;
    const file = openSync(draft, "w", 0o600);
    try {
      // Of a disk that fills up a single write says how much of it there is room for.
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  }

  get #accountPath(): string {
    return join(this.#own, "account.json");
  }

  get #ordersPath(): string {
    return join(this.#own, "orders");
  }

  get #certificatesPath(): string {
    return join(this.#own, "certificates");
  }

  #trialPath(names: NameSet): string {
    return join(this.#ordersPath, `${fileNameOf(names)}.json`);
  }

  /** The file of the certificate for these names. */
  pathOf(names: NameSet): string {
    return join(this.#certificatesPath, `${fileNameOf(names)}.pem`);
  }
}

const draftEnd = ".new";
/** As `folderOf` names them. */
const authorityFolder = /-[0-9a-f]{8}$/;

function isOurs(path: string): boolean {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** Of a regular file and nothing else: a pipe would hold up the start for ever. */
function textIn(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(file).isFile()) throw new Error("it is no regular file");
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

const digitsOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** One authority's, as people find it. */
function folderOf(directory: string): string {
  const { host } = new URL(directory);
  return `${host.replaceAll(/[^a-z0-9.-]/g, "_")}-${digitsOf(directory)}`;
}

/** The same for the same names, in whatever order they stand. */
function fileNameOf(names: NameSet): string {
  const key = setKey(names);
  return `${key.split(" ")[0]!.slice(0, 100)}-${digitsOf(key)}`;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.map(numberOf) : [];
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
