// gobetween's REST API as operations of the admin interface, for a config that was gobetween's: its paths, its words, and JSON as it
// writes it. What they do stands in ../gobetween/. A browser that comes to / sees the console, a program what gobetween says there.
//
//   GET /ping    GET /    GET /dump ?format=toml|json    GET /servers    GET POST DELETE /servers/NAME    GET /servers/NAME/stats

import { z } from "zod";
import type { Gobetween } from "../../config/types.ts";
import { consoleAnswer } from "../console.ts";
import { type DumpFormat, dumpFormats, dumpOf, goDuration } from "../gobetween/dump.ts";
import type { BackendFigures, Bandwidth, GobetweenFigures, ServerFigures } from "../gobetween/figures.ts";
import { type Shown, shownServer } from "../gobetween/server.ts";
import type { Outcome, Servers } from "../gobetween/servers.ts";
import type { Status } from "../status.ts";
import { text } from "./answer.ts";
import { type Operation, wordedOperation } from "./operation.ts";

export interface GobetweenService {
  /** Of the config in force. */
  told(): Gobetween;
  status(): Pick<Status, "pid" | "startedAt" | "version" | "config" | "configOrigin">;
  readonly figures: GobetweenFigures;
  readonly servers: Servers;
  readonly nowMs: () => number;
}

const tag = "gobetween";
const type = "application/json; charset=utf-8";
const none = { 404: { description: "There is no such server.", type } };
const params = { name: "a server's name" };
const bodyBytesMax = 1024 * 1024;

export function gobetweenOperations(service: GobetweenService): readonly Operation[] {
  const basic = service.told().api?.cors === true ? "shared" : "asked";
  const page = (
    id: string,
    path: string,
    summary: string,
    answers: Operation["answers"],
    handle: Operation["handle"],
    more: Partial<Operation> = {},
  ): Operation => wordedOperation({ ...{ id, method: "GET", path, summary, answers, handle, tag, basic }, ...more });
  return [
    page("ping", "/ping", "OK", { 200: { description: "OK.", type: "text/plain" } }, () => text(200, "OK"), {
      isOpen: true,
    }),
    page(
      "getProcess",
      "/",
      "what runs; for people with a browser, the web console",
      { 200: { description: "pid, time, startTime, uptime, version, configuration.", type } },
      ({ request }) => (isForPeople(request) ? consoleAnswer(request, "/") : indented(200, processOf(service))),
      { isOpen: isForPeople },
    ),
    page(
      "dumpConfig",
      "/dump",
      "the config with the servers that are in force, ?format=toml or json",
      { 200: { description: "As gobetween would write it, without passwords.", type: "text/plain" } },
      ({ query }) => dump(service, (query as URLSearchParams).get("format") ?? "toml"), // As worded operations have it.
    ),
    page("listServers", "/servers", "all servers", { 200: { description: "By their names.", type } }, () => {
      const { servers, settings } = service.told();
      const all = Object.values(servers).map((each): [string, Shown] => [
        each.name,
        shownServer(each.settings, settings),
      ]);
      return indented(200, Object.fromEntries(all));
    }),
    ...oneServer(service, page),
  ];
}

type Page = (
  id: string,
  path: string,
  summary: string,
  answers: Operation["answers"],
  handle: Operation["handle"],
  more?: Partial<Operation>,
) => Operation;

function oneServer(service: GobetweenService, page: Page): readonly Operation[] {
  const path = "/servers/{name}";
  const done = { 200: { description: "It is done.", type } };
  return [
    page(
      "getServer",
      path,
      "a server",
      { 200: { description: "Its config.", type }, ...none },
      ({ params: of }) => {
        const { servers, settings } = service.told();
        const found = Object.values(servers).find(({ name }) => name === of["name"]);
        return found === undefined ? missing() : indented(200, shownServer(found.settings, settings));
      },
      { params },
    ),
    page(
      "createServer",
      path,
      "add a server, until the next start or reload; the body is a section [servers.NAME] as JSON",
      { ...done, 409: { description: "There is one of that name, or it cannot be opened now.", type } },
      async ({ params: of, body }) => {
        const server = body as object; // As worded operations have it.
        return answered(await service.servers.create(of["name"]!, server));
      },
      { method: "POST", params, body: z.record(z.string(), z.unknown()), bodyBytesMax },
    ),
    page(
      "deleteServer",
      path,
      "delete a server, until the next start or reload; its connections go on",
      { ...done, ...none },
      async ({ params: of }) => answered(await service.servers.remove(of["name"]!)),
      { method: "DELETE", params },
    ),
    page(
      "getServerStats",
      `${path}/stats`,
      "figures of a server and of its backends",
      { 200: { description: "Connections, bytes, and bytes a second.", type }, ...none },
      ({ params: of }) => {
        const found = service.figures.find(of["name"]!);
        return found === null ? missing() : indented(200, statsOf(found));
      },
      { params },
    ),
  ];
}

function isForPeople(request: Request): boolean {
  return /\btext\/html\b/i.test(request.headers.get("accept") ?? "");
}

function processOf({ status, nowMs }: GobetweenService): object {
  const { pid, startedAt, version, config, configOrigin } = status();
  const now = nowMs();
  return {
    ...{ pid, time: new Date(now).toISOString(), startTime: startedAt },
    uptime: goDuration(Math.max(now - Date.parse(startedAt), 0)),
    version,
    configuration: { kind: config === null ? configOrigin : "file", path: config ?? "" },
  };
}

function dump(service: GobetweenService, format: string): Response {
  if (!(dumpFormats as readonly string[]).includes(format))
    return indented(400, "Unknown format: toml and json are known");
  return text(200, dumpOf(service.told(), format as DumpFormat)); // One of them.
}

function statsOf({ active, backends, ...bandwidth }: ServerFigures): object {
  return {
    active_connections: active,
    rx_total: bandwidth.rxTotal,
    tx_total: bandwidth.txTotal,
    ...ratesOf(bandwidth),
    backends: backends.map(backendOf),
  };
}

function backendOf(backend: BackendFigures): object {
  const { host, port, priority, weight, sni, isLive, total, active, refused, rxTotal, txTotal } = backend;
  return {
    ...{ host, port, priority, weight },
    ...(sni === "" ? {} : { sni }),
    stats: {
      // Sluice's plan has none that discovery does not tell of any more.
      ...{ live: isLive, discovered: true, total_connections: total, active_connections: active },
      ...{ refused_connections: refused, rx: rxTotal, tx: txTotal, ...ratesOf(backend) },
    },
  };
}

function ratesOf({ rxSecond, txSecond }: Bandwidth): object {
  return { rx_second: rxSecond, tx_second: txSecond };
}

function answered(outcome: Outcome): Response {
  return outcome === null ? indented(200, null) : indented(outcome.status, outcome.message);
}

function missing(): Response {
  return indented(404, "Server not found");
}

function indented(status: number, value: unknown): Response {
  return text(status, JSON.stringify(value, null, 4), type);
}
