// Health checks that are of no kind or of two, that hold another kind's keys, or that ask in a way that the server's traffic
// does not come.

import { quote } from "../base/reading.ts";
import { commandOf } from "./compilecheck.ts";
import {
  type At,
  isSection,
  listOf,
  msOf,
  patternFault,
  type Report,
  type Section,
  scriptFault,
  sectionOf,
  textOf,
} from "./section.ts";

const kinds = ["http", "grpc", "tcp", "udp", "exec"] as const;
type Kind = (typeof kinds)[number];

const kindKeys: readonly (readonly [string, readonly Kind[]])[] = [
  ["expect", ["http"]],
  ["method", ["http"]],
  ["host", ["http", "grpc"]],
  ["send", ["tcp", "udp"]],
  ["receive", ["tcp", "udp"]],
  ["output", ["exec"]],
  ["tls", ["http", "grpc", "tcp"]],
  ["http2", ["http"]],
];

export function reviewCheck(check: Section, modes: ReadonlySet<string>, at: At, report: Report): void {
  const [kind, ...others] = kinds.filter((one) => check[one] !== undefined);
  if (kind === undefined)
    report(
      "error",
      at(),
      "key",
      'must say what to check: http: "/path", grpc: true, tcp: true, udp: true or exec: "command"',
    );
  for (const other of others) report("error", at(other), "key", `cannot stand beside ${kind}: write one of them`);
  if (kind !== undefined && others.length === 0) reviewKind(check, kind, modes, at, report);
  if (check["exec"] !== undefined) reviewCommand(check["exec"], at, report);
  if (isSection(check["receive"])) reviewReceive(sectionOf(check["receive"]), at, report);
  if (msOf(check["timeout"]) > msOf(check["every"] ?? "2s"))
    report(
      "warning",
      at("timeout"),
      "value",
      "lets a probe last longer (timeout) than the time to the next (every), which then waits for it",
    );
}

function reviewKind(check: Section, kind: Kind, modes: ReadonlySet<string>, at: At, report: Report): void {
  for (const [key, fit] of kindKeys)
    if (check[key] !== undefined && !fit.includes(kind))
      report("error", at(key), "key", `is for ${fit.join(" and ")} checks only`);
  if (kind === "udp" && check["receive"] !== undefined && check["send"] === undefined)
    report("error", at("receive"), "key", "needs send: a server answers no datagram that it was not sent");
  if (kind === "udp" && modes.size > 0 && !modes.has("udp"))
    report("warning", at("udp"), "key", `is not how these servers are used: no listener of mode udp uses this pool`);
  if ((kind === "tcp" || kind === "http" || kind === "grpc") && modes.has("udp") && check["port"] === undefined)
    report(
      "warning",
      at(kind),
      "key",
      "is over TCP, while this pool is sent datagrams; ask with udp: true, or write the port that takes TCP",
    );
}

function reviewCommand(exec: unknown, at: At, report: Report): void {
  const isText = typeof exec === "string";
  const words = isText ? commandOf(exec) : listOf(exec).filter((word) => typeof word === "string");
  if (isText && exec !== "" && words.length === 0)
    report("error", at("exec"), "value", "must be a command, not only spaces");
  const special = isText ? /["'`|&;<>$()\\*]/.exec(exec)?.[0] : undefined;
  if (special !== undefined)
    report(
      "error",
      at("exec"),
      "value",
      `has ${quote(special)}, which only a shell would read: write a list of the command and its words, such as ["sh", "-c", "..."]`,
    );
  for (const [index, word] of words.entries()) {
    const unknown = /\{(?!(?:host|port)\})[A-Za-z]+\}/.exec(word)?.[0];
    if (unknown !== undefined)
      report(
        "warning",
        isText ? at("exec") : at("exec", index),
        "value",
        `has ${unknown}, which stands for nothing here: {host} and {port} are the server's`,
      );
  }
}

function reviewReceive(receive: Section, at: At, report: Report): void {
  const [kind, ...others] = ["starts", "contains", "pattern"].filter((one) => receive[one] !== undefined);
  if (kind === undefined) report("error", at("receive"), "key", "must have one of starts, contains and pattern");
  for (const other of others)
    report("error", at("receive", other), "key", `cannot stand beside ${kind}: write one of them`);
  const pattern = textOf(receive["pattern"]);
  // An answer is held against JavaScript's own, as it comes (src/health/probe/receive.ts).
  const fault = pattern === null ? null : (scriptFault(pattern) ?? patternFault(pattern));
  if (pattern !== null && fault !== null)
    report(
      "error",
      at("receive", "pattern"),
      "value",
      `must be a regular expression, which ${quote(pattern)} is not: ${fault}`,
    );
}
