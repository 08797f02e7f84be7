// Which of a listener's certificates are shown, and which of them to clients that ask for no name or an unknown one. It knows
// names and times of validity, no files' contents and no clock. One that is not valid now is the last resort: it is shown only
// where no valid one is for its names, since a client may go on with it, and would get a stranger's name otherwise.
// Of several for exactly the same names with keys of one kind the one that is valid longest wins: that is what renewal leaves
// behind. Those of several kinds stand side by side, and each client is shown what it can read.

import { basename } from "node:path";
import { type Validity, validityOf } from "./certificatevalidity.ts";
import type { Finding } from "./issues.ts";
import type { Certificate } from "./materials.ts";
import type { Path } from "./problem.ts";

export interface Candidate {
  readonly certificate: Certificate;
  /** Its file as an operator would find it. */
  readonly name: string;
  /** How a finding about it begins: `names certs/a.pem`. */
  readonly subject: string;
  readonly path: Path;
}

interface Weighed extends Candidate {
  readonly validity: Validity;
}

export function chooseCertificates(candidates: readonly Candidate[], nowMs: number): Candidate[] {
  const weighed = candidates.map((each): Weighed => ({ ...each, validity: validityOf(each.certificate, nowMs) }));
  const best = new Map<string, Weighed>();
  for (const each of weighed) {
    const key = sameness(each.certificate);
    const former = best.get(key);
    if (former === undefined || isBetter(each, former)) best.set(key, each);
  }
  const valid = [...best.values()].filter(isValid);
  const covered = namesOfAll(valid);
  const last = [...best.values()].filter((each) => !isValid(each) && !isCovered(each.certificate, covered));
  return [...valid, ...last];
}

/** What is to be said of those that others stand in for. */
export function reviewOthers(candidates: readonly Candidate[], chosen: readonly Candidate[], nowMs: number): Finding[] {
  const shown = new Set(chosen.map(({ certificate }) => certificate));
  const bySameness = new Map(chosen.map((each) => [sameness(each.certificate), each]));
  return candidates.flatMap((candidate): Finding[] => {
    const { certificate } = candidate;
    if (shown.has(certificate)) return [];
    const { state, message } = validityOf(certificate, nowMs);
    if (state === "expired" || state === "early")
      return [warning(candidate, `${message}; it is left out, for others have its names`)];
    const other = bySameness.get(sameness(certificate));
    // The same one in two places is no mistake.
    if (other === undefined || leafOf(other.certificate) === leafOf(certificate)) return [];
    return [warning(candidate, `is for the same names as ${other.name}, which is valid longer; it is left out`)];
  });
}

/** What is to be said of the validity of those that are shown. */
export function reviewShown(chosen: readonly Candidate[], nowMs: number): Finding[] {
  return chosen.flatMap((candidate): Finding[] => {
    const { state, message } = validityOf(candidate.certificate, nowMs);
    if (message === null) return [];
    const isLast = state === "expired" || state === "early";
    return [warning(candidate, isLast ? `${message}; it is shown all the same, for no other has its names` : message)];
  });
}

function warning({ subject, path }: Candidate, message: string): Finding {
  return { severity: "warning", path, part: "value", message: `${subject}, which ${message}` };
}

/** The certificate without its chain, which may be there or not. */
function leafOf({ chain }: Certificate): string {
  const end = "-----END CERTIFICATE-----";
  return chain.text.slice(0, chain.text.indexOf(end));
}

/** `wanted`: a file's name, or a name that a certificate is for. Null when there is none such. */
export function defaultOf(wanted: string, chosen: readonly Candidate[]): Candidate | null {
  const name = wanted.toLowerCase();
  return (
    chosen.find((each) => isFile(each.name, wanted) || each.certificate.file === wanted) ??
    chosen.find(({ certificate }) => certificate.names.includes(name)) ??
    chosen.find(({ certificate }) => certificate.names.includes(wildcardOf(name))) ??
    null
  );
}

export function isFile(name: string, wanted: string): boolean {
  return name === wanted || name.replace(/^\.\//, "") === wanted.replace(/^\.\//, "") || basename(name) === wanted;
}

function isValid({ validity }: Weighed): boolean {
  return validity.state === "valid" || validity.state === "expiring";
}

function isBetter(one: Weighed, other: Weighed): boolean {
  if (isValid(one) !== isValid(other)) return isValid(one);
  if (one.certificate.notAfterMs !== other.certificate.notAfterMs)
    return one.certificate.notAfterMs > other.certificate.notAfterMs;
  // The same certificate once alone and once with its chain.
  return one.certificate.chain.text.length > other.certificate.chain.text.length;
}

/** Those that name nothing are each for themselves. */
function sameness({ names, file, keyKind }: Certificate): string {
  return names.length === 0 ? `file ${file}` : `${keyKind} ${[...names].sort().join(" ")}`;
}

function namesOfAll(candidates: readonly Candidate[]): ReadonlySet<string> {
  return new Set(candidates.flatMap(({ certificate }) => certificate.names));
}

function isCovered({ names }: Certificate, covered: ReadonlySet<string>): boolean {
  if (names.length === 0) return covered.size > 0;
  return names.every((name) => covered.has(name) || covered.has(wildcardOf(name)));
}

function wildcardOf(name: string): string {
  return name.replace(/^[^.]*/, "*");
}
