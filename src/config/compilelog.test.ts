import { expect, test } from "bun:test";
import { compile } from "./compile.ts";
import type { AccessSyslogInput, ConfigInput } from "./input.ts";
import type { Plan } from "./plan.ts";
import { configSchema } from "./schema.ts";
import { Slots } from "./slots.ts";

function planOf(more: Partial<ConfigInput>, listener: object = {}): Plan {
  const listeners = { web: { listen: ":80", use: "app", ...listener } };
  const config = configSchema.parse({ listeners, pools: { app: { servers: ["a:1"] } }, ...more });
  return compile(config, new Slots(), () => undefined);
}

test("an access log is a file, stdout, or syslog alone", () => {
  expect(planOf({ accessLog: {} }).accessLog).toMatchObject({ path: "-", format: "json", layout: null, syslog: [] });
  const syslog = { to: "udp://127.0.0.1" };
  expect(planOf({ accessLog: { syslog } }).accessLog).toMatchObject({ path: null });
  expect(planOf({ accessLog: { path: "a.log", syslog: [syslog, syslog] } }).accessLog).toMatchObject({
    path: "a.log",
    syslog: [{ facility: 16, severity: 6, level: 7, minLevel: 0 }, {}],
  });
});

test("a target has its numbers", () => {
  const syslog: AccessSyslogInput = {
    ...{ to: "tcp://[::1]:601", facility: "local3", severity: "notice", level: "info", minLevel: "err" },
    ...{ tag: "edge", format: "rfc5424", hostname: "lb", length: "2kb" },
  };
  expect(planOf({ accessLog: { syslog } }).accessLog!.syslog).toEqual([
    {
      ...{ to: { kind: "tcp", host: "::1", port: 601 }, facility: 19, severity: 5, level: 6, minLevel: 3 },
      ...{ tag: "edge", format: "rfc5424", hostname: "lb", bytesMax: 2048 },
    },
  ]);
});

test("what a listener says is its own, and nothing is said where nothing is logged", () => {
  const log = (accessLog: ConfigInput["accessLog"], said: unknown): unknown =>
    planOf(accessLog === undefined ? {} : { accessLog }, { accessLog: said }).listeners[0]!.log;
  expect(log({}, undefined)).toBeNull();
  expect(log({}, false)).toMatchObject({ isOff: true });
  expect(log({ normal: false }, { name: "front", failures: "err" })).toEqual({
    ...{ isOff: false, name: "front", layout: null, isNormalLogged: false, failureSeverity: 3 },
  });
  expect(log({}, { format: "tcplog" })).toMatchObject({ name: "web", layout: { exchange: expect.anything() } });
  expect(log(undefined, { format: "tcplog" })).toBeNull();
});
