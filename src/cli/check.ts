// `sluice check FILE`: what is wrong with a config, or what it would do. It reads the file as `run` would and starts nothing.
// Problems go to stderr, the summary to stdout; with --json one object goes to stdout whatever comes of it.
// Exit code 0: it can be run; 1: it cannot; 2: there is no such file, or none that is a config.

import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { formatDuration, readDuration } from "../base/duration.ts";
import { compile, workersOf } from "../config/compile.ts";
import type { Origin } from "../config/foreign/foreign.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import { withoutSecrets } from "../config/mask.ts";
import type { Certificate } from "../config/materials.ts";
import type { Plan, TablePlan } from "../config/plan.ts";
import { formatProblem, inOrder, type Problem } from "../config/problem.ts";
import { Slots } from "../config/slots.ts";
import type { Check, Config, Pool } from "../config/types.ts";
import { roomForCaches } from "../control/memoryneed.ts";
import { stateFolderOf } from "../control/state.ts";
import { entryBytes, fullBytes } from "../memory/sticktable/layout.ts";
import { memoryLimit } from "../memorylimit.ts";
import { bytesText } from "./bytes.ts";
import { acmeShown, acmeSummary } from "./checkacme.ts";
import { cacheReport, cacheSummary } from "./checkcaches.ts";
import { discoverShown, discoverSummary } from "./checkdiscovery.ts";
import { egressProblems, egressShown, egressSummary } from "./checkegress.ts";
import { checkLists, type ListSummary, listSummary } from "./checklists.ts";
import {
  limitShortageOf,
  type MemoryReport,
  memoryReport,
  memoryShortage,
  memorySummary,
  roomFor,
} from "./checkmemory.ts";
import { placeProblems } from "./checkplace.ts";
import { sharedSummary } from "./checkshared.ts";
import { plannedWay } from "./way.ts";

/** Where a command writes; each call is whole lines without the last line's end. */
export interface Writer {
  /** What was asked for. */
  out(text: string): void;
  /** Why it failed, or what is wrong. */
  err(text: string): void;
  /** What is neither, such as that there are more. */
  note(text: string): void;
  /** Resolves when what was written out has been taken; for those who write much. */
  drained?(): Promise<void>;
}

export async function check(
  path: string,
  options: { readonly json?: boolean | undefined },
  writer: Writer,
  place: typeof placeProblems = placeProblems,
): Promise<number> {
  const { loaded, lists, listBytes } = await withFiles(await loadConfig(path), (ok) => place(ok, path));
  if (options.json === true) writer.out(JSON.stringify(report(loaded, lists, listBytes), null, 2));
  else writeProblems(loaded.ok ? loaded.warnings : loaded.problems, writer);
  // Beside the problems where it cannot be run, beside the summary where it can.
  if (options.json !== true && loaded.origin !== undefined)
    (loaded.ok ? writer.out : writer.err).call(writer, keywordsLine(loaded.origin));
  if (!loaded.ok) return loaded.isRead ? 1 : 2;
  for (const shortage of memoryOf(path, loaded.config, planOf(loaded), listBytes).shortages) writer.err(shortage);
  if (options.json !== true) writer.out(summary(path, loaded, lists, listBytes));
  return 0;
}

/** A list whose file holds what is no value keeps a config from being run, and so do logs that cannot be read or written. */
async function withFiles(
  loaded: Loaded,
  placed: (loaded: Loaded & { readonly ok: true }) => readonly Problem[],
): Promise<{ loaded: Loaded; lists: readonly ListSummary[]; listBytes: number }> {
  if (!loaded.ok) return { loaded, lists: [], listBytes: 0 };
  const { lists, problems: listProblems, bytes: listBytes } = await checkLists(loaded.lists);
  const { file, warnings, origin } = loaded;
  const problems = [...[...listProblems, ...egressProblems(planOf(loaded).egresses, loaded)], ...placed(loaded)];
  const all = inOrder([...warnings, ...problems]);
  if (problems.every(({ severity }) => severity === "warning"))
    return { loaded: { ...loaded, warnings: all }, lists, listBytes };
  return {
    loaded: { ok: false, file, problems: all, isRead: true, ...(origin === undefined ? {} : { origin }) },
    ...{ lists, listBytes },
  };
}

/** `gobetween: 12 keywords kept, 2 approximated, 1 refused`. */
export function keywordsLine({ program, keywords }: Origin): string {
  const { kept, approximated, refused, unknown } = keywords;
  const others = Object.entries({ approximated, refused, unknown }).filter(([, count]) => count > 0);
  return `${program}: ${counted(kept, "keyword")} kept${others.map(([verdict, count]) => `, ${count} ${verdict}`).join("")}`;
}

/** For every command that loads a config. */
export function writeProblems(problems: readonly Problem[], writer: Writer): void {
  for (const problem of problems) writer.err(formatProblem(problem));
  const errors = problems.filter((problem) => problem.severity === "error").length;
  if (errors > 0)
    writer.err(
      `${counted(errors, "error")}${problems.length > errors ? `, ${counted(problems.length - errors, "warning")}` : ""}`,
    );
}

function report(loaded: Loaded, lists: readonly ListSummary[], listBytes: number): object {
  const problems = (loaded.ok ? loaded.warnings : loaded.problems).map(({ place, source: _, ...problem }) => ({
    ...problem,
    line: place?.line ?? null,
    column: place?.column ?? null,
  }));
  const origin = loaded.origin === undefined ? {} : { origin: loaded.origin };
  const { ok, file } = loaded;
  if (!loaded.ok) return { ok, file, problems, ...origin, config: null };
  const certificates = certificatesReport(loaded);
  const plan = planOf(loaded);
  const tables = tablesReport(plan);
  const caches = Object.fromEntries(plan.caches.map((cache) => [cache.name, cacheReport(cache)]));
  const listed = Object.fromEntries(lists.map(({ name, ...list }) => [name, list]));
  const { memory } = memoryOf(file, loaded.config, plan, listBytes);
  const holds = { certificates, tables, caches, lists: listed, memory };
  return { ok, file, problems, ...origin, ...holds, config: withoutSecrets(shown(loaded.config)) };
}

/** As it will be: with the tables that limits make for themselves, and the cache that nobody has described. */
function planOf({ config, materials }: Loaded & { readonly ok: true }): Plan {
  return compile(config, new Slots(), () => undefined, 1, materials);
}

function memoryOf(
  path: string,
  config: Config,
  plan: Plan,
  listBytes: number,
): { readonly memory: MemoryReport; readonly shortages: readonly string[] } {
  const folder = stateFolderOf(resolve(path));
  const room = roomFor(folder);
  const workers = workersOf(config, availableParallelism());
  const limitBytes = memoryLimit.bytes;
  const memory = memoryReport(plan, workers, listBytes, Math.min(room, roomForCaches(plan, workers, limitBytes)));
  const all = [memoryShortage(memory, room, dirname(folder)), limitShortageOf(plan, workers, memory, limitBytes)];
  return { memory, shortages: all.filter((each) => each !== null) };
}

function tablesReport({ tables }: Plan): object {
  return Object.fromEntries(
    tables.map((plan) => [
      plan.name,
      { entries: plan.entriesMax, bytesPerEntry: entryBytes(plan), bytesWhenFull: fullBytes(plan) },
    ]),
  );
}

/** By listener; of their keys nothing. */
function certificatesReport({ config, materials }: Loaded & { readonly ok: true }): object {
  const of = (listener: string): object[] =>
    materials
      .certificatesOf(listener)
      .map(({ file, names, notAfterMs }) => ({ file, names, notAfter: new Date(notAfterMs).toISOString() }));
  return Object.fromEntries(Object.keys(config.listeners).map((name) => [name, of(name)]));
}

/** As it is in force, but for the secrets in it. */
function shown(config: Config): Config {
  const { acme, admin, debug, listeners, caches, registry, fleet, egress } = config;
  const atRedis = <Section extends { redis: string }>(section: string | Section): string | Section =>
    typeof section === "string" ? withoutPassword(section) : { ...section, redis: withoutPassword(section.redis) };
  return {
    ...config,
    ...(acme === undefined ? {} : { acme: acmeShown(acme) }),
    ...(registry === undefined ? {} : { registry: atRedis(registry) }),
    ...(fleet === undefined ? {} : { fleet: atRedis(fleet) }),
    pools: changed(config.pools, discoverShown),
    egress: egressShown(egress),
    admin: admin.token === undefined ? admin : { ...admin, token: "(set)" },
    debug: debug.token === undefined ? debug : { token: "(set)" },
    listeners: changed(listeners, ({ auth, ...listener }) =>
      auth === undefined ? listener : { ...listener, auth: { ...auth, users: changed(auth.users, () => "(set)") } },
    ),
    caches: changed(caches, ({ redis, ...cache }) => {
      if (redis === undefined) return cache;
      const isUrl = typeof redis === "string";
      return { ...cache, redis: isUrl ? withoutPassword(redis) : { ...redis, url: withoutPassword(redis.url) } };
    }),
  };
}

function changed<T>(named: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, change(value)]));
}

/** `redis://user:(set)@host`, `user:(set)@host:6379`. */
function withoutPassword(url: string): string {
  return url.replace(/^((?:[a-z+]+:\/\/)?[^/@:]*):[^/]*@/, "$1:(set)@");
}

function summary(
  path: string,
  loaded: Loaded & { readonly ok: true },
  lists: readonly ListSummary[],
  listBytes: number,
): string {
  const { config, materials } = loaded;
  const plan = planOf(loaded);
  const { tables, caches, egresses } = plan;
  const workers = config.workers === "auto" ? "one worker for each core" : counted(config.workers, "worker");
  const lines = [`${path}: ok, ${workers}, admin on ${config.admin.listen}`];
  const width = Math.max(
    ...[config.listeners, config.pools, config.lists].flatMap((section) => Object.keys(section)).map(lengthOf),
    ...[...tables, ...caches, ...egresses].map(({ name }) => lengthOf(name)),
  );
  for (const [index, [name, listener]] of Object.entries(config.listeners).entries())
    lines.push(
      `  listener ${name.padEnd(width)}  ${listener.listen} ${plannedWay(plan, index)}${certificatesSummary(materials.certificatesOf(name))}`,
    );
  for (const [name, pool] of Object.entries(config.pools))
    lines.push(`  pool     ${name.padEnd(width)}  ${poolSummary(pool)}`);
  for (const table of tables) lines.push(`  table    ${table.name.padEnd(width)}  ${tableSummary(table)}`);
  for (const cache of caches) lines.push(`  cache    ${cache.name.padEnd(width)}  ${cacheSummary(cache)}`);
  for (const pool of egresses) lines.push(`  egress   ${pool.name.padEnd(width)}  ${egressSummary(pool)}`);
  for (const list of lists) lines.push(`  list     ${list.name.padEnd(width)}  ${listSummary(list)}`);
  for (const text of [...acmeSummary(config), ...sharedSummary(config, tables)]) lines.push(`  ${text}`);
  lines.push(`  ${memorySummary(memoryOf(path, config, plan, listBytes).memory)}`);
  return lines.join("\n");
}

function lengthOf(name: string): number {
  return name.length;
}

/** `, 2 certificates for a.test, b.test, c.test and 3 more`. */
function certificatesSummary(certificates: readonly Certificate[]): string {
  const names = [...new Set(certificates.flatMap((certificate) => certificate.names))];
  if (certificates.length === 0) return "";
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  const named = names.length === 0 ? "" : ` for ${names.slice(0, 3).join(", ")}${more}`;
  return `, ${counted(certificates.length, "certificate")}${named}`;
}

/** `204800 entries of 44 bytes by ip, 9.4 MiB when full` */
function tableSummary(plan: TablePlan): string {
  const { key, entriesMax } = plan;
  return `${counted(entriesMax, "entry", "entries")} of ${Math.ceil(entryBytes(plan))} bytes by ${key.kind}, ${bytesText(fullBytes(plan))} when full`;
}

function poolSummary(pool: Pool): string {
  if (pool.reply !== undefined) return "a reply of its own";
  const backups = pool.servers.filter((server) => typeof server !== "string" && server.backup).length;
  const backup = `${counted(backups, "backup")}${pool.backups === "first" ? ", the first that is up serves" : ""}`;
  const written = `${counted(pool.servers.length, "server")}${backups > 0 ? ` (${backup})` : ""}`;
  const parts = [`${written}${discoverSummary(pool)}`];
  parts.push(typeof pool.balance === "string" ? pool.balance : `${pool.balance.policy} by ${pool.balance.key}`);
  if (pool.sticky !== undefined)
    parts.push(`sticky by ${typeof pool.sticky === "string" ? pool.sticky : pool.sticky.cookie}`);
  if (pool.tls !== undefined && pool.tls !== false) parts.push("tls");
  if (pool.check !== undefined) parts.push(`${checkSummary(pool.check)} every ${plainly(pool.check.every)}`);
  if (pool.ejection !== undefined) parts.push("ejection");
  return parts.join(", ");
}

function checkSummary(check: Check): string {
  if (check.http !== undefined) return `check of ${check.http}`;
  if (check.exec !== undefined) return "check by a command";
  const isTls = check.tls !== undefined && check.tls !== false;
  return `${check.udp !== undefined ? "udp" : isTls ? "tls" : "tcp"} check`;
}

function plainly(duration: string): string {
  const reading = readDuration(duration);
  return reading.ok ? formatDuration(reading.value) : duration;
}

function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
