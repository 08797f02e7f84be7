// Commands of HAProxy's runtime API that show, and `clear counters`. What there is nothing of here is answered as HAProxy answers where it has
// none (no errors were captured, no peers), or told in a line of comment, which tools pass over.

import { type Call, type Command, denied, isAllowed, type Level, wordAt } from "./command.ts";
import { csvHeader, csvLine, jsonOf, type Row, typedLines } from "./fields.ts";
import { type InfoParts, infoText, versionFor } from "./info.ts";
import { backendNamed, type Service } from "./names.ts";
import type { Rates } from "./rates.ts";
import { type ServerStateParts, serversConn, serversState } from "./serverstate.ts";
import type { Stat } from "./stat.ts";

export interface ListShown {
  readonly name: string;
  readonly kind: string;
  readonly entries: number;
  readonly file: string | null;
}

export interface ShowParts extends InfoParts, ServerStateParts {
  readonly services: () => readonly Service[];
  readonly stat: Stat;
  readonly rates: Rates;
  readonly lists: () => readonly ListShown[];
  /** With their levels. */
  readonly sockets: () => readonly { readonly listen: string; readonly level: Level }[];
}

export function showCommands(parts: ShowParts): Command[] {
  const show = (
    name: string,
    usage: string,
    help: string,
    answer: Command["answer"],
    level: Level = "user",
  ): Command => ({
    ...{ name, usage: `show ${usage}`, help, level, answer },
  });
  return [
    {
      ...{ name: "clear counters", usage: "clear counters [all]", level: "operator" },
      help: "clear max statistics counters (or all counters)",
      answer: (call) => clearCounters(parts, call),
    },
    show("show acl", "acl [@<ver>] <acl>]", "report available acls or dump an acl's contents", (call) =>
      listing(parts, call, (kind) => kind !== "map"),
    ),
    show("show activity", "activity", "show per-thread activity stats (for support/developers)", () =>
      notHere("what workers do is told by sluice top, sluice status and /metrics"),
    ),
    show("show backend", "backend", "list backends in the current running config", () => {
      const names = parts.services().filter(({ pool }) => pool !== null);
      return `# name\n${names.map(({ name }) => `${name}\n`).join("")}`;
    }),
    show("show cli level", "cli level", "display the level of the current CLI session", ({ level }) => `${level}\n`),
    show("show cli sockets", "cli sockets", "dump list of cli sockets", () => {
      const lines = parts.sockets().map(({ listen, level }) => `${listen.replace(/^unix:/, "unix@")} ${level} all\n`);
      return `# socket lvl processes\n${lines.join("")}`;
    }),
    show(
      "show errors",
      "errors [<px>] [request|response]",
      "report last request and/or response errors for each proxy",
      () => `Total events captured on [${haproxyTime(parts.wallMs())}] : 0\n`,
      "operator",
    ),
    show("show info", "info [desc|json|typed|float]*", "report information about the running process", ({ words }) =>
      infoText(parts, words.includes("json") ? "json" : words.includes("typed") ? "typed" : "text"),
    ),
    show("show map", "map [@ver] [map]", "report available maps or dump a map's contents", (call) =>
      listing(parts, call, (kind) => kind === "map"),
    ),
    show(
      "show peers",
      "peers [dict|-] [section]",
      "dump some information about all the peers or this peers section",
      () => "",
    ),
    show("show pools", "pools", "report information about the memory pools usage", () =>
      notHere("memory is told by /metrics (sluice_process_resident_memory_bytes)"),
    ),
    show(
      "show resolvers",
      "resolvers [id]",
      "dumps counters from all resolvers section and associated name servers",
      () => "",
    ),
    show(
      "show servers conn",
      "servers conn [<backend>]",
      "dump server connections status (all or for a single backend)",
      (call) => ofBackends(parts, wordAt(call, 3), (services) => serversConn(parts, services)),
    ),
    show(
      "show servers state",
      "servers state [<backend>]",
      "dump volatile server information (all or for a single backend)",
      (call) => ofBackends(parts, wordAt(call, 3), (services) => serversState(parts, services)),
    ),
    show(
      "show sess",
      "sess [id]",
      "report the list of current sessions or dump this exact session",
      (call) => (wordAt(call, 2) === "" ? sessions(parts) : "Session not found.\n"),
      "operator",
    ),
    show("show startup-logs", "startup-logs", "report logs emitted during HAProxy startup", () => "\n"),
    show("show stat", "stat [desc|json|no-maint|typed|up]*", "report counters for each proxy and server", (call) =>
      statText(parts.services(), parts.stat.rows(), call.words.slice(2)),
    ),
    show(
      "show version",
      "version",
      "show version of the current process",
      () => `${versionFor(parts.status().version)}\n`,
    ),
  ];
}

export function notHere(instead: string): string {
  return `# not in Sluice: ${instead}\n`;
}

function clearCounters({ stat, rates }: ShowParts, call: Call): string {
  const isAll = wordAt(call, 2) === "all";
  if (isAll && !isAllowed(call.level, "admin")) return denied;
  stat.clear(isAll);
  rates.clear();
  return "";
}

/** All, or one's own; none of that name is told. */
function ofBackends({ services }: ShowParts, name: string, answer: (of: readonly Service[]) => string): string {
  const all = services().filter(({ pool }) => pool !== null);
  if (name === "") return answer(all);
  const found = backendNamed(all, name);
  return found === null ? "Can't find backend.\n" : answer([found]);
}

/** Bits of the second number behind `show stat`. */
const kinds = [1, 2, 4];

/** `[proxy [kinds server]]` as numbers, -1 is all; a proxy by its name too. */
export function statText(services: readonly Service[], all: readonly Row[], words: readonly string[]): string {
  const [first = "-1", second = "-1", third = "-1"] = words.filter((word) => !forms.includes(word));
  const named = services.find(({ name }) => name === first)?.id;
  const [proxy, kind, server] = [named ?? numberOf(first), numberOf(second), numberOf(third)];
  const isWanted = (row: Row): boolean => {
    const isKind = kind < 0 || (kind & kinds[Number(row["type"])]!) !== 0;
    const isServer = server < 0 || row["sid"] === server || (server === 0 && row["type"] !== 2);
    return (proxy < 0 || row["iid"] === proxy) && isKind && (isServer || row["type"] !== 2) && isState(row, words);
  };
  const rows = all.filter(isWanted);
  if (words.includes("json")) return `${JSON.stringify(rows.map(jsonOf))}\n`;
  if (words.includes("typed")) return rows.map((row) => `${typedLines(row).join("\n")}\n`).join("");
  return `${csvHeader}\n${rows.map((row) => `${csvLine(row)}\n`).join("")}`;
}

const forms: readonly string[] = ["desc", "json", "no-maint", "typed", "up"];

function numberOf(word: string): number {
  return /^-?\d{1,9}$/.test(word) ? Number(word) : -1;
}

function isState({ type, status }: Row, words: readonly string[]): boolean {
  const told = String(status);
  if (words.includes("no-maint") && type === 2 && told.startsWith("MAINT")) return false;
  return !words.includes("up") || type !== 2 || /^(?:UP|no check)/.test(told);
}

/** Lists are files here, or what the config says; what stands in them is in the files. */
function listing({ lists }: ShowParts, call: Call, isWanted: (kind: string) => boolean): string {
  const found = lists().filter(({ kind }) => isWanted(kind));
  const asked = wordAt(call, 2);
  if (asked === "") {
    const lines = found.map(
      ({ name, file, entries }, at) =>
        `${at} (${file ?? ""}) list ${name}. curr_ver=0 next_ver=0 entry_cnt=${entries}\n`,
    );
    return `# id (file) description\n${lines.join("")}`;
  }
  const one = found.find(({ name, file }, at) => asked === `#${at}` || asked === file || asked === name);
  const what = call.words[1] === "map" ? "map" : "ACL";
  if (one === undefined) return `Unknown ${what} identifier. Please use #<id> or <file>.\n`;
  return notHere(
    `entries of a list are read in ${one.file ?? "the config"}; a file that changes is read again by itself`,
  );
}

function sessions({ services, totals }: ShowParts): string {
  const lines = services().flatMap(({ name, servers }) =>
    servers.map((server) => `# ${name}/${server.name}: ${totals.active(server.plan.slot)} under way\n`),
  );
  return `${notHere("sessions are not listed one by one; sluice tail shows those that have ended")}${lines.join("")}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `23/Nov/2026:20:29:20.013`, in the time of this machine. */
function haproxyTime(ms: number): string {
  const at = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${two(at.getDate())}/${months[at.getMonth()]}/${at.getFullYear()}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day}:${time}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
