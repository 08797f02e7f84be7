// Two proxies from one text: HAProxy itself, and Sluice with HAProxy's own configuration file, side by side, each at ports of its own and
// with servers of its own behind it. What is sent to one is sent to the other, and what comes of it can be compared.
//
// Places in the text:   {PORT} {PORT:name}      a port to bind, the same name being the same port
//                       {ORIGIN} {ORIGIN:name}  127.0.0.1 and the port of a server, which answers with its name unless told otherwise
//                       {CLOSED}                127.0.0.1 and a port where nobody listens
//                       {FOLDER}                where files are written
//
// In front of the text both get a section `global` with a stats socket and one thread, and a proxy for statistics. Sluice's
// admin interface has a port of its own.

import { expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { EntriesAnswer } from "../../../src/control/table/answer.ts";
import { type Handler, Origin, ok } from "./origin.ts";
import { Asker, type Asking, type Outcome } from "./outcome.ts";
import { freePort } from "./port.ts";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { Sluice } from "./sluice.ts";
import { until } from "./wait.ts";

export interface TwinsOptions {
  /** Written beside the config, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What servers do, by name; the others answer with their name. */
  readonly origins?: Readonly<Record<string, Handler>>;
  /** What HAProxy is given instead of a text that the one at hand does not take. */
  readonly forHaproxy?: (text: string) => string;
}

export interface RequestOptions extends Asking {
  /** The name of the port, "" unless it is said. */
  readonly port?: string;
  /** The client's address. */
  readonly from?: string;
}

export interface Both {
  readonly haproxy: Outcome;
  readonly sluice: Outcome;
}

/** An entry of a table: counters by name, without periods, and for how many it is held. */
export interface TableEntry {
  readonly uses: number;
  readonly expiresMs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** What of two outcomes is compared. */
export interface Comparison {
  /** Fields of the answer, beside its status. */
  readonly fields?: readonly string[];
  /** Without the reason, unless it is wanted: nobody goes by it. */
  readonly isReasonCompared?: boolean;
}

export class Twin {
  readonly name: "haproxy" | "sluice";
  readonly room: Room;
  readonly ports: Record<string, number> = {};
  readonly origins: Record<string, Origin> = {};

  constructor(name: "haproxy" | "sluice", room: Room) {
    this.name = name;
    this.room = room;
  }

  connect({ port = "", from }: RequestOptions = {}): Promise<Asker> {
    const number = this.ports[port];
    if (number === undefined) throw new Error(`the config has no {PORT${port === "" ? "" : `:${port}`}}`);
    return Asker.connect(this.room, { port: number, ...(from === undefined ? {} : { localAddress: from }) });
  }

  async ask(request: string, options: RequestOptions = {}): Promise<Outcome> {
    // One that is reset as soon as it is accepted may be so before we know that it was.
    const asker = await this.connect(options).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") return null;
      throw error;
    });
    if (asker === null) return { status: 0, reason: "", fields: {}, body: "", end: "rst", elapsedMs: 0 };
    try {
      return await asker.ask(request, options);
    } finally {
      asker.close();
    }
  }

  fill(text: string, { origins = {} }: TwinsOptions): string {
    return text.replaceAll(/\{(PORT|ORIGIN|CLOSED|FOLDER)(?::([\w-]+))?\}/g, (_, kind: string, name = "") => {
      switch (kind) {
        case "PORT":
          this.ports[name] ??= freePort();
          return String(this.ports[name]);
        case "ORIGIN":
          this.origins[name] ??= new Origin(this.room, origins[name] ?? (() => ok(name)));
          return this.origins[name].address;
        case "CLOSED":
          return `127.0.0.1:${freePort()}`;
        default:
          return this.room.folder;
      }
    });
  }
}

/** A connection to each, kept for several requests. */
export class Pair {
  readonly haproxy: Asker;
  readonly sluice: Asker;

  constructor(haproxy: Asker, sluice: Asker) {
    this.haproxy = haproxy;
    this.sluice = sluice;
  }

  async both(request: string, options: Asking = {}): Promise<Both> {
    const [haproxy, sluice] = await Promise.all([
      this.haproxy.ask(request, options),
      this.sluice.ask(request, options),
    ]);
    return { haproxy, sluice };
  }

  async same(request: string, options: Asking & Comparison = {}): Promise<Outcome> {
    return compared(await this.both(request, options), request, options);
  }

  /** Without waiting for what comes of it. */
  send(bytes: string): void {
    this.haproxy.client.send(bytes);
    this.sluice.client.send(bytes);
  }

  /** At once, by RST. */
  close(): void {
    this.haproxy.close();
    this.sluice.close();
  }

  /** In order. */
  async end(): Promise<void> {
    await Promise.all([this.haproxy.end(), this.sluice.end()]);
  }
}

export class Twins {
  readonly haproxy: Twin;
  readonly sluice: Twin;
  /** Sluice's process, with its stderr and its admin interface. */
  readonly program: Sluice;
  readonly #socket: string;
  #lastCommand: Promise<unknown> = Promise.resolve();

  private constructor(haproxy: Twin, sluice: Twin, program: Sluice, socket: string) {
    this.haproxy = haproxy;
    this.sluice = sluice;
    this.program = program;
    this.#socket = socket;
  }

  static async start(room: Room, text: string, options: TwinsOptions = {}): Promise<Twins> {
    for (const [name, content] of Object.entries(options.files ?? {})) {
      mkdirSync(dirname(room.path(name)), { recursive: true });
      room.write(name, content);
    }
    const [haproxy, sluice] = [new Twin("haproxy", room), new Twin("sluice", room)];
    const socket = room.path("haproxy.sock");
    const configOf = (twin: Twin): string => {
      const fitting = twin.name === "haproxy" && options.forHaproxy !== undefined ? options.forHaproxy(text) : text;
      const written = ground(`${room.folder}/${twin.name}.sock`, freePort()) + twin.fill(fitting, options);
      return room.write(`${twin.name}.cfg`, written);
    };
    const [haproxyPath, sluicePath] = [configOf(haproxy), configOf(sluice)];
    const [program] = await Promise.all([
      Sluice.of(room, sluicePath, Object.values(sluice.ports)[0] ?? 0, freePort()),
      startHaproxy(room, haproxyPath, socket),
    ]);
    return new Twins(haproxy, sluice, program, socket);
  }

  /** The same request to each, on connections of its own. */
  async both(request: string, options: RequestOptions = {}): Promise<Both> {
    const [haproxy, sluice] = await Promise.all([
      this.haproxy.ask(request, options),
      this.sluice.ask(request, options),
    ]);
    return { haproxy, sluice };
  }

  /** The outcome, which is that of both, or the test fails. */
  async same(request: string, options: RequestOptions & Comparison = {}): Promise<Outcome> {
    return compared(await this.both(request, options), request, options);
  }

  async connect(options: RequestOptions = {}): Promise<Pair> {
    const [haproxy, sluice] = await Promise.all([this.haproxy.connect(options), this.sluice.connect(options)]);
    return new Pair(haproxy, sluice);
  }

  // ---- tables ----

  /** A command of HAProxy's stats socket, which takes few connections at once. */
  command(text: string): Promise<string> {
    const answer = this.#lastCommand.then(() => asked(this.#socket, text));
    this.#lastCommand = answer.catch(() => {});
    return answer;
  }

  /** By key, as `show table` has them. */
  async haproxyTable(name: string): Promise<Record<string, TableEntry>> {
    const entries: Record<string, TableEntry> = {};
    for (const line of (await this.command(`show table ${name}`)).split("\n")) {
      const [, key, uses, expires, rest = ""] = /^0x\S+ key=(.*?) use=(\d+) exp=(\d+)(.*)$/.exec(line) ?? [];
      if (key === undefined) continue;
      const values: Record<string, number> = {};
      for (const [, counter = "", value] of rest.matchAll(/ ([a-z_0-9]+)(?:\(\d+\))?=(\d+)/g))
        values[counter] = Number(value);
      entries[key] = { uses: Number(uses), expiresMs: Number(expires), values };
    }
    return entries;
  }

  /** By key, as `sluice table show --json` has them. */
  async sluiceTable(name: string): Promise<Record<string, TableEntry>> {
    const answer = await fetch(`http://${this.program.admin}/api/v1/tables/${name}?limit=1000`);
    const { entries } = (await answer.json()) as EntriesAnswer;
    return Object.fromEntries(
      entries.map(({ key, uses, expiresMs, values }) => [
        key,
        {
          uses,
          expiresMs: expiresMs ?? 0,
          values: Object.fromEntries(Object.entries(values).map(([counter, value]) => [plain(counter), value])),
        },
      ]),
    );
  }
}

/** Without the period. */
function plain(counter: string): string {
  return counter.replace(/\([^)]*\)$/, "");
}

/**
 * HAProxy's own error pages, or nothing in a redirect, and Sluice's plain lines mean the same. Where HAProxy can end an answer only with the connection, as
 * that of an errorfile without a length, Sluice tells a length: there the end is of no account.
 */
function comparable(outcome: Outcome, isEndCompared: boolean, { fields = [], isReasonCompared }: Comparison): object {
  const { status, reason, body, end } = outcome;
  const isRedirect = status >= 301 && status <= 308 && status !== 304;
  const isOwnPage = (isRedirect && body === "") || /^(?:<html><body><h1>\d{3} .*|\d{3} [^\n]*\n$)/.test(body);
  return {
    status,
    ...(isReasonCompared ? { reason } : {}),
    fields: Object.fromEntries(fields.map((name) => [name, outcome.fields[name] ?? null])),
    body: isOwnPage ? "(a page of its own)" : body,
    ...(isEndCompared ? { end: end === "rst" ? "fin" : end } : {}),
  };
}

/** `request` is told where they differ. */
export function compared({ haproxy, sluice }: Both, request: string, options: Comparison): Outcome {
  const [line] = request.split("\r\n");
  const { status, body, fields } = haproxy;
  const isFramed = status === 0 || body === "" || "content-length" in fields || "transfer-encoding" in fields;
  expect({ line, ...comparable(sluice, isFramed, options) }).toEqual({
    line,
    ...comparable(haproxy, isFramed, options),
  });
  return haproxy;
}

function ground(socket: string, statsPort: number): string {
  return `global
  stats socket ${socket} mode 600 level admin
  nbthread 1
listen statistics-of-both
  mode http
  bind 127.0.0.1:${statsPort}
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  stats enable
`;
}

/** Ready once its stats socket answers: its ports are open then, and nobody has connected to them. */
async function startHaproxy(room: Room, path: string, socket: string): Promise<void> {
  const child = Bun.spawn([find("haproxy")!, "-db", "-f", path], {
    cwd: room.folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  room.ending(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  await until("HAProxy to answer at its stats socket", async () => {
    if (child.exitCode !== null) throw new Error(await new Response(child.stderr).text());
    return asked(socket, "show info").then(
      (text) => text.includes("Pid:"),
      () => false,
    );
  });
}

function asked(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(path, () => socket.write(`${command}\n`))
      .on("data", (bytes) => {
        text += bytes;
      })
      .on("end", () => resolve(text))
      .on("error", reject);
  });
}
