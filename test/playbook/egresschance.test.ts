// Whatever happens to requests that go out by an egress pool, and in whatever order: once all is over nothing is held, nobody waits, and
// nothing is left over.

import { expect, test } from "bun:test";
import { faultWith } from "../../src/base/fault.ts";
import { Prng } from "../../src/base/prng.ts";
import type { EgressPlan } from "../../src/config/plan.ts";
import { memberWord, recordWord } from "../../src/memory/egress.ts";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { egressPlan, egressProxy } from "./egresses.ts";
import { connect } from "./proxies.ts";
import { ok } from "./words.ts";

const rounds = 150;
const steps = 60;
const hosts = ["a.example", "b.example", "8.8.8.8", "unknown.example", "10.0.0.1"];
const members = [
  "192.0.2.1",
  "192.0.2.2",
  "2001:db8::1",
  "gateway 192.0.2.3 19003",
  "http://p:q@203.0.113.9:3128",
  "http://named.example:3128",
  "socks5://203.0.113.9:1080",
];
const faults = [
  "connect_refused",
  "connect_timeout",
  "tls_refused",
  "source_unusable",
  "hop_refused",
  "hop_unreachable",
] as const;
const answers = [
  ok("hello"),
  ok("", "Connection: close"),
  "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal",
  "nonsense\r\n\r\n",
];

class Round {
  readonly #prng: Prng;
  readonly #play: Playbook;
  readonly #clients: Actor[] = [];
  readonly #servers: Actor[] = [];

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    this.#play = new Playbook(egressProxy({ egress: this.#plan(), proxy: { fields: true } }));
    this.#play.names.set("a.example", ["8.8.8.8", "2600::1"]);
    this.#play.names.set("b.example", ["8.8.4.4"]);
  }

  #of<T>(all: readonly T[]): T {
    return all[this.#prng.below(all.length)]!;
  }

  #plan(): EgressPlan {
    const count = 1 + this.#prng.below(members.length);
    const some = members.slice().sort(() => this.#prng.below(3) - 1);
    return egressPlan(some.slice(0, count), {
      choose: this.#of(["random", "roundRobin", "leastUsed"]),
      whenNone: this.#of(["refuse", "soonest", "direct"]),
      waitMs: this.#of([0, 300]),
      pace: { intervalMs: this.#of([0, 200]), concurrencyMax: this.#of([0, 1]) },
      session: this.#of([null, { lifetimeMs: 1_000, idleMs: 0, requestsMax: 2, bytesMax: 0 }]),
    });
  }

  #request(): string {
    const host = this.#of(hosts);
    const key = this.#of(["", "X-Egress-Key: k1\r\n"]);
    switch (this.#prng.below(4)) {
      case 0:
        return connect(`${host}:443`);
      case 1:
        return `GET / HTTP/1.1\r\nHost: p\r\nX-Egress-Scheme: ${this.#of(["http", "https"])}\r\nX-Egress-Host: ${host}\r\n${key}\r\n`;
      case 2:
        return `POST http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n${key}Content-Length: 5\r\n\r\nhe`;
      default:
        return `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n${key}\r\n`;
    }
  }

  #step(): void {
    const play = this.#play;
    const clients = this.#clients.filter(({ flow }) => flow !== null);
    const servers = this.#servers.filter(({ flow }) => flow !== null);
    switch (this.#prng.below(9)) {
      case 0: {
        const client = play.connect();
        this.#clients.push(client);
        return client.sends(this.#request());
      }
      case 1:
      case 2:
        if (play.dialing > 0) this.#servers.push(play.accept());
        return;
      case 3:
        if (play.dialing > 0) play.refuse(faultWith(this.#of(faults), this.#of(["x", "EMFILE"])));
        return;
      case 4:
      case 5:
        if (servers.length > 0) this.#of(servers).sends(this.#of(answers));
        return;
      case 6:
        if (servers.length > 0) this.#of(servers).closes(this.#of([true, false]));
        return;
      case 7:
        if (clients.length > 0) this.#of(clients).closes(this.#of([true, false]));
        else if (play.looking > 0) play.resolved(...this.#of([[], ["8.8.8.8"], ["10.0.0.1"]]));
        return;
      default:
        play.pass(this.#of([10, 100, 1_000]));
    }
  }

  run(): void {
    const play = this.#play;
    for (let step = 0; step < steps; step++) this.#step();
    for (const client of this.#clients) if (client.flow !== null) client.closes();
    while (play.dialing > 0) play.refuse();
    play.pass(6_000);
    play.expectNothingLeft();
    const board = play.memory.board("out");
    board.members((row, id) => expect([id, board.words[row + memberWord.active]]).toEqual([id, 0]));
    board.records("pair", (pair) => expect(board.words[pair + recordWord.active]).toBe(0));
  }
}

test("by chance", () => {
  for (let seed = 1; seed <= rounds; seed++) {
    try {
      new Round(seed).run();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).stack}`);
    }
  }
}, 30_000);
