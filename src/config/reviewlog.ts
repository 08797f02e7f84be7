// What contradicts itself in the keys of the logs: formats and fields that exclude each other, and what listeners say of lines
// that nobody writes. Each key by itself is the schema's business, so that what is of the wrong kind reads as absent here.

import { type Report, type Section, sectionOf } from "./section.ts";

export function reviewLogs(root: Section, listeners: Section, report: Report): void {
  const accessLog = sectionOf(root["accessLog"]);
  const { format, fields } = accessLog;
  if (fields !== undefined && format !== undefined && format !== "json")
    report("error", ["accessLog", "fields"], "key", "are those of JSON lines, and format says otherwise");
  if (root["accessLog"] !== undefined) return;
  for (const [name, listener] of Object.entries(listeners))
    if (sectionOf(sectionOf(listener)["accessLog"])["format"] !== undefined)
      report("warning", ["listeners", name, "accessLog"], "key", "has no accessLog to write its lines to");
}
