// A simulated client: sends its requests, reads the answers and judges them. A well-behaved one must get, for each request and
// in order, either the answer of a server that had exactly this request, whole, or an error of the proxy's own, or a
// connection that visibly broke. Some clients are slow, leave, or fall silent; some send what nobody should accept.

import { judgeAnswer } from "./answer.ts";
import { contentOf, digestOf, fieldOf, Malformed, type Message, MessageReader } from "./message.ts";
import type { End } from "./network.ts";
import type { Request } from "./requests.ts";
import { Script } from "./script.ts";
import type { Swarm } from "./swarm.ts";
import { Violation, type World } from "./world.ts";

export class Client {
  readonly name: string;
  readonly #world: World;
  readonly #swarm: Swarm;
  readonly #end: End;
  readonly #script: Script;
  readonly #reader = new MessageReader(true);
  readonly #requests: Request[];
  readonly #isPipelining: boolean;
  readonly #isStrict: boolean;
  readonly #hasHalfClose: boolean;
  /** Requests that were begun to be sent and are not answered. */
  readonly #expected: Request[] = [];
  #next = 0;
  #isContinued = false;
  #isLastAnswer = false;
  #tunnel: { sent: Uint8Array; received: Uint8Array[]; isServerFirst: boolean } | null = null;
  #hasShut = false;
  answered = 0;
  isDone = false;

  constructor(world: World, swarm: Swarm, name: string, end: End, requests: Request[], isStrict: boolean) {
    this.#world = world;
    this.#swarm = swarm;
    this.name = name;
    this.#end = end;
    this.#requests = requests;
    this.#isStrict = isStrict;
    this.#isPipelining = swarm.pipelining && world.chance(0.5);
    this.#hasHalfClose = swarm.clientHalfCloses && world.chance(0.5);
    this.#script = new Script(world, end);
    if (swarm.clientSlow && world.chance(0.4)) {
      this.#script.dripBytes = world.between(isStrict ? 500 : 100, 2000);
      this.#script.dripMs = world.between(1, 50);
    }
    this.#reader.methodOf = () => this.#expected[0]?.method ?? "GET";
    this.#reader.onInterim = () => this.#interim();
    this.#reader.onHead = (message) => this.#head(message);
    this.#reader.onMessage = (message) => this.#message(message);
    end.ears = {
      data: (bytes) => this.#data(bytes),
      writable: () => this.#script.run(),
      end: () => this.#ended(),
      closed: (isReset) => this.#closed(isReset),
    };
    if (!isStrict) this.#misbehave();
    if (this.#isPipelining) for (const request of requests) this.#say(request);
    else this.#sayNext();
    this.#script.run();
  }

  #misbehave(): void {
    const { clientAborts, clientVanishes, clientStalls } = this.#swarm;
    const world = this.#world;
    if (clientAborts && world.chance(0.4)) {
      world.after(world.skewed(0, 3_000), () => {
        world.note(this.name, "aborts");
        if (this.#end.isClosed) return;
        if (world.chance(0.5)) this.#end.reset();
        else this.#end.close();
        this.#stop();
      });
    }
    if (clientVanishes && world.chance(0.3)) {
      world.after(world.skewed(0, 2_000), () => {
        world.note(this.name, "vanishes");
        this.#end.pause();
        this.#end.ears = null;
        this.#stop();
      });
    }
    if (clientStalls && world.chance(0.5)) {
      world.after(world.skewed(0, 1_000), () => {
        if (this.#end.isClosed) return;
        this.#end.pause();
        world.after(world.skewed(10, 20_000), () => this.#end.resume());
      });
    }
  }

  #sayNext(): void {
    if (this.#next < this.#requests.length) this.#say(this.#requests[this.#next]!);
  }

  #say(request: Request): void {
    this.#next++;
    const script = this.#script;
    script.act(() => {
      this.#isContinued = false;
      this.#expected.push(request);
      this.#world.note(this.name, `says ${request.method} ${request.id}`);
    });
    if (request.isContinueExpected) {
      script.send(request.head);
      let isLate = false;
      script.act(() =>
        this.#world.after(1_000, () => {
          isLate = true;
          script.run();
        }),
      );
      script.gate(() => isLate || this.#isContinued || !this.#expected.includes(request));
      script.send(request.framed);
    } else script.send(Buffer.concat([Buffer.from(request.head, "latin1"), request.framed]));
    if (this.#next < this.#requests.length || !this.#hasHalfClose || request.isUpgrade) return;
    if (this.#world.chance(0.5)) script.wait(this.#world.skewed(0, 1_000));
    script.act(() => {
      this.#hasShut = true;
      this.#end.shutdown();
    });
  }

  #interim(): void {
    if (this.#expected.length === 0) throw new Violation(`${this.name}: a 1xx for no request`);
    if (this.#expected[0]!.version === "1.0") throw new Violation(`${this.name}: a 1xx for an HTTP/1.0 client`);
    this.#isContinued = true;
    this.#script.run();
  }

  #data(bytes: Uint8Array): void {
    if (this.#tunnel !== null) this.#tunnel.received.push(bytes);
    else this.#read(bytes);
    if (!this.#swarm.clientSlow || !this.#world.chance(0.3) || this.#end.isClosed) return;
    this.#end.pause();
    this.#world.after(this.#world.between(1, 100), () => this.#end.resume());
  }

  #read(bytes: Uint8Array): void {
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (error instanceof Malformed) throw new Violation(`${this.name} was sent what is malformed: ${error.message}`);
      throw error;
    }
  }

  #head(message: Message): void {
    const request = this.#expected[0];
    if (request === undefined) throw new Violation(`${this.name}: an answer to no request: ${message.start.join(" ")}`);
    if (message.start[1] !== "101") return;
    if (!request.isUpgrade) throw new Violation(`${this.name}: 101 for ${request.id}, which did not ask`);
    this.#beginTunnel(request, message);
  }

  #message(message: Message): void {
    if (this.#tunnel !== null) return;
    const request = this.#expected.shift()!;
    this.answered++;
    if (this.#isLastAnswer) throw new Violation(`${this.name}: an answer after Connection: close`);
    judgeAnswer(this.#world, this.#swarm, this.name, request, message, this.#isStrict);
    const connection = fieldOf(message, "connection")?.toLowerCase() ?? "";
    if (connection === "close") this.#isLastAnswer = true;
    if (request.version === "1.0" && connection !== "keep-alive") this.#isLastAnswer = true;
    if (this.#isLastAnswer) {
      // A client that is told of the close may stop in the middle of its request, or go on without hope.
      if (this.#world.chance(0.5)) this.#script.stop();
      return;
    }
    if (!this.#isPipelining) {
      if (this.#script.hasBytes)
        throw new Violation(`${this.name}: ${request.id} was answered before it was sent, without a close`);
      this.#sayNext();
    }
    this.#script.run();
    if (this.#expected.length === 0 && this.#next === this.#requests.length && this.#script.isDone) this.#leave();
  }

  // ---- tunnels ----

  #beginTunnel(request: Request, message: Message): void {
    if (fieldOf(message, "x-echo-id") !== request.id) throw new Violation(`${this.name}: a tunnel to another request`);
    const isServerFirst = fieldOf(message, "x-first") === "server";
    const world = this.#world;
    this.#reader.abandon();
    const sent = contentOf(world.prng.u32(), world.skewed(0, 60_000));
    this.#tunnel = { sent, received: [this.#reader.takeRest()], isServerFirst };
    this.#expected.length = 0;
    this.answered++;
    request.tunneled = digestOf(sent);
    if (world.chance(0.5)) this.#script.dripBytes = 0;
    const middle = world.between(0, sent.length);
    this.#script.send(sent.subarray(0, middle)).wait(world.skewed(0, 200)).send(sent.subarray(middle));
    if (!isServerFirst) this.#script.act(() => this.#end.shutdown());
    this.#script.run();
  }

  /** The server has ended its half. Its bytes must all be there. */
  #tunnelEnded(): void {
    const { sent, received, isServerFirst } = this.#tunnel!;
    const all = Buffer.concat(received);
    if (isServerFirst) {
      const [length, seed] = all.subarray(0, 32).toString("latin1").split(" ").map(Number);
      if (digestOf(all.subarray(32)) !== digestOf(contentOf(seed!, length!)))
        throw new Violation(`${this.name}: the tunnel ended after ${all.length} bytes of ${length! + 32}`);
      this.#script.act(() => {
        this.#end.shutdown();
        this.#stop();
      });
      this.#script.run();
      return;
    }
    if (digestOf(all) !== digestOf(sent))
      throw new Violation(`${this.name}: the tunnel ended after ${all.length} bytes of ${sent.length}`);
    this.#stop();
  }

  // ---- the end ----

  #ended(): void {
    this.#world.note(this.name, "sees FIN");
    if (this.#tunnel !== null) return this.#tunnelEnded();
    this.#reader.end();
    this.#finish();
    this.#world.after(this.#world.skewed(0, 100), () => this.#end.close());
  }

  #closed(isReset: boolean): void {
    this.#world.note(this.name, `sees close${isReset ? " by reset" : ""}`);
    if (isReset && this.#isStrict && this.#tunnel !== null && !this.isDone)
      throw new Violation(`${this.name}: the tunnel was reset though nothing is wrong`);
    if (!isReset && this.#tunnel !== null && !this.isDone) this.#tunnelEnded();
    else if (!isReset) this.#reader.end();
    this.#finish();
  }

  #leave(): void {
    if (!this.#hasShut) {
      const isPatient = this.#world.chance(0.3);
      if (!isPatient) this.#world.after(this.#world.skewed(0, 50), () => this.#end.close());
      this.isDone = true;
    }
  }

  #finish(): void {
    const isCut = this.#isStrict && !this.#isLastAnswer && this.#tunnel === null;
    if (isCut && !this.isDone && this.answered < this.#requests.length)
      throw new Violation(
        `${this.name}: ${this.answered} of ${this.#requests.length} answered though nothing is wrong`,
      );
    this.#stop();
  }

  #stop(): void {
    // What is left of a tunnel's bytes will not come.
    if (this.#script.hasBytes) for (const request of this.#requests) request.tunneled = null;
    this.#script.stop();
    this.isDone = true;
  }
}
