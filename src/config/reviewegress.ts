// What contradicts itself in egress pools, and in the forward proxies that use them: names that do not exist, members of no kind or of
// two, more failures in a row than are remembered; and pools of
// addresses that anybody may use, which is refused and not only warned of: what is done by them is done in our name.

import { isLoopback, readListenAddress } from "../base/address.ts";
import { didYouMean } from "../base/nearest.ts";
import { quote } from "../base/reading.ts";
import { capacity } from "../memory/arena.ts";
import { memberTimesMax, pairTimesMax } from "../memory/egress.ts";
import { readAddressRange } from "./addressrange.ts";
import { readProxy } from "./egressproxy.ts";
import { reviewEvidence } from "./reviewegresslog.ts";
import { rulesOf } from "./rulewalk.ts";
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

const kinds = ["nginx", "addresses", "proxies"] as const;
/** Words of user names that are none of a tag. */
const wishWords = ["session", "time"];

export function reviewEgress(root: Section, report: Report): void {
  const pools = sectionOf(root["egress"]);
  const names = Object.keys(pools);
  if (names.length > capacity.egresses)
    report("error", ["egress"], "key", `hold ${names.length} egress pools; at most ${capacity.egresses} are possible`);
  const users = new Map<string, Section[]>();
  for (const [name, value] of Object.entries(sectionOf(root["listeners"]))) {
    const listener = sectionOf(value);
    const at: At = (...path) => ["listeners", name, ...path];
    const proxy = sectionOf(listener["proxy"]);
    reviewUse(proxy, at, report);
    const used = usesOf(proxy["egress"]);
    for (const { pool, key, carries } of used) {
      if (!Object.hasOwn(pools, pool)) reportUnknown(pool, names, at("proxy", "egress", ...key), report);
      else {
        users.set(pool, [...(users.get(pool) ?? []), listener]);
        if (carries !== "requests") reviewTunnels(proxy, sectionOf(pools[pool]), at, report);
      }
    }
    if (used.some(({ pool }) => Object.hasOwn(pools, pool))) reviewUser(listener, at, report);
  }
  for (const [name, value] of Object.entries(pools)) {
    if (!isSection(value)) continue;
    const at: At = (...path) => ["egress", name, ...path];
    reviewPool(sectionOf(value), at, report);
    const listeners = users.get(name) ?? [];
    if (listeners.length === 0)
      report("warning", at(), "key", "is used by no listener: write proxy: { egress: ... } in one");
    else if (sectionOf(value)["quota"] !== undefined && listeners.every(({ auth }) => auth === undefined))
      report("warning", at("quota"), "key", "is for users, and no listener that uses the pool has auth");
  }
  const pages = sectionOf(root["ipmanager"])["egress"];
  if (typeof pages === "string" && !Object.hasOwn(pools, pages))
    reportUnknown(pages, names, ["ipmanager", "egress"], report);
}

function reportUnknown(name: string, names: readonly string[], path: ReturnType<At>, report: Report): void {
  const meant = didYouMean(name, names) || (names.length === 0 ? "; there is none: write a section egress" : "");
  report("error", path, "value", `names the egress pool ${quote(name)}, which does not exist${meant}`);
}

// ---- who uses it ----

interface Use {
  readonly pool: string;
  /** Behind `egress`. */
  readonly key: readonly string[];
  readonly carries: "requests" | "tunnels" | "both";
}

function usesOf(egress: unknown): readonly Use[] {
  if (typeof egress === "string") return [{ pool: egress, key: [], carries: "both" }];
  return ["http", "https", "tunnels"].flatMap((key) => {
    const pool = sectionOf(egress)[key];
    return typeof pool === "string"
      ? [{ pool, key: [key], carries: key === "tunnels" ? key : "requests" } as const]
      : [];
  });
}

function reviewUse(proxy: Section, at: At, report: Report): void {
  const { egress, direct, open } = proxy;
  if (isSection(egress) && Object.keys(sectionOf(egress)).length === 0)
    report(
      "error",
      at("proxy", "egress"),
      "value",
      "must name a pool for http, https or tunnels: else it is for nothing",
    );
  if (egress !== undefined) return;
  if (listOf(direct).length > 0)
    report("warning", at("proxy", "direct"), "key", "is of no use without egress: all targets are asked directly");
  if (open === true) report("warning", at("proxy", "open"), "key", "is of no use without egress: nothing is refused");
}

function reviewTunnels(proxy: Section, pool: Section, at: At, report: Report): void {
  const members = listOf(pool["members"]).map(sectionOf);
  const areGateways = members.length > 0 && members.every(({ nginx }) => nginx !== undefined);
  if (areGateways)
    for (const key of ["connect", "socks"])
      if (proxy[key] === true)
        report("error", at("proxy", key), "value", "needs members that carry tunnels, which nginx' servers do not");
}

function reviewUser(listener: Section, at: At, report: Report): void {
  const written = textOf(listener["listen"]);
  const reading = written === null ? null : readListenAddress(written);
  if (reading === null || !reading.ok || reading.value.kind !== "tcp" || isLoopback(reading.value.host)) return;
  const { connection, request } = rulesOf(listener, [], "request");
  const certificates = sectionOf(sectionOf(listener["tls"])["clientCertificate"]);
  const areKnown = Object.keys(certificates).length > 0 && (certificates["mode"] ?? "required") === "required";
  if (listener["auth"] !== undefined || areKnown || connection.length + request.length > 0) return;
  const isMeant = sectionOf(listener["proxy"])["open"] === true;
  report(
    isMeant ? "warning" : "error",
    at("proxy", "egress"),
    "key",
    `is open: whoever reaches ${written} may send any requests from these addresses; listen on 127.0.0.1, or add auth, or rules that say who may${isMeant ? "" : " (proxy.open: true, if strangers are meant)"}`,
  );
}

// ---- the pool ----

function reviewPool(pool: Section, at: At, report: Report): void {
  const members = listOf(pool["members"]);
  for (const [index, group] of members.entries())
    if (isSection(group)) reviewMembers(sectionOf(group), (...path) => at("members", index, ...path), report);
  const session = sectionOf(pool["session"]);
  if (msOf(session["lifetime"] ?? "10m") === 0)
    for (const key of ["idle", "requests", "bytes"])
      if (session[key] !== undefined)
        report("error", at("session", key), "key", "needs a lifetime: of keys that go by their hash nothing is kept");
  reviewJudge(sectionOf(pool["judge"]), (...path) => at("judge", ...path), report);
  const quota = sectionOf(pool["quota"]);
  if (
    pool["quota"] !== undefined &&
    isNothing(quota["requests"]) &&
    isNothing(quota["bytes"]) &&
    isSection(pool["quota"])
  )
    report("error", at("quota"), "value", "must hold requests or bytes: else it limits nothing");
  reviewEvidence(pool, at, report);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === 0 || value === "0";
}

function reviewMembers(group: Section, at: At, report: Report): void {
  const said = kinds.filter((kind) => group[kind] !== undefined);
  if (said.length === 0) report("error", at(), "value", "must say what the members are: nginx, addresses or proxies");
  for (const kind of said.slice(1))
    report("error", at(kind), "key", `cannot stand beside ${said[0]}: write two sections of members`);
  for (const key of ["host", "ports"] as const)
    if (group[key] !== undefined && group["nginx"] === undefined)
      report("error", at(key), "key", "is for members of nginx only");
  if (group["count"] !== undefined && group["addresses"] === undefined)
    report("error", at("count"), "key", "is for members that are addresses only");
  if (group["tls"] !== undefined && group["proxies"] === undefined)
    report("error", at("tls"), "key", "is for members that are proxies only");
  reviewAddresses(group, at, report);
  reviewProxies(group, at, report);
  for (const name of Object.keys(sectionOf(group["tags"])))
    if (wishWords.includes(name.toLowerCase()))
      report("error", at("tags", name), "key", "is no name for a tag: in a user name it stands for something else");
}

function reviewAddresses(group: Section, at: At, report: Report): void {
  for (const [index, text] of listOf(group["addresses"]).entries()) {
    const reading = typeof text === "string" ? readAddressRange(text) : null;
    if (reading?.ok !== true || group["count"] !== undefined || reading.value.size <= 65_536) continue;
    report(
      "error",
      at("addresses", index),
      "value",
      "is too large to be listed: write count beside it, and so many addresses are drawn of it, always the same",
    );
  }
}

function reviewProxies(group: Section, at: At, report: Report): void {
  const seen = new Map<string, number>();
  let isSecure = false;
  for (const [index, text] of listOf(group["proxies"]).entries()) {
    const reading = typeof text === "string" ? readProxy(text) : null;
    if (reading?.ok !== true) continue;
    const { scheme, user, host, port } = reading.value;
    isSecure ||= scheme === "https";
    const name = JSON.stringify([scheme, user, host, port]);
    const other = seen.get(name);
    if (other === undefined) seen.set(name, index);
    else report("error", at("proxies", index), "value", `is the same proxy as proxies[${other}], for the same user`);
  }
  if (isSection(group["tls"]) && group["proxies"] !== undefined && !isSecure)
    report("error", at("tls"), "key", "is of no use: no proxy here begins with https://");
}

function reviewJudge(judge: Section, at: At, report: Report): void {
  const per = textOf(judge["per"] ?? "target") ?? "";
  const strategy = textOf(judge["strategy"] ?? "consecutive") ?? "";
  const most = per === "target" ? pairTimesMax : memberTimesMax;
  const failures = judge["failures"];
  if (strategy === "consecutive" && typeof failures === "number" && failures > most && failures <= memberTimesMax)
    report(
      "error",
      at("failures"),
      "value",
      `must be at most ${most} per ${per}: so many failures in a row are remembered`,
    );
  const keys: readonly [key: string, strategy: string][] = [
    ["failures", "consecutive"],
    ["within", "consecutive"],
    ["of", "share"],
    ["share", "share"],
  ];
  for (const [key, owner] of keys)
    if (judge[key] !== undefined && strategy !== owner && ["consecutive", "share", "never"].includes(strategy))
      report("warning", at(key), "key", `is of no use: it is for the strategy ${owner}, and this is ${strategy}`);
  if (judge["hostDown"] !== undefined && per === "member")
    report("warning", at("hostDown"), "key", "is of no use: per member hosts are not looked at");
  const coolDown = sectionOf(judge["coolDown"]);
  if (msOf(coolDown["max"]) < msOf(coolDown["time"] ?? "10m"))
    report("error", at("coolDown", "max"), "value", "must not be shorter than time");
  for (const [index, value] of listOf(judge["bodies"]).entries())
    if (isSection(value)) reviewBody(sectionOf(value), (...path) => at("bodies", index, ...path), report);
}

function reviewBody({ find, pattern }: Section, at: At, report: Report): void {
  if (find === undefined && pattern === undefined)
    report("error", at(), "value", "must say what is looked for: find, or pattern");
  if (find !== undefined && pattern !== undefined)
    report("error", at("pattern"), "key", "cannot stand beside find: write one of them");
  const fault = typeof pattern === "string" ? patternFault(pattern) : null;
  if (fault !== null)
    report("error", at("pattern"), "value", `must be a regular expression, which it is not: ${fault}`);
}
