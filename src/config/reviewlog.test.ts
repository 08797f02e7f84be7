import { expect, test } from "bun:test";
import { reviewLogs } from "./reviewlog.ts";
import type { Section } from "./section.ts";

function told(root: Section, listeners: Section = {}): string[] {
  const found: string[] = [];
  reviewLogs(root, listeners, (severity, path, _part, message) =>
    found.push(`${severity} ${path.join(".")} ${message}`),
  );
  return found;
}

test("fields and another format, levels that let nothing through, a format without a log", () => {
  expect(told({ accessLog: { format: "httplog", fields: {} } })).toEqual([
    "error accessLog.fields are those of JSON lines, and format says otherwise",
  ]);
  const nothing = "is less severe than level, so that nothing would be sent";
  expect(told({ accessLog: { syslog: { level: "err", minLevel: "info" } } })).toEqual([
    `error accessLog.syslog.minLevel ${nothing}`,
  ]);
  expect(told({ accessLog: {}, log: { syslog: [{}, { level: "err", minLevel: "notice" }] } })).toEqual([
    `error log.syslog.1.minLevel ${nothing}`,
  ]);
  expect(told({}, { web: { accessLog: { format: "httplog" } } })).toEqual([
    "warning listeners.web.accessLog has no accessLog to write its lines to",
  ]);
});

test("what is usual is not told", () => {
  expect(told({ accessLog: { fields: {}, syslog: { level: "notice", minLevel: "notice" } } })).toEqual([]);
  expect(told({}, { web: { accessLog: false } })).toEqual([]);
});
