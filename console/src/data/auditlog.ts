// Records of the audit log that came as they happened, and those that were asked for, as one list: each once, by its number, for two may be
// alike in all else when somebody asks for the same twice in a moment. Pure.

import type { AuditRecord } from "../../../src/control/api/shape/audit.ts";

export const keyOf = ({ number }: AuditRecord): string => String(number);

/** The newest first. */
export function together(
  come: readonly AuditRecord[],
  known: readonly AuditRecord[],
  most: number,
): readonly AuditRecord[] {
  const all = new Map([...come, ...known].map((record) => [record.number, record]));
  return [...all.values()].sort((a, b) => b.number - a.number).slice(0, most);
}
