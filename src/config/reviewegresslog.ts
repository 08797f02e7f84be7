// What contradicts itself in the evidence of egress pools: logs that do not say whose line it is, or how it went; evidence that is not
// there, or there twice; looks so seldom that they come too late.

import { quote } from "../base/reading.ts";
import { groupsOf, type LogGroup, logGroups, logVariables, namedGroups } from "./egresslogwords.ts";
import {
  type At,
  isSection,
  listOf,
  msOf,
  patternFault,
  type Report,
  type Section,
  sectionOf,
  textOf,
} from "./section.ts";

export function reviewEvidence(pool: Section, at: At, report: Report): void {
  const logs = listOf(pool["logs"]);
  const { evidence } = pool;
  if (logs.length === 0 && (evidence === "logs" || evidence === "both"))
    report("error", at("evidence"), "value", `is ${evidence}, and there are no logs`);
  if (logs.length > 0 && evidence === "own")
    report("error", at("evidence"), "value", "is own, so that logs are of no use: drop one of them");
  const hasGateways = listOf(pool["members"]).some((group) => sectionOf(group)["nginx"] !== undefined);
  if (logs.length > 0 && evidence === "both" && hasGateways)
    report(
      "warning",
      at("evidence"),
      "value",
      "makes what goes by nginx' servers count twice: once by itself, and once by their log",
    );
  const coolDown = sectionOf(pool["judge"])["coolDown"] ?? "10m";
  const forMs = msOf(isSection(coolDown) ? (sectionOf(coolDown)["time"] ?? "10m") : coolDown);
  for (const [index, value] of logs.entries()) {
    if (!isSection(value)) continue;
    const log = sectionOf(value);
    reviewLog(log, (...path) => at("logs", index, ...path), report);
    if (msOf(log["every"]) > forMs)
      report(
        "warning",
        at("logs", index, "every"),
        "value",
        "is longer than a member is unavailable, so that it is back before anybody looks again",
      );
  }
}

function reviewLog(log: Section, at: At, report: Report): void {
  const path = textOf(log["path"]);
  if (path === null) return;
  const marks = [...path.matchAll(/%(.?)/gs)].map(([, mark]) => mark);
  const strange = marks.find((mark) => mark !== "s");
  if (strange !== undefined)
    report(
      "error",
      at("path"),
      "value",
      `holds %${strange}, which stands for nothing: only %s does, for a member's address`,
    );
  else if (marks.length > 1) report("error", at("path"), "value", "must hold %s no more than once");
  const { format } = log;
  const isPerMember = marks.length > 0;
  if (isSection(format)) reviewLogPattern(sectionOf(format), isPerMember, at, report);
  else if (typeof format === "string" && format !== "ipmanager")
    reviewGroups(groupsOf(format), isPerMember, at("format"), namesOf, report);
}

function reviewLogPattern({ pattern }: Section, isPerMember: boolean, at: At, report: Report): void {
  if (typeof pattern !== "string") return;
  const fault = patternFault(pattern);
  if (fault !== null) {
    report("error", at("format", "pattern"), "value", `must be a regular expression, which it is not: ${fault}`);
    return;
  }
  const groups = namedGroups(pattern);
  const known: readonly string[] = logGroups;
  for (const name of groups)
    if (!known.includes(name))
      report(
        "error",
        at("format", "pattern"),
        "value",
        `has a group ${quote(name)}; those that mean something are ${logGroups.join(", ")}`,
      );
  reviewGroups(
    new Set(groups as LogGroup[]),
    isPerMember,
    at("format", "pattern"),
    (group) => `(?<${group}>...)`,
    report,
  );
}

function reviewGroups(
  groups: ReadonlySet<LogGroup>,
  isPerMember: boolean,
  path: ReturnType<At>,
  nameOf: (group: LogGroup) => string,
  report: Report,
): void {
  if (!groups.has("status"))
    report("error", path, "value", `must hold the status, by which members are judged: ${nameOf("status")}`);
  if (!isPerMember && !groups.has("port") && !groups.has("address"))
    report(
      "error",
      path,
      "value",
      `must say whose line it is, ${nameOf("port")} or ${nameOf("address")}, or the path must hold %s: one log for each member`,
    );
}

function namesOf(group: LogGroup): string {
  const names = Object.entries(logVariables).flatMap(([name, told]) => (told === group ? [`$${name}`] : []));
  return names.join(" or ");
}
