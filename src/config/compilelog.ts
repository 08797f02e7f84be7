// The logs' part of the plan: where lines go, and how they are written. A format is read into parts here, once for a plan, so that a
// worker reads no text of a config; a config that comes here has been checked. What a listener says of its lines is null where it says
// nothing, and where there is no access log to say it of.

import type { LogField } from "./logfields.ts";
import { layoutOf, namedLayouts } from "./logformat.ts";
import { bytes, ms, value } from "./measure.ts";
import type { AccessLogPlan, ListenerLogPlan, LogFieldPlan, LogLayoutPlan, SyslogPlan } from "./plan.ts";
import { facilities, readSyslogPlace, severities } from "./syslogwords.ts";
import type { AccessLog, AccessSyslog, Config, Listener, LogSyslog } from "./types.ts";

export function compileAccessLog({ accessLog }: Config): AccessLogPlan | null {
  if (accessLog === undefined) return null;
  const { path, format, fields, normal, syslog, buffer, flush } = accessLog;
  const layout = layoutNamed(format);
  return {
    path: path ?? (syslog === undefined ? "-" : null),
    format: format === "common" || format === "combined" ? format : "json",
    fields: fields === undefined ? null : Object.entries(fields).map(([name, said]) => logField(name, said)),
    layout,
    isNormalLogged: normal,
    bufferBytesMax: bytes(buffer),
    flushMs: ms(flush),
    syslog: compileSyslog(syslog),
  };
}

export function compileListenerLog(
  name: string,
  said: Listener["accessLog"],
  { accessLog }: Config,
): ListenerLogPlan | null {
  if (said === undefined || accessLog === undefined) return null;
  const usual = { isOff: false, name, layout: null, isNormalLogged: accessLog.normal, failureSeverity: null };
  if (said === false) return { ...usual, isOff: true };
  return {
    ...usual,
    name: said.name ?? name,
    layout: said.format === undefined ? null : layoutNamed(said.format),
    isNormalLogged: said.normal ?? accessLog.normal,
    failureSeverity: said.failures === undefined ? null : severities.indexOf(said.failures),
  };
}

type Said = AccessSyslog | LogSyslog;

export function compileSyslog(said: Said | readonly Said[] | undefined): SyslogPlan[] {
  const targets = said === undefined ? [] : "to" in said ? [said] : said;
  return targets.map(
    (target): SyslogPlan => ({
      to: value(readSyslogPlace(target.to)),
      facility: facilities.indexOf(target.facility),
      severity: "severity" in target ? severities.indexOf(target.severity) : severities.indexOf("info"),
      level: severities.indexOf(target.level),
      minLevel: severities.indexOf(target.minLevel),
      tag: target.tag,
      format: target.format,
      hostname: target.hostname ?? null,
      bytesMax: bytes(target.length),
    }),
  );
}

/** Null for formats that are none of HAProxy's. */
function layoutNamed(format: string): LogLayoutPlan | null {
  return format.includes("%") || Object.hasOwn(namedLayouts, format) ? layoutOf(format) : null;
}

function logField(name: string, said: NonNullable<AccessLog["fields"]>[string]): LogFieldPlan {
  if (typeof said !== "string") return { name, value: said };
  return said.startsWith("=") ? { name, value: said.slice(1) } : { name, field: said as LogField }; // The schema takes no other texts.
}
