// The report of a conversion, keyword by keyword in the order of the foreign file: what became of it, and what is to be known of it.
// For a format of lines a keyword is a line.

import { maskedSentence } from "../mask.ts";
import type { Places } from "../place.ts";
import { keyText, type Path } from "../problem.ts";
import type { ForeignJudgement } from "./foreign.ts";
import type { Verdict } from "./ledger.ts";

export interface ReportLine {
  readonly line: number;
  readonly column: number;
  readonly verdict: Verdict;
  readonly keyword: string;
  /** As it stands in the file, without the white space around it. */
  readonly source: string;
  /** Warnings, errors, and why a kept keyword does nothing here: sentences without a full stop. */
  readonly remarks: readonly string[];
}

export function reportOf(judgement: ForeignJudgement, places: Places): ReportLine[] {
  const { ledger } = judgement.translation;
  const told = [
    ...ledger.findings.map(({ path, message }) => ({ name: nameOf(path), path, message, isNote: false })),
    ...ledger.notes.map(({ path, message }) => ({ name: nameOf(path), path, message, isNote: true })),
  ];
  const lines = [...ledger.entries()].map(({ path, verdict }): ReportLine => {
    const { line, column } = places.find(path, "key");
    const remarks = told
      .filter(({ name }) => name === nameOf(path))
      .map(({ path: at, message, isNote }) => {
        const said = isNote ? message : /^is (?:approximated|refused): (.*)$/s.exec(message)?.[1];
        if (said === undefined) return `${judgement.keyOf(at)} ${message}`;
        return isWhole(at, path) ? said : `${judgement.keyOf(at)}: ${said}`;
      });
    return {
      line,
      column,
      verdict,
      keyword: judgement.keyOf(path),
      source: places.line(line).trim(),
      remarks: [...new Set(remarks.map(maskedSentence))],
    };
  });
  return lines.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Whether a remark is about the keyword as a whole, or the first word behind it, and so needs not say about what: it stands under it. */
function isWhole(at: Path, keyword: Path): boolean {
  const [word] = at.slice(keyword.length);
  return word === undefined || (keyword.length === 1 && typeof word === "number" && word <= 1);
}

/** As the ledger counts: an element of a list is its list's. */
function nameOf(path: Path): string {
  const index = path.findIndex((part) => typeof part === "number");
  return keyText(index === -1 ? path : path.slice(0, index));
}
