// What became of each keyword of a foreign config: kept, approximated, refused, or unknown to the other program too. It counts,
// and it holds the findings that tell of all but the kept ones, each at its place in the foreign file. Nothing is ever passed
// over: whoever reads a key through table.ts has it entered here, and what nobody reads is unknown.

import type { Finding } from "../issues.ts";
import type { Path } from "../problem.ts";

/** From the least to the most that an operator must look at; of two verdicts on one keyword the later one here stays. */
const verdicts = ["kept", "unknown", "approximated", "refused"] as const;
export type Verdict = (typeof verdicts)[number];

/** Why a keyword that is kept does nothing here, for the report: it is no warning. */
export interface Note {
  readonly path: Path;
  readonly message: string;
}

/** How many keywords had which verdict. */
export type Counts = Readonly<Record<Verdict, number>>;

export class Ledger {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #findings: Finding[] = [];
  readonly #notes = new Map<string, Note>();

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  keep(path: Path): void {
    this.#enter(path, "kept");
  }

  note(path: Path, message: string): void {
    this.keep(path);
    this.#notes.set(JSON.stringify(path), { path, message });
  }

  /** `message` says what differs. */
  approximate(path: Path, message: string): void {
    this.#tell("warning", path, "approximated", `is approximated: ${message}`);
  }

  /** `message` says why it cannot be had. */
  refuse(path: Path, message: string): void {
    this.#tell("error", path, "refused", `is refused: ${message}`);
  }

  /** The value is none that the other program takes either; `message` continues the key. */
  fault(path: Path, message: string): void {
    this.#tell("error", path, "refused", message);
  }

  /** Refused with another keyword, which says why. */
  lose(path: Path): void {
    this.#enter(path, "refused");
  }

  unknown(path: Path, message: string): void {
    this.#enter(path, "unknown");
    this.#add({ severity: "warning", path, part: "key", message });
  }

  isUnknown(path: Path): boolean {
    return this.#verdicts.get(JSON.stringify(path)) === "unknown";
  }

  /** A finding of our own judgement, already brought to its place in the foreign file. What it warns of is kept all the same. */
  judged(finding: Finding): void {
    if (finding.severity === "error") this.#enter(finding.path, "refused");
    this.#add(finding);
  }

  get notes(): readonly Note[] {
    return [...this.#notes.values()];
  }

  /** The verdict on each keyword that was entered. */
  *entries(): Iterable<{ readonly path: Path; readonly verdict: Verdict }> {
    for (const [name, verdict] of this.#verdicts) yield { path: JSON.parse(name) as Path, verdict };
  }

  counts(): Counts {
    const counts = { kept: 0, unknown: 0, approximated: 0, refused: 0 };
    for (const verdict of this.#verdicts.values()) counts[verdict] += 1;
    return counts;
  }

  #tell(severity: Finding["severity"], path: Path, verdict: Verdict, message: string): void {
    this.#enter(path, verdict);
    this.#add({ severity, path, part: "value", message });
  }

  /** Once: a section that several servers or pools draw on is read more than once. */
  #add(finding: Finding): void {
    const isTold = this.#findings.some(
      (one) => one.message === finding.message && JSON.stringify(one.path) === JSON.stringify(finding.path),
    );
    if (!isTold) this.#findings.push(finding);
  }

  /** An element of a list is no keyword of its own: its verdict is the list's. */
  #enter(path: Path, verdict: Verdict): void {
    const index = path.findIndex((part) => typeof part === "number");
    const name = JSON.stringify(index === -1 ? path : path.slice(0, index));
    const before = this.#verdicts.get(name) ?? "kept";
    if (verdicts.indexOf(verdict) >= verdicts.indexOf(before)) this.#verdicts.set(name, verdict);
  }
}
