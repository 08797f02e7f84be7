import { expect, test } from "bun:test";
import type { SyslogPlan } from "../../config/plan.ts";
import { SyslogHeader, sentAs } from "./header.ts";

const plan: SyslogPlan = {
  to: { kind: "unix", path: "/dev/log" },
  ...{
    facility: 16,
    severity: 6,
    level: 7,
    minLevel: 0,
    tag: "sluice",
    format: "rfc3164",
    hostname: null,
    bytesMax: 1024,
  },
};

function headerOf(said: Partial<SyslogPlan>, severity: number, wallMs: number): string {
  const header = new SyslogHeader({ ...plan, ...said }, 4711, "lb1");
  const out = new Uint8Array(header.bytesMax + 3).fill(0xff);
  const end = header.append(out, 3, severity, wallMs);
  expect(end - 3).toBeLessThanOrEqual(header.bytesMax);
  expect(out.subarray(0, 3)).toEqual(new Uint8Array([255, 255, 255]));
  return Buffer.from(out.subarray(3, end)).toString();
}

test("RFC 3164 has the time on the wall, and a name where one is asked for", () => {
  const at = new Date(2026, 10, 3, 4, 5, 6, 789).getTime();
  expect(headerOf({}, 6, at)).toBe("<134>Nov  3 04:05:06 sluice[4711]: ");
  expect(headerOf({ hostname: true, facility: 3 }, 3, at)).toBe("<27>Nov  3 04:05:06 lb1 sluice[4711]: ");
  expect(headerOf({ hostname: "edge" }, 6, at)).toBe("<134>Nov  3 04:05:06 edge sluice[4711]: ");
});

test("RFC 5424 has the time in UTC, and the machine's name", () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  expect(headerOf({ format: "rfc5424" }, 5, at)).toBe("<133>1 2026-01-02T03:04:05.006Z lb1 sluice 4711 - - ");
});

test("another second and another severity make another header", () => {
  const header = new SyslogHeader(plan, 1, "");
  const out = new Uint8Array(header.bytesMax);
  const line = (severity: number, ms: number): string =>
    Buffer.from(out.subarray(0, header.append(out, 0, severity, ms))).toString();
  const [first, second] = [line(6, 1000), line(6, 2000)];
  expect(first).not.toBe(second);
  expect([line(3, 2000), line(6, 2000)]).toEqual([second.replace("<134>", "<131>"), second]);
});

test("a level leaves out what is less severe, and a least one is what others are sent as", () => {
  const target = { ...plan, level: 5, minLevel: 3 };
  expect([7, 6, 5, 4, 3, 2, 0].map((severity) => sentAs(target, severity))).toEqual([-1, -1, 5, 4, 3, 3, 3]);
});

test("one that is longer than a message is cut, and a line has room for all of it until then", () => {
  for (const format of ["rfc3164", "rfc5424"] as const) {
    const said = { ...plan, format, hostname: "h".repeat(255), tag: "t".repeat(48), bytesMax: 128 };
    const header = new SyslogHeader(said, 4711);
    expect(header.lineBytesMax).toBeGreaterThan(330);
    const out = new Uint8Array(header.lineBytesMax);
    expect(header.append(out, 0, 6, Date.UTC(2026, 0, 2))).toBe(128);
  }
  expect(new SyslogHeader(plan, 4711, "lb1").lineBytesMax).toBe(1025);
});
