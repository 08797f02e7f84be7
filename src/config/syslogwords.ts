// The words of syslog (RFC 5424, 6.2.1) with their numbers, and where a target is, as operators write both: udp://, tcp:// and unix:, in one
// reading for both logs. It knows how they are written, and nothing of who listens there. A port may be left out here, unlike elsewhere,
// for syslog has one that everybody uses.

import { readListenAddress, readServerAddress } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { SyslogPlace } from "./plan.ts";

/** Its number is its place. */
export const facilities = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "auth2",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "cron2",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;
/** The most severe first: its number is its place. */
export const severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] as const;

export type Facility = (typeof facilities)[number];
export type Severity = (typeof severities)[number];

const portUsual = 514;
export const syslogExpected: string =
  'an address such as "udp://127.0.0.1:514", "tcp://logs.example:601" or "unix:/dev/log"';

export function readSyslogPlace(text: string): Reading<SyslogPlace> {
  if (text.startsWith("unix:")) {
    const unix = readListenAddress(text);
    if (!unix.ok) return unix;
    return unix.value.kind === "unix"
      ? read({ kind: "unix", path: unix.value.path })
      : misread(`must be ${syslogExpected}`);
  }
  const [, kind, place = ""] = /^(udp|tcp):\/\/(.+)$/i.exec(text) ?? [];
  if (kind === undefined) return misread(`must be ${syslogExpected}, not ${quote(text)}`);
  const isPortless = /^(?:\[[^\]]*\]|[^:[\]]+)$/.test(place);
  const reading = readServerAddress(isPortless ? `${place}:${portUsual}` : place);
  if (!reading.ok) return reading;
  const { address, weight } = reading.value;
  if (address.kind !== "tcp" || weight !== null) return misread(`must be ${syslogExpected}, not ${quote(text)}`);
  return read({ kind: kind.toLowerCase() === "udp" ? "udp" : "tcp", host: address.host, port: address.port });
}

export function formatSyslogPlace(place: SyslogPlace): string {
  if (place.kind === "unix") return `unix:${place.path}`;
  return `${place.kind}://${place.host.includes(":") ? `[${place.host}]` : place.host}:${place.port}`;
}
