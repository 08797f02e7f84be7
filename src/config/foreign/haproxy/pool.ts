// A backend, or the backend half of a listen, as a pool: its servers with what they have in common hoisted, policy, cookie, checks,
// timeouts, retries. One without servers answers 503, which is all that such a backend of HAProxy's does.

import type { PoolInput, ServerInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import type { Origins } from "../origins.ts";
import { balanceOf } from "./balance.ts";
import { checkOf, ejectionOf, tellIdle } from "./check.ts";
import { poolCompression } from "./compression.ts";
import { cookieOf, cookieWordOf } from "./cookie.ts";
import { phaseNames, type RulesDraft } from "./draft.ts";
import { readTime, written } from "./duration.ts";
import { type Answers, answersOf, errorKeys, replyOf } from "./errors.ts";
import { type Face, forwardingRules } from "./forwarding.ts";
import type { Ground } from "./ground.ts";
import { placePool, placeServers } from "./placing.ts";
import { tellRuleOrigins } from "./rulefamily.ts";
import { type Conversion, linePath, type ProxyRules, pathOf } from "./scene.ts";
import { readServers, type ServerLine, sourceOf } from "./server.ts";
import type { Settings } from "./settings.ts";
import { readCount } from "./tell.ts";
import { poolTimes, readTimes, type Times } from "./timeouts.ts";

type PoolDraft = Partial<PoolInput> & Record<string, unknown>;

/** As many as may be said: there is no limit in HAProxy. */
const queueMax = 1_000_000;

/** The frontends that lead to it. `port`: the one port that clients come to by them, or null. */
export interface Before {
  readonly fronts: readonly Face[];
  readonly port: number | null;
}

export function addPool(
  conversion: Conversion,
  settings: Settings,
  rules: ProxyRules,
  ground: Ground,
  { fronts, port }: Before,
): void {
  const { proxy } = settings;
  const { ledger, origins, draft } = conversion;
  const name = conversion.poolOf(proxy);
  const path: Path = ["pools", name];
  origins.add(path, pathOf(proxy.word));
  const statements = ["default-server", "server", "server-template", "dispatch"];
  const lines = readServers(
    ledger,
    proxy.statements.filter(({ words }) => statements.includes(words[0]!.text)),
    { ground, resolvers: conversion.resolvers, port },
  );
  const answers = answersOf(conversion, settings);
  const times = readTimes(ledger, settings);
  placePool(origins, path, settings, times);
  placeServers(origins, path, lines);
  const forwarding = proxy.mode === "http" && lines.length > 0 ? forwardingRules(settings, fronts) : [];
  const all = { ...rules.pool, request: [...rules.pool.request, ...forwarding] };
  const own = hasRules(all) ? { rules: phases(all) } : {};
  tellIdle(ledger, settings);
  draft.pools[name] =
    lines.length === 0
      ? { ...emptyPool(conversion, settings, answers), ...own, ...rules.poolKeys }
      : {
          ...servedPool(conversion, settings, lines, times, path, rules.stick !== null),
          ...own,
          ...rules.poolKeys,
          ...errorKeys(answers),
        };
  const compress = poolCompression(
    ledger,
    settings,
    fronts.map((front) => front.settings),
  );
  if (compress !== null) draft.pools[name].compress = compress;
  if (hasRules(all)) placeRules(origins, path, all);
  if (rules.stick !== null && lines.length > 0) draft.pools[name].stick = rules.stick;
}

/** Servers of a sticky pool that HAProxy gives no cookie for. */
function tellBound(ledger: Ledger, lines: readonly ServerLine[]): void {
  for (const { options, word, input, source } of lines)
    if (!options.has("cookie") && source === null)
      ledger.approximate(
        pathOf(word),
        `it has no cookie, and binds no client in HAProxy; here it sets one as the others do, and its clients come back to it${input.backup === true ? ", also when other servers are up again" : ""}`,
      );
}

function hasRules(rules: RulesDraft): boolean {
  return phaseNames.some((phase) => rules[phase].length > 0);
}

/** Only phases that have any; request alone is a list. */
export function phases(rules: RulesDraft): NonNullable<PoolInput["rules"]> {
  const used = phaseNames.filter((phase) => rules[phase].length > 0);
  if (used.every((phase) => phase === "request")) return rules.request as NonNullable<PoolInput["rules"]>; // The schema judges them.
  return Object.fromEntries(used.map((phase) => [phase, rules[phase]]));
}

/** Where each of them comes from; `path` is their listener's or pool's. */
export function placeRules(origins: Origins, path: Path, rules: RulesDraft): void {
  const written = phases(rules);
  if (Array.isArray(written)) return tellRuleOrigins(origins, [...path, "rules"], rules.request);
  for (const phase of phaseNames) tellRuleOrigins(origins, [...path, "rules", phase], rules[phase]);
}

function emptyPool({ ledger }: Conversion, { proxy }: Settings, answers: Answers): PoolDraft {
  if (proxy.mode === "tcp")
    ledger.refuse(
      pathOf(proxy.word),
      `it ${proxy.disabled === undefined ? "has no server" : "is disabled"}, and connections that it would close are closed by a rule: tcp-request content reject`,
    );
  return { reply: replyOf(answers) };
}

function servedPool(
  conversion: Conversion,
  settings: Settings,
  lines: readonly ServerLine[],
  times: Times,
  path: Path,
  isStuck: boolean,
): PoolDraft {
  const { ledger, draft } = conversion;
  const { mode, name } = settings.proxy;
  const { balance, stickBy } = balanceOf(ledger, settings);
  const sticky = cookieOf(ledger, settings);
  // Dynamic, it needs a key only.
  const isNamed = settings.last("dynamic-cookie-key") !== undefined && isDynamic(settings);
  const isSticky = sticky !== null && (isNamed || lines.some(({ options }) => options.has("cookie")));
  const written = lines.filter(({ source }) => source === null);
  const sources = lines.flatMap(({ source }) => source ?? []);
  const servers = serversOf(conversion, written, path, { isSticky, isCalled: isStuck || conversion.isLogged });
  // What is carried in mode tcp is HTTP/2 where it is agreed upon, and is passed on.
  if (mode === "tcp") for (const server of servers) delete server.http2;
  tellSources(conversion, lines, path);
  draft.servers[String(path[1])] = written.map((line) => ({ name: line.name, server: line.input.address }));
  const templates = lines.flatMap(({ source, input }) => (source === null ? [] : [input]));
  const { common, own } = hoisted(servers, templates);
  const backups = servers.filter(({ backup }) => backup).length;
  const isOneBackup =
    (backups > 1 || templates.some(({ backup }) => backup)) && settings.option("allbackups") === undefined;
  const check = checkOf(ledger, settings, lines, times);
  const ejection = ejectionOf(ledger, lines);
  if (stickBy !== null) {
    const table = conversion.nameOf("table", `${name}.balance`);
    draft.tables[table] = { key: { string: 64 }, expire: "30m", store: ["server_id"] };
    return { ...poolKeys(), stick: { table, by: stickBy } };
  }
  return poolKeys();

  function poolKeys(): PoolDraft {
    if (isSticky && !isNamed) tellBound(ledger, lines);
    return {
      ...(own.length === 0 ? {} : { servers: own }),
      ...(sources.length === 0 ? {} : { discover: sources.length === 1 ? sources[0]! : sources }),
      ...nameServersOf(conversion, written),
      ...(isOneBackup ? { backups: "first" } : {}),
      ...(balance === "weightedRoundRobin" ? {} : { balance }),
      ...(isSticky ? { sticky } : {}),
      ...retriesOf(conversion, settings),
      ...queueOf(conversion, lines, times),
      ...idleOf(conversion, settings),
      ...slowStartOf(conversion, lines),
      ...common,
      ...sourceKey(conversion, settings),
      ...(check === null ? {} : { check }),
      ...(ejection === null ? {} : { ejection }),
      timeouts: poolTimes(times, mode),
    };
  }
}

function isDynamic(settings: Settings): boolean {
  return settings.last("cookie")?.words.some(({ text }, at) => at > 1 && text === "dynamic") === true;
}

/** Each address once. A cookie and a stick table know servers by words of the config, which another backend may say too. */
function serversOf(
  { ledger, origins }: Conversion,
  lines: readonly ServerLine[],
  path: Path,
  { isSticky, isCalled }: { readonly isSticky: boolean; readonly isCalled: boolean },
): ServerInput[] {
  const servers: ServerInput[] = [];
  for (const line of lines) {
    const { name, input, word } = line;
    const cookie = isSticky ? cookieWordOf(ledger, line) : null;
    const same = servers.find(({ address }) => address === input.address);
    if (same !== undefined) {
      ledger.approximate(
        pathOf(word),
        "the server has this address already; its weight and its connections are added to that one",
      );
      add(same, input);
    } else {
      origins.add([...path, "servers", servers.length], pathOf(word));
      servers.push({
        ...input,
        ...(cookie === null ? {} : { cookie }),
        ...(isCalled ? { id: name } : {}),
      });
    }
  }
  return servers;
}

/** What begins out of service adds nothing, and is one with a server that does not. */
function add(same: ServerInput, other: ServerInput): void {
  if (other.drain === true) return;
  const isIdle = same.drain === true;
  delete same.drain;
  same.weight = (isIdle ? 0 : (same.weight ?? 1)) + (other.weight ?? 1);
  if (isIdle) same.maxConnections = other.maxConnections ?? 0;
  else if (same.maxConnections !== undefined) same.maxConnections += other.maxConnections ?? 0;
}

const shared = ["tls", "http2", "proxyProtocol", "source"] as const;

/** All names of a pool are asked for in one place. */
function nameServersOf({ ledger }: Conversion, lines: readonly ServerLine[]): PoolDraft {
  const named = lines.filter(({ nameServers }) => nameServers !== null);
  const [first] = named;
  if (first === undefined) return {};
  const others = named.filter(({ nameServers }) => JSON.stringify(nameServers) !== JSON.stringify(first.nameServers));
  for (const { word } of others)
    ledger.approximate(pathOf(word), `all names of a pool are looked up in one place; it is that of ${first.name}`);
  return first.nameServers!.length === 0 ? {} : { nameServers: [...first.nameServers!] };
}

/** Servers of a template have what the pool says, so that all others of it must say the same. */
function tellSources({ ledger, origins }: Conversion, lines: readonly ServerLine[], path: Path): void {
  const found = lines.filter(({ source }) => source !== null);
  for (const [index, { word, input }] of found.entries()) {
    origins.add([...path, "discover", ...(found.length === 1 ? [] : [index])], pathOf(word));
    const other = lines.find((line) =>
      shared.some((key) => JSON.stringify(line.input[key]) !== JSON.stringify(input[key])),
    );
    if (other !== undefined)
      ledger.refuse(
        pathOf(word),
        `its servers have TLS, protocol and source in common with all of their pool, and ${other.name} has others: give one of them a backend of its own`,
      );
  }
}

/** What all servers say alike is said of the pool; `templates` are those of which no more is said here. */
function hoisted(
  servers: readonly ServerInput[],
  templates: readonly ServerInput[],
): {
  readonly common: PoolDraft;
  readonly own: (string | ServerInput)[];
} {
  const first = (templates[0] ?? servers[0])!;
  const keys = shared.filter(
    (key) =>
      first[key] !== undefined && servers.every((server) => JSON.stringify(server[key]) === JSON.stringify(first[key])),
  );
  const own = servers.map((server): string | ServerInput => {
    const left = Object.fromEntries(Object.entries(server).filter(([key]) => !keys.some((each) => each === key)));
    const { address, weight, ...rest } = left as unknown as ServerInput; // Only keys of the pool are gone.
    if (Object.keys(rest).length > 0) return left as unknown as ServerInput;
    if (weight === 0) return { address, weight };
    return weight === undefined ? address : `${address}^${weight}`;
  });
  return { common: Object.fromEntries(keys.map((key) => [key, first[key]])), own };
}

function retriesOf({ ledger }: Conversion, settings: Settings): PoolDraft {
  const retries = readCount(ledger, settings.last("retries")?.words[1], 0, 100) ?? 3;
  const old = settings.last("redispatch");
  if (old !== undefined) ledger.approximate(linePath(old), "option redispatch is what HAProxy calls it since 2.1");
  const isFree = old !== undefined || settings.option("redispatch") !== undefined;
  const on = settings.last("retry-on");
  const events = on?.words.slice(1).map(({ text }) => text) ?? [];
  if (events.some((event) => /^\d{3}$|^(?:junk-response|all-retryable-errors)$/.test(event)))
    ledger.approximate(
      linePath(on!),
      "what a server answers is passed on, whatever its status; sent again is what no server can have had, or what is safe to repeat and was not answered",
    );
  else if (events.some((event) => !["none", "conn-failure"].includes(event)))
    ledger.approximate(
      linePath(on!),
      "a request is sent again only where it cannot have reached a server, or is safe to repeat",
    );
  const isNone = on?.words[1]?.text === "none";
  return { ...(isNone ? { retries: 0 } : retries === 2 ? {} : { retries }), ...(isFree ? {} : { redispatch: false }) };
}

function queueOf({ ledger }: Conversion, lines: readonly ServerLine[], times: Times): PoolDraft {
  if (lines.every(({ input }) => input.maxConnections === undefined)) return {};
  const word = lines.map(({ options }) => options.value("maxqueue")).find((value) => value !== null);
  const length = readCount(ledger, word ?? undefined, 0, queueMax);
  if (length !== null && length > 0)
    ledger.approximate(
      pathOf(word!),
      "requests that wait are counted for the whole pool in each worker, not for each server",
    );
  const timeout = times.queue ?? times.connect;
  return { queue: { length: length === null || length === 0 ? queueMax : length, timeout: written(timeout ?? 0) } };
}

function idleOf({ ledger }: Conversion, settings: Settings): PoolDraft {
  if (settings.proxy.mode === "tcp") return {};
  const word = settings.last("http-reuse")?.words[1];
  if (word !== undefined && !["never", "safe", "aggressive", "always"].includes(word.text))
    ledger.fault(pathOf(word), "must be never, safe, aggressive or always");
  const closing = settings.lastOption(["httpclose", "forceclose", "http-server-close", "http-keep-alive"])?.words[1]
    ?.text;
  const isClosed = closing !== undefined && closing !== "http-keep-alive";
  return word?.text === "never" || isClosed ? { idle: { connections: 0 } } : {};
}

function slowStartOf({ ledger }: Conversion, lines: readonly ServerLine[]): PoolDraft {
  const word = lines.map(({ options }) => options.value("slowstart")).find((value) => value !== null);
  const ms = word === undefined || word === null ? null : readTime(ledger, word);
  return ms === null || ms === 0 ? {} : { slowStart: written(Math.min(ms, 3_600_000)) };
}

function sourceKey({ ledger }: Conversion, settings: Settings): PoolDraft {
  const statement = settings.last("source");
  if (statement === undefined) return {};
  const [, word, ...rest] = statement.words;
  const other = rest.find(({ text }) => text === "usesrc" || text === "interface");
  if (other !== undefined)
    ledger.refuse(
      pathOf(other),
      "connections come from an address of this machine, by the system's own choice of interface",
    );
  const source = sourceOf(ledger, word ?? null);
  return source === null ? {} : { source };
}
