// Conversations with datagram sessions: clients and servers that say single datagrams, over the port, clock and notes of a
// Playbook. Sockets towards servers are opened at once, as the runtime does it; a test may have the next one fail.
//
//   const talk = new DatagramTalk();
//   const client = talk.client(1);
//   client.sends("ping");
//   talk.play.expect("open one:80", "socket 1 gets ping");
//   talk.socket(1).sends("pong");
//   talk.play.expect(client.gets("pong"));

import { type Fault, fault } from "../../src/base/fault.ts";
import type { ServerPlan, UdpPlan } from "../../src/config/plan.ts";
import { Datagrams } from "../../src/flow/datagram.ts";
import type { DatagramDoor, DatagramFlow, DatagramLine, DatagramPort } from "../../src/flow/datagramport.ts";
import type { DatagramSession } from "../../src/flow/datagramsession.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";

export interface TalkOptions extends PlanOptions {
  readonly udp?: Partial<UdpPlan>;
}

export interface TalkClient {
  sends(text: string): void;
  /** It is sent this. */
  gets(text: string): string;
}

const address = "192.0.2.1";

export class DatagramTalk implements DatagramPort {
  readonly play: Playbook;
  readonly listener: Datagrams;
  /** In the order that they ended. */
  readonly reports: DatagramSession[] = [];
  /** Descriptors are left. */
  isRoomy = true;
  /** What is sent to clients finds no room in the kernel. */
  isFull = false;
  /** What opening the next socket ends in. */
  nextFault: Fault | null = null;
  readonly #sockets: ServerSocket[] = [];

  constructor(options: TalkOptions = {}) {
    this.play = new Playbook(udpOptions(options));
    const { context, totals } = this.play;
    const report = (session: DatagramSession): void => {
      this.reports.push(session);
      this.play.note("", `report ${session.serverName} ${session.fault?.code ?? "over"}`);
    };
    this.listener = new Datagrams({ context, port: this, totals, report }, 0, this.door(""));
  }

  reload(options: TalkOptions): void {
    this.play.reload(udpOptions(options));
  }

  // ---- what sessions say ----

  connect(server: ServerPlan, flow: DatagramFlow): DatagramLine | Fault {
    const failed = this.nextFault;
    this.nextFault = null;
    this.play.note("", failed === null ? `open ${server.name}` : `open ${server.name} fails`);
    if (failed !== null) return failed;
    const socket = new ServerSocket(this.play, `socket ${this.#sockets.length + 1}`, flow);
    this.#sockets.push(socket);
    return socket;
  }

  hasRoom(): boolean {
    return this.isRoomy;
  }

  /** A way back to clients; `name` tells it from the listener's own. */
  door(name: string): DatagramDoor {
    return {
      send: (bytes, _address, port) => {
        this.play.note("", `client ${port} gets ${textOf(bytes)}${name && ` by ${name}`}`);
        return !this.isFull;
      },
      close: () => {
        if (name !== "") this.play.note("", `${name} closed`);
      },
    };
  }

  // ---- what happens ----

  /** A client on that port. */
  client(port: number): TalkClient {
    return {
      sends: (text) => this.listener.received(bytesOf(text), address, port),
      gets: (text) => `client ${port} gets ${text}`,
    };
  }

  /** The n-th socket that was opened towards a server. */
  socket(number: number): ServerSocket {
    return this.#sockets[number - 1]!;
  }
}

/** A conversation with one client, whose session is at the first server, which has answered. */
export function answered(options: TalkOptions = {}): { talk: DatagramTalk; play: Playbook; client: TalkClient } {
  const talk = new DatagramTalk(options);
  const client = talk.client(1);
  client.sends("ping");
  talk.socket(1).sends("pong");
  talk.play.take();
  return { talk, play: talk.play, client };
}

/** A server, as far as one session's socket knows it. */
class ServerSocket implements DatagramLine {
  /** What is sent finds no room in the kernel. */
  isFull = false;
  readonly #play: Playbook;
  readonly #name: string;
  readonly #flow: DatagramFlow;

  constructor(play: Playbook, name: string, flow: DatagramFlow) {
    this.#play = play;
    this.#name = name;
    this.#flow = flow;
  }

  send(bytes: Uint8Array): boolean {
    this.#play.note("", `${this.#name} gets ${textOf(bytes)}`);
    return !this.isFull;
  }

  close(): void {
    this.#play.note("", `${this.#name} closed`);
  }

  /** The server answers. */
  sends(text: string): void {
    this.#flow.received(bytesOf(text));
  }

  /** ICMP says that nobody listens there. */
  refuses(): void {
    this.#flow.refused(fault("connect_refused"));
  }
}

function udpOptions(options: TalkOptions): PlanOptions {
  const udp = { requestsMax: 0, responsesMax: 0, ...options.udp };
  return {
    ...options,
    listener: { mode: "udp", udp, ...options.listener },
    downstream: { tunnelMs: 60_000, ...options.downstream },
  };
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
