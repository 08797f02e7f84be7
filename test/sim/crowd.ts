// The HTTP half of a world: clients that come with their requests, and the servers that answer them. It draws who comes, and
// knows what each has asked for; where connections lead is said by the run it belongs to.

import type { Context } from "../../src/flow/context.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import { sessionOn } from "../../src/flow/entrance.ts";
import type { Exchange } from "../../src/flow/exchange.ts";
import { makeClient, makeClientTls } from "../playbook/client.ts";
import { Client } from "./client.ts";
import { type SimDriver, SimLine } from "./driver.ts";
import { Http2Client } from "./http2/client.ts";
import { Http2Origin } from "./http2/origin.ts";
import { Http2Stranger } from "./http2/stranger.ts";
import { connect, type End } from "./network.ts";
import { OriginConnection } from "./origin.ts";
import { Register, type Request } from "./requests.ts";
import { Flooder, Stranger } from "./stranger.ts";
import { hasLargeBodies, type Swarm } from "./swarm.ts";
import type { World } from "./world.ts";

export class Crowd {
  readonly #world: World;
  readonly #register: Register;
  readonly clients: (Client | Stranger | Flooder | Http2Client | Http2Stranger)[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#register = new Register(world);
  }

  get answered(): number {
    return this.clients.reduce((sum, client) => sum + client.answered, 0);
  }

  get isDone(): boolean {
    return this.clients.every((client) => client.isDone);
  }

  /** A client comes: a well-behaved one, or, while there are faults, perhaps another. */
  arrive(swarm: Swarm, driver: SimDriver, context: Context, listener: number, canBeCertain = true): void {
    const world = this.#world;
    const name = `client-${this.clients.length + 1}`;
    const [near, far] = connect(world, swarm, name);
    const line = new SimLine(driver, near);
    const address = `192.0.2.${world.between(1, 9)}`;
    driver.tell(() => {
      line.flow = new Downstream(context, context.site.listeners[listener]!, line, makeClient(address));
    });
    if (swarm.clientMalformed && world.chance(0.3)) {
      this.clients.push(new Stranger(world, name, far));
      return;
    }
    if (swarm.clientFloods && swarm.requestsMax === 0 && world.chance(0.3)) {
      this.clients.push(new Flooder(world, swarm, name, far));
      return;
    }
    const count = world.skewed(1, 6);
    const requests: Request[] = [];
    for (let index = 1; index <= count; index++) requests.push(this.#register.make(swarm, name, index === count));
    const isStrict = canBeCertain && this.#isCertain(swarm);
    this.clients.push(new Client(world, swarm, name, far, requests, isStrict));
  }

  /** A client comes that speaks HTTP/2, by agreement or because it knows. */
  arriveByHttp2(swarm: Swarm, driver: SimDriver, context: Context, listener: number, canBeCertain: boolean): void {
    const world = this.#world;
    const name = `client-${this.clients.length + 1}`;
    const [near, far] = connect(world, swarm, name);
    const line = new SimLine(driver, near);
    const tls = world.chance(0.5) ? makeClientTls({ alpn: "h2" }) : null;
    const client = makeClient(`192.0.2.${world.between(1, 9)}`, { tls });
    driver.tell(() => {
      line.flow = sessionOn(context, context.site.listeners[listener]!, line, client);
    });
    if (swarm.clientMalformed && world.chance(0.3)) {
      this.clients.push(new Http2Stranger(world, name, far));
      return;
    }
    const requests: Request[] = [];
    const kept = { ...swarm, http10: false, upgrades: false };
    for (let count = world.skewed(1, 20); count > 0; count--) requests.push(this.#register.make(kept, name, false));
    const isStrict = canBeCertain && isHurried(swarm) && this.#isCertain(swarm);
    this.clients.push(new Http2Client(world, swarm, name, far, requests, isStrict));
  }

  /** At the end of all. */
  judgeReports(): void {
    for (const client of this.clients) if (client instanceof Http2Client) client.judgeReports();
  }

  /** Whether nothing exists just now that would excuse an error or a lost answer. A reload does not. */
  #isCertain(swarm: Swarm): boolean {
    if (swarm.originBad.length > 0 || swarm.refuses || swarm.hangs || swarm.flaps || swarm.drains) return false;
    if (swarm.requestsMax > 0 || swarm.queueLength <= 12) return false;
    // Where each waits for all before it, nobody may take long.
    return (swarm.serverLimit === 0 || isHurried(swarm)) && this.#world.chance(0.8);
  }

  /** A server has accepted: it answers at the end that is given. */
  serve(swarmNow: () => Swarm, end: End): void {
    new OriginConnection(this.#world, swarmNow, this.#register, end);
  }

  /** One that is asked by HTTP/2. */
  serveByHttp2(swarmNow: () => Swarm, end: End): void {
    new Http2Origin(this.#world, swarmNow, this.#register, end);
  }

  reported(exchange: Exchange): void {
    const { head } = exchange;
    const text = Buffer.from(head.bytes.subarray(head.start, head.end)).toString("latin1");
    this.#world.note("report", `${exchange.status} ${exchange.fault?.code ?? ""}`);
    this.#register.reported(/\r\nX-Id: (\w+)\r\n/i.exec(text)?.[1]);
  }
}

function isHurried(swarm: Swarm): boolean {
  return (
    swarm.delayMsMax < 100 &&
    !hasLargeBodies(swarm) &&
    swarm.windowBytes > 8192 &&
    !swarm.clientSlow &&
    !swarm.clientStalls &&
    !swarm.clientVanishes &&
    !swarm.clientFloods
  );
}
