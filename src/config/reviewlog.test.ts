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

test("fields and another format, a format without a log", () => {
  expect(told({ accessLog: { format: "httplog", fields: {} } })).toEqual([
    "error accessLog.fields are those of JSON lines, and format says otherwise",
  ]);
  expect(told({}, { web: { accessLog: { format: "httplog" } } })).toEqual([
    "warning listeners.web.accessLog has no accessLog to write its lines to",
  ]);
});

test("what is usual is not told", () => {
  // A minLevel that is less severe than level is what all lines that level lets through are sent as.
  expect(told({ accessLog: { fields: {}, syslog: { level: "notice", minLevel: "debug" } } })).toEqual([]);
  expect(told({}, { web: { accessLog: false } })).toEqual([]);
});
