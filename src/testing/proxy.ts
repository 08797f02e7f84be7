// A config under test: a whole Sluice without processes and sockets. Requests go through the flows that serve clients, with the rules,
// tables, caches and hooks of the config; servers answer as the test says; the clock stands still unless it is moved, or somebody
// waits.

import { fault } from "../base/fault.ts";
import { compile } from "../config/compile.ts";
import type { ServerPlan } from "../config/plan.ts";
import { Slots } from "../config/slots.ts";
import { gatherList } from "../control/listmaking.ts";
import { Context } from "../flow/context.ts";
import type { Downstream } from "../flow/downstream.ts";
import { sessionOn } from "../flow/entrance.ts";
import type { Exchange } from "../flow/exchange.ts";
import type { Explanation } from "../flow/explanation.ts";
import { explanationLines } from "../flow/explanationtext.ts";
import type { HookFunctions } from "../flow/hooks.ts";
import { Inquiry } from "../flow/inquiry.ts";
import { playedPlan } from "../flow/playedplan.ts";
import type { Client, DialFlow } from "../flow/port.ts";
import { type Question, readQuestion } from "../flow/question.ts";
import { Site } from "../flow/site.ts";
import { traceOfExchange, traceOfRefusal } from "../flow/traced.ts";
import { Arena } from "../memory/arena.ts";
import { BanHolder, type BanList } from "../memory/bans.ts";
import { admin, Board, health } from "../memory/board.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { emptyList, ListHolder } from "../memory/list.ts";
import { ListFile } from "../memory/listfile.ts";
import { runSteps } from "../memory/listranges.ts";
import { StickTable } from "../memory/sticktable.ts";
import { Tally } from "../memory/tally.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import { readAddress } from "../wire/ipaddress.ts";
import { answerOf, behaviourOf, msOf, standing } from "./behaviour.ts";
import { ClientPeer, responseBytes, ServerPeer, textOfBody } from "./peer.ts";
import { Stage } from "./stage.ts";
import type { Subject } from "./subject.ts";
import type { ConfigTest, ServerRequest, TestAnswer, TestRequest, TestServers, TestWorld } from "./types.ts";

/** By the fake clock: longer than any answer that somebody would wait for. */
const waitMs = 600_000;
/** Small ones do: a test has few requests. */
const entriesMax = 4096;
const cacheBytes = 4 << 20;

export class TestProxy implements ConfigTest {
  readonly #stage: Stage;
  readonly #context: Context;
  readonly #site: Site;
  readonly #board: Board;
  #servers: TestServers = {};
  #calls: ServerRequest[] = [];
  #explanation: Explanation | null = null;
  #reported: Pick<TestAnswer, "rule" | "fault" | "server"> | null = null;

  private constructor(subject: Subject, lists: ReadonlyMap<string, ListFile>, world: TestWorld) {
    const { random = () => 0.5, now = Date.now(), servers = {}, banned = [] } = world;
    const plan = playedPlan(compile(subject.config, new Slots(), () => "192.0.2.1", 1, subject.materials));
    const arena = Arena.inMemory();
    const tally = new Tally(arena, 0);
    const bans = new BanHolder();
    if (banned.length > 0) bans.list = bannedList(banned);
    const stage = new Stage(now, random);
    this.#stage = stage;
    this.#board = new Board(arena);
    this.#site = new Site(
      plan,
      {
        arena,
        tally,
        workers: 1,
        random,
        tables: (table) => StickTable.inMemory({ ...table, entriesMax: Math.min(table.entriesMax, entriesMax) }),
        lists: (list) => new ListHolder(list, lists.get(list.name) ?? emptyList),
        caches: ({ name, policy, objectBytesMax, bytesMax }) =>
          CacheStore.inMemory(
            {
              policy,
              objectBytesMax: Math.min(objectBytesMax, cacheBytes / 16),
              bytesMax: Math.min(bytesMax, cacheBytes),
            },
            name,
          ),
        egresses: (egress) => {
          const board = SharedEgressBoard.inMemory(
            egressShape({ ...egress, history: { entriesMax: 0, changesMax: 0 } }),
          );
          board.adopt(
            egress.members.map(({ id }) => id),
            now,
          );
          return board;
        },
        bans,
        instance: "",
        hooks: { runner: stage, of: (owner, name): HookFunctions => subject.hooks(owner, name) },
      },
      null,
    );
    this.#context = new Context(stage, tally, this.#site, (exchange) => this.#report(exchange));
    stage.open(this.#context, (server, flow) => this.#dialed(server, flow));
    this.servers(servers);
  }

  static async open(subject: Subject, world: TestWorld): Promise<TestProxy> {
    const lists = new Map<string, ListFile>();
    for (const [name, source] of Object.entries(subject.lists))
      lists.set(name, new ListFile(runSteps((await gatherList(source)).draft.finish())));
    return new TestProxy(subject, lists, world);
  }

  // ---- the test says ----

  servers(servers: TestServers): void {
    this.#servers = servers;
    for (const { name: pool, servers: all } of this.#site.plan.pools)
      for (const { slot, id, name } of all) {
        const isUp = !standing(behaviourOf(servers, id, pool, name)).isDown;
        const state = { admin: admin.ready, isEjected: false, rampPermille: 1000, isEligible: isUp };
        this.#board.write(slot, { ...state, health: isUp ? health.up : health.down });
      }
    this.#board.publish();
  }

  pass(duration: string): void {
    this.#stage.advance(msOf(duration));
  }

  async request(request: TestRequest): Promise<TestAnswer> {
    const stage = this.#stage;
    const question = questionOf(request, this.#site.plan);
    const site = this.#site.listener(question.listener.slot)!;
    const bytes = requestBytes(question, typeof request === "string" ? "" : (request.body ?? ""));
    const head = new Head(1000);
    parseRequest(head, bytes, 0, bytes.length, bytes.length);
    const client = new ClientPeer(head.method);
    const inquiry = new Inquiry(this.#site);
    this.#context.inquiry = inquiry;
    this.#calls = [];
    this.#explanation = null;
    this.#reported = null;
    const complaints = stage.complaints.length;
    const startedMs = stage.nowMs;
    const flow = sessionOn(this.#context, site, client, clientOf(question));
    client.flow = flow;
    if (client.ending === null) flow.received(bytes);
    await stage.until(() => (client.answer !== null || client.ending !== null) && this.#isSettled, waitMs);
    const explanation = this.#explanation ?? traceOfRefusal(inquiry, flow as Downstream, site, this.#context); // No exchange was reported: it ended before.
    const { status = 0, headers = {} } = client.answer ?? {};
    const answer = {
      status,
      headers,
      body: client.answer === null ? "" : textOfBody(client.answer),
      ending: endingOf(client),
      pool: explanation.pool ?? "",
      ...(this.#reported ?? { rule: explanation.outcome.rule, fault: "" as const, server: "" }),
      cache: cacheWord(headers["cache-status"]),
      calls: this.#calls,
      took: stage.nowMs - startedMs,
      complaints: stage.complaints.slice(complaints),
      explanation: { ...explanation },
      toString: () => explanationLines(explanation).join("\n"),
    } as const;
    if (client.ending === null) flow.closed(false);
    this.#context.inquiry = null;
    return answer;
  }

  /** What the client has got is all that becomes of it. */
  get #isSettled(): boolean {
    return this.#explanation !== null || this.#context.downstreams.size === 0;
  }

  // ---- told by flows ----

  #report(exchange: Exchange): void {
    const { inquiry } = exchange;
    if (this.#explanation !== null || inquiry === null || inquiry !== this.#context.inquiry) return;
    this.#explanation = traceOfExchange(inquiry, exchange, this.#context);
    this.#reported = { rule: exchange.rule, fault: exchange.fault?.code ?? "", server: exchange.serverName };
  }

  #dialed(server: ServerPlan, flow: DialFlow): void {
    const stage = this.#stage;
    const pool = server.id.slice(0, server.id.indexOf("/"));
    const of = (): ReturnType<typeof behaviourOf> => behaviourOf(this.#servers, server.id, pool, server.name);
    const { fails } = standing(of());
    if (fails === "refuse") return stage.later(0, () => flow.refused(fault("connect_refused")));
    const peer: ServerPeer = new ServerPeer((message) => {
      const request: ServerRequest = { ...message, server: server.name, pool };
      this.#calls.push(request);
      const answer = answerOf(of(), request);
      if (answer.fails === "hang") return;
      stage.later(answer.afterMs, () => {
        if (peer.ending !== null) return;
        if (answer.fails === undefined) flow.received(responseBytes(answer.message, message.method === "HEAD"));
        else {
          peer.ending = "closed";
          flow.closed(false);
        }
      });
    });
    stage.later(0, () => flow.connected(peer));
  }
}

function questionOf(request: TestRequest, plan: Site["plan"]): Question {
  const { method, url, headers = {}, from, listener } = typeof request === "string" ? shortOf(request) : request;
  const asked = { url, method, headers: Object.entries(headers), source: from, listener };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const question = readQuestion(given, plan);
  if (!question.ok) throw new Error(question.message);
  if (question.value.listener.mode !== "http")
    throw new Error(
      `listener ${question.value.listener.name} is of mode ${question.value.listener.mode}; tests are for requests`,
    );
  return question.value;
}

/** "GET /x" or "/x". */
function shortOf(text: string): Exclude<TestRequest, string> {
  const match = /^([A-Za-z]+)\s+(\S.*)$/.exec(text.trim());
  return match === null ? { url: text.trim() } : { method: match[1]!, url: match[2]! };
}

function requestBytes({ method, target, fields }: Question, body: string): Uint8Array {
  const content = Buffer.from(body, "utf8");
  const isLengthSaid = fields.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const length = content.length === 0 || isLengthSaid ? "" : `Content-Length: ${content.length}\r\n`;
  const lines = fields.map(([name, value]) => `${name}: ${Buffer.from(value).toString("latin1")}\r\n`);
  const head = `${method} ${target} HTTP/1.1\r\n${lines.join("")}${length}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}

const clientPort = 49_152;

function clientOf({ listener, source, serverName }: Question): Client {
  const { address, tls } = listener;
  const port = address.kind === "tcp" ? address.port : 0;
  return {
    address: source,
    port: clientPort,
    localAddress: address.kind === "tcp" ? address.host : "unix",
    localPort: port,
    peerAddress: source,
    ja4: "",
    tls:
      tls === null
        ? null
        : {
            serverName,
            alpn: tls.alpn.includes("http/1.1") ? "http/1.1" : "",
            version: "1.3",
            cipher: "TLS_AES_256_GCM_SHA384",
            isResumed: false,
            subject: "",
            fingerprint: "",
          },
  };
}

function endingOf({ answer, ending }: ClientPeer): TestAnswer["ending"] {
  if (answer !== null) return "answered";
  return ending ?? "none";
}

/** "hit", "stale" or "fwd=miss" of "Sluice; hit; ttl=5". */
function cacheWord(field: string | undefined): string {
  const parts = (field ?? "").split(",", 1)[0]!.split(";").slice(1);
  return parts[0]?.trim() ?? "";
}

function bannedList(addresses: readonly string[]): BanList {
  const all = addresses.map((address) => {
    const octets = new Uint8Array(16);
    if (!readAddress(address, octets)) throw new Error(`${address} is no address`);
    return octets;
  });
  const isBanned = (octets: Uint8Array, at: number): boolean =>
    all.some((each) => each.every((octet, index) => octet === octets[at + index]));
  return { findAddress: (octets, at) => (isBanned(octets, at) ? 0 : -1), endOf: () => 0, size: all.length };
}
