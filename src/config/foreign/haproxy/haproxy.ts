// HAProxy's configuration as one of ours. It puts the parts together: lines, sections, proxies with their defaults, then for each proxy
// what its rules come to (rules.ts), and what it comes to as listeners and as a pool. Pools come last, for only then is known which
// backends are in use.

import { readListenAddress } from "../../../base/address.ts";
import { didYouMean } from "../../../base/nearest.ts";
import type { AdminInput, ConfigInput, HaproxyExporterInput, HaproxyInput, HaproxyPageInput } from "../../input.ts";
import { Places } from "../../place.ts";
import type { Path } from "../../problem.ts";
import { type Environment, variableOf } from "../../substitute.ts";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import type { Translation } from "../translation.ts";
import { type Bind, readBind } from "./bind.ts";
import { tellCompression } from "./compression.ts";
import type { Draft } from "./draft.ts";
import { unconnected } from "./errors.ts";
import type { Face } from "./forwarding.ts";
import { readGlobal } from "./global.ts";
import { based, type Ground } from "./ground.ts";
import { hoistTimeouts } from "./hoist.ts";
import { inspectionOf, tellWaits } from "./inspection.ts";
import { readLines } from "./lines.ts";
import { addListeners, type Front } from "./listener.ts";
import { Logging } from "./logging.ts";
import { isCaptureLogged } from "./loglayout.ts";
import { Naming } from "./naming.ts";
import { tellOtherSections } from "./othersections.ts";
import { addPool, type Before } from "./pool.ts";
import { readProxies } from "./proxies.ts";
import { reviewReferences } from "./references.ts";
import { readResolvers } from "./resolvers.ts";
import {
  type Conversion,
  linePath,
  type ProxyRules,
  pathOf,
  type Service,
  serverLines,
  type TranslateRules,
  type Word,
} from "./scene.ts";
import { readSections, type Section } from "./sections.ts";
import { Settings } from "./settings.ts";
import { isForStats, statsProxy, trafficPage } from "./stats.ts";
import { namedProxies } from "./statsnames.ts";
import { warn } from "./tell.ts";
import { readErrorSections, readUserlists } from "./userlist.ts";

export interface HaproxyTranslation extends Translation {
  readonly places: Places;
  /** What a place is called in messages: its word, or the first words of its line. */
  readonly keyOf: (path: Path) => string;
}

/** What stands in a file that the config names, by its path there; null where it cannot be read. */
export type TextOf = (path: string) => string | null;

/** By its first words: a comment, a directive, or the line of a section. */
export function isHaproxy(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\s*(?:#|\.|$)/.test(line));
  return (
    first !== undefined &&
    /^\s*(?:global|defaults|(?:frontend|backend|listen|userlist|resolvers|peers|cache|http-errors)\s+[\w.:-]+)(?:\s|$)/.test(
      first,
    )
  );
}

export function translateHaproxy(
  text: string,
  file: string,
  environment: Environment,
  translateRules: TranslateRules,
  textOf: TextOf = () => null,
): HaproxyTranslation {
  const ledger = new Ledger();
  const origins = new Origins();
  const { lines, faults, said, environment: left } = readLines(text, environment);
  const places = new Places(text);
  const words = new Map<string, readonly Word[]>();
  for (const line of [...lines, ...said.map(({ word }) => [word])]) {
    if (words.has(String(line[0]!.line))) continue;
    words.set(String(line[0]!.line), line);
    places.add([String(line[0]!.line)], line[0]!.at, line[0]!.at);
    for (const word of line) places.add(pathOf(word), word.at, word.at);
  }
  for (const { at, message } of faults) {
    const path = [String(places.at(at).line), `@${at}`];
    places.add(path, at, at);
    ledger.fault(path, message);
  }
  for (const { severity, word, message } of said)
    if (severity === "error") ledger.fault(pathOf(word), message);
    else warn(ledger, word, message);
  const sections = readSections(lines, ledger);
  const statements = sections.filter(({ kind }) => kind === "global").flatMap((section) => section.statements);
  const { ground, config, haproxy } = readGlobal(ledger, origins, statements, file);
  const elsewhere = adminOf(ledger, environment, String(lines[0]?.[0]?.line ?? 1));
  tellOtherSections(ledger, sections);
  const outside = { textOf, environment: left, elsewhere };
  const builder = new Builder(ledger, origins, sections, ground, { config, haproxy }, outside);
  builder.build(translateRules);
  return { program: "haproxy", input: builder.input(), ledger, origins, places, keyOf: (path) => keyOf(words, path) };
}

function keyOf(words: ReadonlyMap<string, readonly Word[]>, [line, index]: Path): string {
  const all = words.get(String(line)) ?? [];
  if (typeof index === "number") return all[index]?.text ?? "";
  if (index !== undefined || all.length === 0) return "";
  const isPair = [
    "option",
    "timeout",
    "stats",
    "http-check",
    "tcp-check",
    "http-request",
    "http-response",
    "tcp-request",
    "no",
  ].includes(all[0]!.text);
  return all
    .slice(0, isPair ? 2 : 1)
    .map(({ text }) => text)
    .join(" ");
}

/** The file has no word for where it is; the variable says so by which `sluice status` finds it. */
function adminOf(ledger: Ledger, environment: Environment, line: string): AdminInput | null {
  const listen = environment["SLUICE_ADMIN"]?.trim() ?? "";
  if (listen === "") return null;
  const reading = readListenAddress(listen);
  if (reading.ok) return { listen };
  ledger.fault([line], `says not where the admin interface is, SLUICE_ADMIN says that, and it ${reading.message}`);
  return null;
}

/** What is not in the file. */
interface Outside {
  readonly textOf: TextOf;
  readonly environment: Environment;
  /** Where the admin interface is said to be. */
  readonly elsewhere: AdminInput | null;
}

class Builder implements Conversion {
  readonly ledger: Ledger;
  readonly origins: Origins;
  readonly draft: Draft = { config: {}, listeners: {}, pools: {}, tables: {}, lists: {}, servers: {} };
  readonly proxies: readonly Service[];
  readonly userlists: Conversion["userlists"];
  readonly resolvers: Conversion["resolvers"];
  readonly errorSections: Conversion["errorSections"];
  readonly #ground: Ground;
  readonly #outside: Outside;
  readonly #haproxy: HaproxyInput;
  readonly logging: Logging;
  readonly #naming = new Naming();
  readonly #settings: ReadonlyMap<Service, Settings>;
  readonly #used = new Set<Service>();

  constructor(
    ledger: Ledger,
    origins: Origins,
    sections: readonly Section[],
    ground: Ground,
    { config, haproxy }: { readonly config: Partial<ConfigInput>; readonly haproxy: HaproxyInput },
    outside: Outside,
  ) {
    this.#outside = outside;
    this.#haproxy = haproxy;
    this.ledger = ledger;
    this.origins = origins;
    this.#ground = ground;
    this.logging = new Logging(ledger, ground);
    this.draft.config = config;
    this.proxies = readProxies(sections, ledger);
    reviewReferences(ledger, sections, this.proxies);
    this.#settings = new Map(this.proxies.map((proxy) => [proxy, new Settings(proxy)]));
    this.userlists = readUserlists(ledger, sections);
    this.resolvers = readResolvers(ledger, sections);
    this.errorSections = readErrorSections(ledger, sections, (path) => this.pathOf(path));
  }

  get isLogged(): boolean {
    return [...this.#settings.values()].some(
      (settings) => settings.proxy.kind !== "backend" && this.logging.targetsOf(settings).length > 0,
    );
  }

  isCaptureLogged(proxy: Service): boolean {
    const settings = this.#settings.get(proxy);
    return settings !== undefined && this.logging.targetsOf(settings).length > 0 && isCaptureLogged(settings);
  }

  nameOf(kind: "pool" | "listener" | "table" | "list", name: string): string {
    return this.#naming.of(kind, name);
  }

  pathOf(path: string): string {
    return based(this.#ground.base, path);
  }

  textOf(file: string): string | null {
    return this.#outside.textOf(this.pathOf(file));
  }

  variableOf(name: string): string | undefined {
    return variableOf(this.#outside.environment, name);
  }

  backendNamed(word: Word): Service | null {
    const backends = this.proxies.filter(({ kind }) => kind !== "frontend");
    const found = backends.find(({ name }) => name === word.text);
    if (found === undefined) {
      const meant = didYouMean(
        word.text,
        backends.map(({ name }) => name),
      );
      this.ledger.fault(pathOf(word), `is the name of no backend${meant}`);
      return null;
    }
    this.#used.add(found);
    return found;
  }

  poolOf(proxy: Service): string {
    this.#used.add(proxy);
    return this.nameOf("pool", proxy.name);
  }

  build(translateRules: TranslateRules): void {
    const rules = new Map<Service, ProxyRules>();
    const fronts: Front[] = [];
    for (const [proxy, settings] of this.#settings) {
      const binds = settings
        .all("bind")
        .flatMap((statement) => readBind(this, statement, proxy.mode, this.#ground) ?? []);
      if (isForStats(settings)) {
        const { pages, exporters } = statsProxy(this.ledger, settings, binds, this.#outside.elsewhere);
        for (const { page, path } of pages) this.#page(page, path);
        for (const { exporter, path } of exporters) this.#exporter(exporter, path);
        continue;
      }
      const page = trafficPage(this.ledger, settings);
      if (page !== null) this.#page(page, pathOf(proxy.word));
      tellWaits(this.ledger, settings);
      tellCompression(this.ledger, settings);
      const translated = translateRules(this, proxy);
      rules.set(proxy, translated);
      if (proxy.kind === "backend") continue;
      const front = this.#frontOf(settings, binds, translated);
      if (front !== null) fronts.push(front);
    }
    const faces = new Map(
      fronts.map((front) => {
        const inspection = inspectionOf(this.ledger, front, rules);
        return [front, addListeners(this, front, inspection, this.#ground, this.#naming)];
      }),
    );
    for (const [proxy, translated] of rules)
      if (proxy.kind !== "frontend" && (this.#used.has(proxy) || this.#hasServers(proxy)))
        addPool(this, this.#settings.get(proxy)!, translated, this.#ground, before(proxy, faces));
    this.#nameFor(faces);
    this.#finish(fronts);
    this.#log(faces);
  }

  input(): ConfigInput {
    const { config, listeners, pools, tables, lists } = this.draft;
    const some = (sections: object): boolean => Object.keys(sections).length > 0;
    // Whatever is missing or wrong in it the schema tells, as of any config.
    return {
      ...(this.#outside.elsewhere === null ? {} : { admin: this.#outside.elsewhere }),
      ...config,
      ...(some(tables) ? { tables } : {}),
      ...(some(lists) ? { lists } : {}),
      listeners,
      pools,
    } as ConfigInput;
  }

  /** Several proxies may say the same one: a defaults section has said it to all of them. */
  #page(page: HaproxyPageInput, path: Path): void {
    const { pages = [] } = this.#haproxy;
    const isSame = (one: HaproxyPageInput): boolean =>
      one.listen === page.listen && (one.uri ?? "") === (page.uri ?? "");
    if (pages.some(isSame)) return;
    this.origins.add(["admin", "haproxy", "pages", pages.length], path);
    this.#haproxy.pages = [...pages, page];
  }

  #exporter(exporter: HaproxyExporterInput, path: Path): void {
    const { exporters = [] } = this.#haproxy;
    this.origins.add(["admin", "haproxy", "exporters", exporters.length], path);
    this.#haproxy.exporters = [...exporters, exporter];
  }

  /** For who asks by HAProxy's words. */
  #nameFor(faces: ReadonlyMap<Front, Face>): void {
    const haproxy = this.#haproxy;
    const { sockets, pages, exporters } = haproxy;
    if (sockets === undefined && pages === undefined && exporters === undefined) return;
    const named = this.proxies.map((service) => ({
      service,
      listeners: [...faces].find(([{ settings }]) => settings.proxy === service)?.[1].listeners ?? [],
      pool: this.nameOf("pool", service.name),
      table: this.nameOf("table", service.name),
    }));
    const proxies = namedProxies(this.draft, named);
    const admin = this.draft.config.admin ?? this.#outside.elsewhere;
    this.draft.config.admin = { ...admin, haproxy: { ...haproxy, ...(proxies.length === 0 ? {} : { proxies }) } };
  }

  #hasServers(proxy: Service): boolean {
    return proxy.disabled === undefined && serverLines(proxy).length > 0;
  }

  #frontOf(settings: Settings, binds: readonly Bind[], rules: ProxyRules): Front | null {
    const { proxy } = settings;
    if (binds.length === 0) {
      if (settings.all("bind").length === 0 && proxy.kind === "frontend" && proxy.disabled === undefined)
        warn(this.ledger, proxy.word, "has no bind line, so that no client can reach it");
      return null;
    }
    const named = settings.last("default_backend")?.words[1];
    const fallback = named === undefined ? (proxy.kind === "listen" ? proxy : null) : this.backendNamed(named);
    // A name that is made of samples may be that of any.
    const others = settings
      .all("use_backend")
      .flatMap(({ words }) =>
        this.proxies.filter(
          (each) =>
            each.kind !== "frontend" &&
            (each.name === words[1]?.text || (each.mode === proxy.mode && words[1]?.text.includes("%") === true)),
        ),
      );
    const behind = [fallback, ...others].filter((each) => each !== null);
    if (named !== undefined && fallback !== null && fallback.mode !== proxy.mode)
      this.ledger.fault(
        pathOf(named),
        proxy.mode === "http"
          ? `has mode ${fallback.mode}, and this ${proxy.kind} has mode http: give both one mode, as HAProxy wants it too`
          : `has mode http, and this ${proxy.kind} has mode tcp: a connection is not read as HTTP later; write mode http in both`,
      );
    if (
      proxy.mode === "tcp" &&
      named === undefined &&
      proxy.kind === "frontend" &&
      settings.all("use_backend").length === 0
    ) {
      this.ledger.refuse(
        pathOf(proxy.word),
        "it has no default_backend and no use_backend, and HAProxy closes whoever connects to it: leave it out",
      );
      return null;
    }
    const own = [...new Set(behind)].map((each) => this.#settings.get(each)!);
    const use = fallback === null ? null : this.poolOf(fallback);
    return { settings, binds, rules, behind: own, use: use ?? this.#unclaimed(settings, rules, named) };
  }

  /** Where rules send some requests to pools, what is left over is answered 503 without one; otherwise a pool must say it. */
  #unclaimed(settings: Settings, rules: ProxyRules, named: Word | undefined): string | null {
    if (named !== undefined || settings.proxy.mode === "tcp" || JSON.stringify(rules.listener).includes('"use":'))
      return null;
    const name = this.#naming.fresh("pool", `${settings.proxy.name}.none`);
    this.draft.pools[name] = { reply: { status: 503 } };
    this.origins.add(["pools", name], pathOf(settings.proxy.word));
    return name;
  }

  #log(faces: ReadonlyMap<Front, Face>): void {
    const { config, listeners } = this.draft;
    const all = [...faces.values()].map((face) => ({ settings: face.settings, listeners: face.listeners }));
    const made = this.logging.build(all, (name, log) => {
      const listener = listeners[name];
      if (listener !== undefined) listener.accessLog = log;
    });
    Object.assign(config, made);
    const first = this.#ground.logs[0];
    if (made.log !== undefined && first !== undefined) this.origins.add(["log"], linePath(first));
    const logs = all.flatMap(({ settings }) => this.logging.targetsOf(settings));
    if (made.accessLog !== undefined && logs[0] !== undefined) this.origins.add(["accessLog"], linePath(logs[0]));
  }

  #finish(fronts: readonly Front[]): void {
    const { config } = this.draft;
    const isTold = this.ledger.findings.some(({ severity }) => severity === "error");
    if (Object.keys(this.draft.listeners).length === 0 && !isTold)
      this.ledger.fault(
        [],
        this.draft.config.admin === undefined && ![...this.#settings.values()].some(isForStats)
          ? "there is no frontend or listen with a bind line, and so nothing to listen on"
          : "there is nothing to listen on but for statistics: no other frontend or listen has a bind line",
      );
    hoistTimeouts(this.draft, this.origins);
    const servesHttp = this.proxies.some(
      (proxy) => proxy.kind !== "frontend" && proxy.mode === "http" && this.#hasServers(proxy),
    );
    if (servesHttp) config.errors = unconnected;
    const requests = fronts.filter(({ settings }) => settings.proxy.mode === "http");
    const closing = requests.filter(({ settings }) => isClosing(settings));
    if (closing.length > 0 && closing.length === requests.length)
      config.limits = { ...config.limits, requestsPerConnection: 1 };
    else
      for (const { settings } of closing)
        this.ledger.approximate(
          pathOf(settings.proxy.word),
          "connections of its clients are kept, for not every frontend has option httpclose",
        );
    this.origins.add(["listeners"], []);
    this.origins.add(["pools"], []);
  }
}

function isClosing(settings: Settings): boolean {
  const last = settings.lastOption(["httpclose", "forceclose", "http-server-close", "http-keep-alive"])?.words[1]?.text;
  return last === "httpclose" || last === "forceclose";
}

function before(proxy: Service, all: ReadonlyMap<Front, Face>): Before {
  const mine = [...all.keys()].filter(({ behind }) => behind.some((settings) => settings.proxy === proxy));
  const addresses = mine.flatMap(({ binds }) => binds.flatMap((bind) => bind.addresses));
  const ports = new Set(addresses.map((address) => /:(\d+)$/.exec(address)?.[1] ?? ""));
  const [port = ""] = ports;
  return { fronts: mine.map((front) => all.get(front)!), port: ports.size === 1 && port !== "" ? Number(port) : null };
}
