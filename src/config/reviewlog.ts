// What contradicts itself in the keys of the logs: formats and fields that exclude each other, levels of a target of syslog that let nothing
// through, and what listeners say of lines that nobody writes. Each key by itself is the schema's business, so that what is of the wrong kind
// reads as absent here.

import { listOf, type Report, type Section, sectionOf } from "./section.ts";
import { severities } from "./syslogwords.ts";

export function reviewLogs(root: Section, listeners: Section, report: Report): void {
  const accessLog = sectionOf(root["accessLog"]);
  const { format, fields } = accessLog;
  if (fields !== undefined && format !== undefined && format !== "json")
    report("error", ["accessLog", "fields"], "key", "are those of JSON lines, and format says otherwise");
  for (const [owner, said] of [
    ["accessLog", accessLog["syslog"]],
    ["log", sectionOf(root["log"])["syslog"]],
  ] as const)
    for (const [index, target] of targetsOf(said).entries()) {
      const { level, minLevel } = sectionOf(target);
      const path = Array.isArray(said) ? [owner, "syslog", index, "minLevel"] : [owner, "syslog", "minLevel"];
      if (placeOf(minLevel, 0) > placeOf(level, severities.length - 1))
        report("error", path, "key", "is less severe than level, so that nothing would be sent");
    }
  if (root["accessLog"] !== undefined) return;
  for (const [name, listener] of Object.entries(listeners))
    if (sectionOf(sectionOf(listener)["accessLog"])["format"] !== undefined)
      report("warning", ["listeners", name, "accessLog"], "key", "has no accessLog to write its lines to");
}

function targetsOf(said: unknown): readonly unknown[] {
  return Array.isArray(said) ? listOf(said) : [said];
}

function placeOf(severity: unknown, usual: number): number {
  const place = (severities as readonly unknown[]).indexOf(severity);
  return place === -1 ? usual : place;
}
