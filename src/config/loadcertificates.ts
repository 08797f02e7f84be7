// Reads the certificates that one listener names: single files, files with their keys elsewhere, folders. Each is read and parsed
// once however many listeners name it, and not again at a later look while its files stay as they are. What is bad is told
// and left out; when an earlier reading of the same file was good, that one stays in use. Judging is certificate.ts'.

import { basename, dirname, join, resolve } from "node:path";
import { type Judged, judgeCertificate, type KeyPlace } from "./certificate.ts";
import type { Candidate } from "./certificatechoice.ts";
import { certificatesIn, isAuthorityName, keyNamesOf, nestedCertificatesIn } from "./certificatefolder.ts";
import { pemBlocks } from "./certificatepem.ts";
import { validityOf } from "./certificatevalidity.ts";
import type { Finding } from "./issues.ts";
import { Files } from "./loadfiles.ts";
import { certificateRefusal } from "./loadtrial.ts";
import type { Certificate } from "./materials.ts";
import type { Path } from "./problem.ts";
import type { ListenerTls } from "./types.ts";

/** What was good, with the stamps of the files that it was made from. */
export interface Remembered {
  readonly stamp: string;
  /** Null when the key stands in the certificate's own file. */
  readonly key: { readonly path: string; readonly stamp: string } | null;
  readonly judged: Judged & { readonly ok: true };
}

/** By the certificate's path and, where the config names it, the key's. */
export type Memory = Map<string, Remembered>;

export interface Found {
  readonly candidates: Candidate[];
  /** What cannot be used, by the names of the files. */
  readonly bad: { readonly name: string; readonly finding: Finding }[];
  /** What is to be said of those that can. */
  readonly notes: Finding[];
}

/** A certificate to be read. */
interface Wanted {
  readonly path: string;
  /** As an operator would find it. */
  readonly name: string;
  readonly subject: string;
  readonly at: Path;
  readonly key: { readonly path: string; readonly name: string } | null;
  /** All names beside it, when it was found in a folder. */
  readonly beside: readonly string[] | null;
}

/** How long the loop may be held up before others get their turn. */
const sliceMs = 20;

export class CertificateReader {
  readonly files: Files = new Files();
  readonly memory: Memory = new Map();
  readonly #folder: string;
  readonly #former: Memory;
  readonly #nowMs: number;
  #sliceStartMs = performance.now();

  /** `folder`: where relative paths start. `former`: what an earlier reading remembers. */
  constructor(folder: string, former: Memory, nowMs: number) {
    this.#folder = folder;
    this.#former = former;
    this.#nowMs = nowMs;
  }

  /** `before`: what the same listener shows now. */
  async read(tls: ListenerTls, at: Path, before: readonly Certificate[]): Promise<Found> {
    const found: Found = { candidates: [], bad: [], notes: [] };
    const { certificates = [] } = tls;
    const list = typeof certificates === "string" ? [certificates] : certificates;
    for (const [index, each] of list.entries()) {
      const path = typeof certificates === "string" ? at : [...at, index];
      for (const wanted of this.#wanted(each, path, before, found)) {
        await this.#pause();
        this.#take(wanted, before, found);
      }
    }
    return found;
  }

  /** One certificate with its key in a file that the config names. */
  readOwn(certificate: string, key: string): Judged {
    return this.#judge({
      path: resolve(this.#folder, certificate),
      name: certificate,
      subject: "",
      at: [],
      key: { path: resolve(this.#folder, key), name: key },
      beside: null,
    })!;
  }

  #wanted(
    each: string | { readonly certificate: string; readonly key: string },
    at: Path,
    before: readonly Certificate[],
    found: Found,
  ): Wanted[] {
    const name = typeof each === "string" ? each : each.certificate;
    const path = resolve(this.#folder, name);
    const subject = `names ${name}`;
    if (typeof each !== "string") {
      const key = { path: resolve(this.#folder, each.key), name: each.key };
      return [{ path, name, subject, at: [...at, "certificate"], key, beside: null }];
    }
    if (!this.files.isFolder(path)) return [{ path, name, subject, at, key: null, beside: null }];
    const wanted = this.#inFolder(path, name, at);
    const message = typeof wanted === "string" ? wanted : "holds no certificate (files that end in .pem, .crt or .cer)";
    if (typeof wanted !== "string" && wanted.length > 0) return wanted;
    keepOrBlame(found, { path, name, subject, at }, message, before);
    return [];
  }

  /** Why it cannot be read, when it cannot. */
  #inFolder(path: string, name: string, at: Path): Wanted[] | string {
    const listing = this.files.list(path);
    if (!listing.ok) return listing.message;
    const wanted: Wanted[] = [];
    const add = (folder: string, shownFolder: string, names: readonly string[], beside: readonly string[]): void => {
      for (const each of names) {
        const shown = join(shownFolder, each);
        wanted.push({ path: join(folder, each), name: shown, subject: `has ${shown}`, at, key: null, beside });
      }
    };
    add(path, name, certificatesIn(listing.files), listing.files);
    for (const each of listing.folders) {
      if (each.startsWith(".")) continue;
      const nested = this.files.list(join(path, each));
      if (nested.ok) add(join(path, each), join(name, each), nestedCertificatesIn(nested.files), nested.files);
    }
    return wanted;
  }

  #take(wanted: Wanted, before: readonly Certificate[], found: Found): void {
    const { path, name, subject, at } = wanted;
    const judged = this.#judge(wanted);
    if (judged === null) return;
    if (!judged.ok) return keepOrBlame(found, wanted, judged.message, before);
    const { certificate, warnings } = judged;
    const problem = this.#unripe(certificate);
    const former = before.find(({ file }) => file === path);
    if (problem !== null && former !== undefined && this.#unripe(former) === null)
      return keepOrBlame(found, wanted, problem, before);
    found.candidates.push({ certificate, name, subject, path: at });
    for (const message of warnings) found.notes.push(finding(at, `${subject}, which ${message}`));
  }

  /** Why it is not valid now; null when it is. */
  #unripe(certificate: Certificate): string | null {
    const { state, message } = validityOf(certificate, this.#nowMs);
    return state === "expired" || state === "early" ? message : null;
  }

  /** Null for what lies in a folder and is no certificate of ours. */
  #judge(wanted: Wanted): Judged | null {
    const memoryKey = `${wanted.path}\0${wanted.key?.path ?? ""}`;
    const known = this.memory.get(memoryKey) ?? this.#recalled(memoryKey, wanted.path);
    if (known !== undefined) return known.judged;
    const read = this.files.text(wanted.path);
    if (!read.ok) return read;
    const blocks = pemBlocks(read.text);
    if (wanted.beside !== null && blocks.certificates.length === 0 && blocks.count > 0) return null;
    const hasKey = blocks.keys.length > 0 && wanted.key === null;
    const spot = hasKey ? { path: null, sought: [] } : this.#keySpot(wanted);
    if (wanted.beside !== null && spot.path === null && !hasKey && isAuthorityName(basename(wanted.path))) return null;
    const place = this.#keyPlace(spot);
    if (typeof place === "string") return { ok: false, message: place };
    const judged = judgeCertificate(wanted.path, { name: wanted.name, text: read.text }, place);
    if (judged.ok) {
      const { chain, key: secret } = judged.certificate;
      const refusal = certificateRefusal(chain.text, secret.text);
      if (refusal !== null) return { ok: false, message: refusal };
      const key = spot.path === null ? null : { path: spot.path.path, stamp: this.files.stamps.get(spot.path.path)! };
      this.memory.set(memoryKey, { stamp: this.files.stamps.get(wanted.path)!, key, judged });
    }
    return judged;
  }

  #recalled(memoryKey: string, path: string): Remembered | undefined {
    const former = this.#former.get(memoryKey);
    if (former === undefined || this.files.stamp(path) !== former.stamp) return undefined;
    if (former.key !== null && this.files.stamp(former.key.path) !== former.key.stamp) return undefined;
    this.memory.set(memoryKey, former);
    return former;
  }

  /** Every place that was looked at keeps its stamp, so that a key that comes later is noticed. */
  #keySpot({ path, name, key, beside }: Wanted): KeySpot {
    if (key !== null) return { path: key, sought: [] };
    const sought = keyNamesOf(basename(path), beside ?? undefined);
    const found = sought.find((each) => this.files.stamp(join(dirname(path), each)) !== "");
    if (found === undefined) return { path: null, sought };
    return { path: { path: join(dirname(path), found), name: join(dirname(name), found) }, sought };
  }

  #keyPlace({ path, sought }: KeySpot): KeyPlace | string {
    if (path === null) return { file: null, sought };
    const read = this.files.text(path.path);
    if (!read.ok) return `has a key file, ${path.name}, that ${read.message}`;
    return { file: { name: path.name, text: read.text }, sought };
  }

  async #pause(): Promise<void> {
    if (performance.now() - this.#sliceStartMs < sliceMs) return;
    await new Promise((resume) => setImmediate(resume));
    this.#sliceStartMs = performance.now();
  }
}

interface KeySpot {
  readonly path: { readonly path: string; readonly name: string } | null;
  readonly sought: readonly string[];
}

export const keptText = "; what was read before stays in use";

/** What was read before from this file, or from this folder, which may have gone with its disk, stays in use. */
function keepOrBlame(
  found: Found,
  { path, name, subject, at }: Pick<Wanted, "path" | "name" | "subject" | "at">,
  message: string,
  before: readonly Certificate[],
): void {
  const kept = before.filter(({ file }) => file === path || file.startsWith(join(path, "/")));
  if (kept.length === 0) found.bad.push({ name, finding: finding(at, `${subject}, which ${message}`) });
  else found.notes.push(finding(at, `${subject}, which ${message}${keptText}`));
  for (const certificate of kept) {
    const isSame = certificate.file === path;
    const place = isSame ? { name, subject } : { name: certificate.file, subject: `had ${certificate.file}` };
    found.candidates.push({ certificate, ...place, path: at });
  }
}

function finding(path: Path, message: string): Finding {
  return { severity: "warning", path, part: "value", message };
}
