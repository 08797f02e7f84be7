// A format as nginx' log_format writes it: texts with variables, such as '$remote_addr [$time_local] "$request" $status'. What stands
// between two variables ends the first. Variables that say nothing of use here match whatever they have.

import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { addressOf, type LogFormat, type Recorded, readRequestLine, said, unescaped } from "../recorded.ts";
import { timeOf } from "./time.ts";

type Values = Readonly<Record<string, string>>;

const times: readonly string[] = ["msec", "time_iso8601", "time_local"];

export function nginxFormat(text: string): Reading<LogFormat> {
  const names: string[] = [];
  const parts = text.split(/\$(?:\{(\w+)\}|(\w+))/);
  let pattern = "^";
  for (let index = 0; index < parts.length; index += 3) {
    pattern += escaped(parts[index]!);
    const name = parts[index + 1] ?? parts[index + 2];
    if (name === undefined) continue;
    if (index > 0 && parts[index] === "")
      return misread(`must have something between $${names.at(-1)} and $${name}: what ends the first cannot be told`);
    names.push(name);
    pattern += index + 3 >= parts.length - 1 && parts.at(-1) === "" ? "(.*)" : "(.*?)";
  }
  const has = (...wanted: readonly string[]): boolean => wanted.some((name) => names.includes(name));
  if (names.length === 0) return misread(`must name variables, such as $remote_addr, not ${quote(text)}`);
  if (!has("remote_addr", "realip_remote_addr", "http_x_forwarded_for"))
    return misread("must have $remote_addr: without it nobody knows whom a rule would have hit");
  if (!has(...times)) return misread(`must have one of ${times.map((name) => `$${name}`).join(", ")}`);
  if (!has("request", "request_uri", "uri")) return misread("must have $request, or $request_method and $request_uri");
  const form = new RegExp(`${pattern}$`);
  return read({
    name: "log_format",
    isInOrderOfEnds: true,
    fields: new Set(names.filter((name) => name.startsWith("http_")).map(fieldOf)),
    untold: new Set([
      ...(has("request", "request_method") ? [] : ["method"]),
      ...(has("request", "request_uri", "args", "query_string") ? [] : ["query"]),
      ...(has("body_bytes_sent", "bytes_sent") ? [] : ["bytes"]),
    ]),
    read: (line) => {
      const found = form.exec(line);
      return found === null ? null : recordedOf(Object.fromEntries(names.map((name, at) => [name, found[at + 1]!])));
    },
  });
}

function recordedOf(values: Values): Recorded | null {
  const of = (name: string): string => said(values[name]);
  const time = times.map(of).find((value) => value !== "") ?? "";
  const durationMs = Math.round(Number(of("request_time") || 0) * 1000);
  const path = of("request_uri") || `${of("uri")}${of("args") === "" ? "" : `?${of("args")}`}`;
  const asked = readRequestLine(unescaped(of("request") || `${of("request_method") || "GET"} ${path}`));
  // Of a list the last is the one that nginx itself has seen.
  const forwarded = of("http_x_forwarded_for").split(",").at(-1)!.trim();
  const client = addressOf(of("remote_addr") || of("realip_remote_addr") || forwarded);
  const atMs = timeOf(time) - durationMs;
  if (asked === null || client === "" || Number.isNaN(atMs)) return null;
  const fields = Object.entries(values)
    .filter(([name, value]) => name.startsWith("http_") && name !== "http_host" && said(value) !== "")
    .map(([name, value]) => [fieldOf(name), unescaped(value)] as const);
  return {
    ...{ atMs, durationMs, client, connection: of("connection") || of("remote_port"), listener: "", ...asked, fields },
    host: of("http_host") || of("host") || of("server_name"),
    status: Number(of("status")) || 0,
    bytesReceived: Number(of("request_length")) || 0,
    bytesSent: Number(of("body_bytes_sent") || of("bytes_sent")) || 0,
  };
}

function fieldOf(variable: string): string {
  return variable.slice("http_".length).replaceAll("_", "-");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
