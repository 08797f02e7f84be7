// A simulated server: reads requests as strictly as any, answers each with what lets the client check everything, and, in some
// runs, breaks its word in the ways that servers do. It also judges the proxy: a request reaches it once if it may only
// once, whole or visibly broken, without the fields that stop at a proxy, and never before the last one is answered.

import { coded } from "../playbook/coder.ts";
import { contentOf, digestOf, fieldOf, Malformed, type Message, MessageReader } from "./message.ts";
import type { End } from "./network.ts";
import { bodyOf, chunkedOf, type Register, type Request } from "./requests.ts";
import { Script } from "./script.ts";
import { hasLargeBodies, type OriginFault, type Swarm } from "./swarm.ts";
import { Violation, type World } from "./world.ts";

export class OriginConnection {
  readonly #world: World;
  readonly #swarmNow: () => Swarm;
  readonly #register: Register;
  readonly #end: End;
  readonly #script: Script;
  readonly #reader = new MessageReader(false);
  #request: Request | null = null;
  #fault: OriginFault | null = null;
  #isAnswering = false;
  #isWhole = false;
  #tunnel: Uint8Array[] | null = null;
  #isServerFirst = false;
  #isBroken = false;
  /** Who has logged in over this, or was asked to. */
  #user: string | null = null;

  constructor(world: World, swarmNow: () => Swarm, register: Register, end: End) {
    this.#world = world;
    this.#swarmNow = swarmNow;
    this.#register = register;
    this.#end = end;
    this.#script = new Script(world, end);
    this.#reader.onHead = (message) => this.#head(message);
    this.#reader.onMessage = (message) => this.#message(message);
    end.ears = {
      data: (bytes) => this.#data(bytes),
      writable: () => this.#script.run(),
      end: () => this.#ended(),
      closed: (isReset) => {
        if (!isReset) this.#judgeTunnel();
        this.#script.stop();
      },
    };
    if (this.#isBad("closeAtOnce")) world.after(world.skewed(0, 50), () => this.#close());
  }

  get #swarm(): Swarm {
    return this.#swarmNow();
  }

  #isBad(which: OriginFault): boolean {
    return this.#swarm.originBad.includes(which) && this.#world.chance(this.#swarm.originBadShare / 4);
  }

  #close(): void {
    if (this.#end.isClosed) return;
    this.#isBroken = true;
    this.#script.stop();
    // An end inside a body without a length, or inside a tunnel, could be taken for the real one.
    if (!this.#isAnswering && this.#tunnel === null && this.#world.chance(0.5)) this.#end.close();
    else this.#end.reset();
  }

  #data(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    if (this.#swarm.originSlow && this.#world.chance(0.3)) {
      this.#end.pause();
      this.#world.after(this.#world.between(1, 100), () => this.#end.resume());
    }
    if (this.#tunnel !== null) return this.#tunnelData(bytes);
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (error instanceof Malformed) throw new Violation(`a server was sent what is malformed: ${error.message}`);
      throw error;
    }
  }

  #head(message: Message): void {
    if (message.start[1] === "/flood") return this.#answerFlood();
    if (fieldOf(message, "x-id") === undefined && message.start[1] === "/") {
      // A stranger's: its head was fine, and what is wrong comes behind it.
      this.#isBroken = true;
      return;
    }
    if (this.#request !== null) throw new Violation(`a server was sent a request before it had answered the last one`);
    const request = this.#register.arrived(fieldOf(message, "x-id"));
    this.#world.note("origin", `has ${request.id}`);
    this.#judgeUser(request, fieldOf(message, "authorization"));
    this.#request = request;
    this.#isWhole = false;
    this.#isAnswering = false;
    const [method, target] = message.start;
    if (method !== request.method || target !== request.target)
      throw new Violation(`${request.id} became ${method} ${target}`);
    if (fieldOf(message, "host") !== "sim.test") throw new Violation(`${request.id} came with another Host`);
    const mayHop = request.head.includes("Connection: x-hop") || request.head.toLowerCase().includes(", x-hop");
    if (mayHop && fieldOf(message, "x-hop") !== undefined)
      throw new Violation(`${request.id} came with a field that Connection named`);
    const { originBad, originBadShare } = this.#swarm;
    this.#fault = originBad.length > 0 && this.#world.chance(originBadShare) ? this.#world.pick(originBad) : null;
    if (this.#fault === "early" || this.#fault === "earlyClose") return this.#answer(request);
    if (request.isContinueExpected)
      this.#script.wait(this.#world.skewed(0, 50)).send("HTTP/1.1 100 Continue\r\n\r\n").run();
  }

  /** Whatever comes over the connection of one who has logged in is answered as to that one. */
  #judgeUser(request: Request, credentials: string | undefined): void {
    if (this.#user !== null && this.#user !== request.sender)
      throw new Violation(`${request.id} of ${request.sender} came over the connection of ${this.#user}`);
    if (credentials === undefined) return;
    if (credentials.split(" ")[1] !== request.sender) throw new Violation(`${request.id} came with another's login`);
    this.#user = request.sender;
  }

  #message(message: Message): void {
    const request = this.#request;
    if (this.#isBroken || request === null) return;
    if (digestOf(message.body) !== request.bodyDigest)
      throw new Violation(
        `${request.id} arrived with another body, ${message.body.length} bytes of ${request.body.length}`,
      );
    this.#isWhole = true;
    if (!this.#isAnswering) this.#answer(request);
    else if (this.#script.isDone) this.#done();
  }

  /** To a client that asks and asks and reads nothing. */
  #answerFlood(): void {
    this.#script.wait(this.#world.skewed(0, 50));
    this.#script.send(`HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n${"f".repeat(6000)}`).run();
  }

  #answer(request: Request): void {
    this.#isAnswering = true;
    const world = this.#world;
    const script = this.#script;
    script.wait(world.skewed(0, 100));
    if (this.#break(request)) return script.run();
    if (request.isUpgrade && world.chance(0.8)) return this.#upgrade(request);
    for (let hints = world.chance(0.2) ? world.between(1, 3) : 0; hints > 0; hints--)
      script.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").wait(world.skewed(0, 20));
    const { head, body, isClosing, isEndless } = this.#response(
      request,
      world.chance(0.9) ? 200 : world.pick(this.#swarm.logins ? [204, 304, 401, 404, 500] : [204, 304, 404, 500]),
    );
    const middle = world.between(0, body.length);
    script.send(Buffer.concat([Buffer.from(head, "latin1"), body.subarray(0, middle)]));
    if (world.chance(0.3) && middle < body.length) script.wait(world.skewed(0, 500));
    script.send(body.subarray(middle));
    if (this.#fault === "extraBytes" && !isEndless) script.send("surplus");
    script.act(() => {
      if (isClosing || this.#fault === "earlyClose") {
        this.#isBroken = true;
        this.#end.close();
      } else if (this.#isWhole) this.#done();
    });
    script.run();
  }

  /** A whole answer, framed in one of the ways there are. */
  #response(
    request: Request,
    status: number,
  ): { head: string; body: Uint8Array; isClosing: boolean; isEndless: boolean } {
    const world = this.#world;
    const isBodiless = request.method === "HEAD" || status === 204 || status === 304;
    const seed = world.prng.u32();
    const largeShare = hasLargeBodies(this.#swarm) ? 0.3 : 0.1;
    const plain = bodyOf(this.#swarm, seed, world.skewed(0, world.chance(largeShare) ? 400_000 : 5_000));
    // A client that takes a coding may be sent it; a server that sends it nevertheless is none of ours.
    const isCoded = request.head.includes("Accept-Encoding: gzip") && world.chance(0.3);
    const content = isCoded ? coded("gzip", plain) : plain;
    const framing =
      status === 204 ? "none" : world.pick(["length", "length", "chunked", isBodiless ? "length" : "close"]);
    const isClosing = framing === "close" || world.chance(0.1);
    let head = `HTTP/1.1 ${status} Whatever\r\nX-Echo-Id: ${request.id}\r\nX-Body: ${seed}-${plain.length}\r\n`;
    if (status === 401) head += this.#challenge(request);
    if (this.#swarm.isRewriting) head += "Content-Type: text/plain\r\n";
    if (isCoded) head += "Content-Encoding: gzip\r\n";
    if (this.#isWhole) head += `X-Digest: ${request.bodyDigest}\r\n`;
    if (framing === "length") head += `Content-Length: ${content.length}\r\n`;
    if (framing === "chunked") head += "Transfer-Encoding: chunked\r\n";
    if (isClosing && framing !== "close")
      head += world.chance(0.5) ? "Connection: close, X-Hop\r\nX-Hop: 1\r\n" : "Connection: close\r\n";
    head += "\r\n";
    const body = isBodiless ? new Uint8Array(0) : framing === "chunked" ? chunkedOf(world, content, true) : content;
    return { head, body, isClosing, isEndless: framing === "close" };
  }

  /** From here on it takes whoever speaks over this connection for the one that was asked. */
  #challenge(request: Request): string {
    this.#user = request.sender;
    const offers = ["NTLM", "Negotiate", 'Basic realm="sim", NTLM TlRMTVNTUA=='];
    return `WWW-Authenticate: ${this.#world.pick(offers)}\r\n`;
  }

  #done(): void {
    this.#request = null;
    this.#isAnswering = false;
    if (this.#swarm.originBad.includes("closeAfterSome") && this.#world.chance(0.2))
      this.#world.after(this.#world.skewed(0, 200), () => {
        if (this.#request === null) this.#close();
        else if (this.#world.chance(0.5)) this.#close();
      });
  }

  /** Break the server's word; false when it is kept. */
  #break(request: Request): boolean {
    const script = this.#script;
    const world = this.#world;
    const { head, body } = this.#response(request, 200);
    switch (this.#fault) {
      case "silent":
        return true;
      case "closeAfterRequest":
        script.act(() => this.#close());
        return true;
      case "garbage":
        script.send(
          world.pick(["SSH-2.0-server\r\n", "\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "\u0000\u0001\u0002\u0003"]),
        );
        return true;
      case "badFraming":
        script.send(head.replace("\r\n\r\n", world.pick(badFields))).send(body);
        return true;
      case "interimFlood":
        script.send("HTTP/1.1 102 Processing\r\n\r\n".repeat(100));
        return true;
      case "unaskedUpgrade":
        if (request.isUpgrade) return false;
        script.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n");
        return true;
      case "truncate":
      case "reset":
      case "stall": {
        const whole = Buffer.concat([Buffer.from(head, "latin1"), body]);
        const cut = world.between(1, whole.length - 1);
        // A body that ends with the connection cannot be cut by a FIN: nobody could tell.
        const isByLength = /content-length|transfer-encoding/i.test(head) && body.length > 0;
        const isVisible = isByLength || cut < head.length;
        script.send(whole.subarray(0, cut));
        if (this.#fault === "truncate" && isVisible) script.act(() => this.#quit());
        else if (this.#fault !== "stall") script.act(() => this.#reset());
        return true;
      }
      default:
        return false;
    }
  }

  #quit(): void {
    this.#isBroken = true;
    this.#end.shutdown();
    this.#world.after(1_000, () => this.#end.close());
  }

  #reset(): void {
    this.#isBroken = true;
    this.#end.reset();
  }

  // ---- tunnels ----

  #upgrade(request: Request): void {
    const world = this.#world;
    this.#isServerFirst = world.chance(0.4);
    const first = this.#isServerFirst ? "X-First: server\r\n" : "";
    this.#tunnel = [];
    this.#script.send(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\nX-Echo-Id: ${request.id}\r\n${first}\r\n`,
    );
    if (this.#isServerFirst) {
      const seed = world.prng.u32();
      const content = contentOf(seed, world.skewed(0, 100_000));
      this.#script.send(`${content.length} ${seed} `.padEnd(32)).wait(world.skewed(0, 50)).send(content);
      this.#script.act(() => this.#end.shutdown());
    }
    const rest = this.#reader.takeRest();
    if (rest.length > 0) this.#tunnelData(rest);
    this.#script.run();
  }

  #tunnelData(bytes: Uint8Array): void {
    if (this.#isServerFirst) this.#tunnel!.push(bytes);
    else this.#script.send(bytes).run();
  }

  /** The client's bytes have ended by a FIN: all of them must be here. */
  #judgeTunnel(): void {
    const request = this.#request;
    if (this.#tunnel === null || !this.#isServerFirst || request === null || request.tunneled === null) return;
    if (digestOf(Buffer.concat(this.#tunnel)) !== request.tunneled)
      throw new Violation(`the tunnel of ${request.id} ended before the client's bytes did`);
  }

  #ended(): void {
    if (this.#tunnel !== null && !this.#isServerFirst) this.#script.act(() => this.#end.shutdown()).run();
    else {
      this.#judgeTunnel();
      this.#script.stop();
      this.#world.after(1, () => this.#end.close());
    }
  }
}

const badFields: readonly string[] = [
  "\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
  "\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
  "\r\nTransfer-Encoding: gzip\r\n\r\n",
  "\r\nName : value\r\n\r\n",
  "\r\n folded\r\n\r\n",
  "\nName: value\r\n\r\n",
];
