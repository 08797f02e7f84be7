// A client of a cached world: asks for resources in all the ways in which browsers do, and judges each answer by the truth. What must never
// be: another's private answer, one that is older than is allowed, a body under the head of another, one that was outdated by a
// write that somebody knew of when they asked.

import { digestOf, fieldOf, Malformed, type Message, MessageReader } from "../message.ts";
import type { Way } from "../network.ts";
import { Script } from "../script.ts";
import type { Swarm } from "../swarm.ts";
import { Violation, type World } from "../world.ts";
import type { Resource, Truth } from "./truth.ts";

interface Asked {
  readonly resource: Resource;
  readonly method: "GET" | "HEAD" | "PUT";
  readonly variant: string;
  /** It wants an answer that was not given before it asked. */
  readonly isReload: boolean;
  readonly isOnlyIfCached: boolean;
  readonly condition: number;
  readonly range: readonly [number, number] | null;
  atMs: number;
}

/** A date tells whole seconds, and an answer has a way to go. */
const slackMs = 3_000;

export class Visitor {
  readonly name: string;
  readonly #world: World;
  readonly #end: Way;
  readonly #script: Script;
  readonly #reader = new MessageReader(true);
  readonly #user: string;
  readonly #asks: Asked[];
  #next = 0;
  readonly #isStrict: boolean;
  answered = 0;
  isDone = false;

  /** `isStrict`: nothing is wrong in this world now, so that all must be answered, and nothing is stale by an error. */
  constructor(
    world: World,
    truth: Truth,
    swarm: Swarm,
    name: string,
    end: Way,
    isStrict: boolean,
    only: Resource | null = null,
  ) {
    this.#world = world;
    this.#end = end;
    this.name = name;
    this.#isStrict = isStrict;
    this.#user = `u${world.between(1, 3)}`;
    const count = only === null ? world.between(1, 5) : 1;
    this.#asks = Array.from({ length: count }, () => (only === null ? this.#draw(truth) : plain(only)));
    this.#script = new Script(world, end);
    this.#reader.methodOf = () => this.#asks[this.#next]!.method;
    this.#reader.onMessage = (message) => this.#message(message);
    end.ears = {
      data: (bytes) => this.#data(swarm, bytes),
      writable: () => this.#script.run(),
      end: () => this.#closed(false),
      closed: (isReset) => this.#closed(isReset),
    };
    if (swarm.clientAborts && !isStrict && world.chance(0.3))
      world.after(world.skewed(0, 3_000), () => {
        this.isDone = true;
        this.#script.stop();
        if (!end.isClosed) end.reset();
      });
    this.#ask();
  }

  #draw(truth: Truth): Asked {
    const world = this.#world;
    const resource = world.pick(truth.resources);
    const method = world.chance(0.85) ? "GET" : world.pick(["HEAD", "PUT"] as const);
    const from = world.between(0, 500);
    return {
      ...plain(resource),
      method,
      variant: world.pick(["a", "b"]),
      isReload: world.chance(0.1),
      isOnlyIfCached: method === "GET" && world.chance(0.03),
      condition: world.chance(0.2) ? Math.max(1, resource.version - world.between(0, 2)) : 0,
      range: method === "GET" && world.chance(0.1) ? [from, from + world.between(0, 500)] : null,
    };
  }

  #ask(): void {
    const ask = this.#asks[this.#next]!;
    const { resource, method, variant } = ask;
    const fields = ["Host: sim.test", `X-Variant: ${variant}`, `X-User: ${this.#user}`];
    if (ask.isReload) fields.push("Cache-Control: no-cache");
    else if (ask.isOnlyIfCached) fields.push("Cache-Control: only-if-cached");
    if (ask.condition > 0 && method !== "PUT")
      fields.push(`If-None-Match: ${resource.etag(ask.condition, variant, this.#user)}`);
    if (ask.range !== null) fields.push(`Range: bytes=${ask.range[0]}-${ask.range[1]}`);
    this.#script.act(() => {
      ask.atMs = this.#world.nowMs;
      this.#world.note(this.name, `asks ${method} ${resource.path} ${fields.slice(1).join("; ")}`);
    });
    this.#script.send(`${method} ${resource.path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`).run();
  }

  #data(swarm: Swarm, bytes: Uint8Array): void {
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (error instanceof Malformed) throw new Violation(`${this.name} was sent what is malformed: ${error.message}`);
      throw error;
    }
    if (!swarm.clientSlow || !this.#world.chance(0.3) || this.#end.isClosed) return;
    this.#end.pause();
    this.#world.after(this.#world.between(1, 300), () => this.#end.resume());
  }

  #message(message: Message): void {
    const ask = this.#asks[this.#next]!;
    this.answered++;
    this.#judge(ask, message, Number(message.start[1]));
    const isLast = fieldOf(message, "connection")?.toLowerCase() === "close";
    if (++this.#next === this.#asks.length || isLast) {
      this.isDone = true;
      this.#world.after(this.#world.skewed(0, 20), () => this.#end.close());
      return;
    }
    this.#script.wait(this.#world.skewed(0, 1_500)).act(() => this.#ask());
    this.#script.run();
  }

  #judge(ask: Asked, message: Message, status: number): void {
    const { resource, method, variant } = ask;
    const what = `${this.name}: ${status} for ${method} ${resource.path}, asked at ${ask.atMs.toFixed(1)},`;
    this.#world.note(
      this.name,
      `has ${status} ${fieldOf(message, "x-version") ?? ""} ${fieldOf(message, "cache-status") ?? ""}`,
    );
    if (status >= 500) {
      if (this.#isStrict && !(ask.isOnlyIfCached && status === 504))
        throw new Violation(`${what} though nothing is wrong`);
      return;
    }
    const version = Number(fieldOf(message, "x-version"));
    if (method === "PUT") return resource.wrote(version);
    if (status === 416) return;
    if (fieldOf(message, "x-path") !== resource.path)
      throw new Violation(`${what} is about ${fieldOf(message, "x-path")}`);
    const [ofVariant, ofUser] = (fieldOf(message, "x-for") ?? "").split(" ");
    if (resource.habits.isVarying && ofVariant !== variant) throw new Violation(`${what} is of variant ${ofVariant}`);
    if (resource.habits.kind === "private" && ofUser !== this.#user)
      throw new Violation(`${what} is the private one of ${ofUser}`);
    this.#judgeAge(ask, version, what);
    if (status === 304) {
      const etag = fieldOf(message, "etag");
      if (ask.condition === 0 || etag !== resource.etag(ask.condition, variant, this.#user))
        throw new Violation(`${what} is no answer to its condition`);
    } else this.#judgeBody(ask, message, status, version, what);
  }

  #judgeAge({ resource, isReload, atMs }: Asked, version: number, what: string): void {
    const { habits } = resource;
    const written = resource.writtenBefore(atMs);
    if (version < written)
      throw new Violation(`${what} is version ${version}, though ${written} was known to be written`);
    const lateMs = resource.outdatedMs(version, atMs);
    const isUnshared = habits.kind !== "public" || isReload;
    const ifErrorS = this.#isStrict ? 0 : habits.ifErrorS;
    const allowedMs = isUnshared ? 0 : (habits.maxAgeS + Math.max(habits.whileRevalidateS, ifErrorS)) * 1000 + slackMs;
    if (lateMs > allowedMs)
      throw new Violation(
        `${what} is version ${version}, outdated for ${lateMs.toFixed(0)} ms, of which ${allowedMs} are allowed`,
      );
  }

  #judgeBody(
    { resource, method, variant, range }: Asked,
    message: Message,
    status: number,
    version: number,
    what: string,
  ): void {
    if (method === "HEAD") return;
    const whole = resource.content(version, variant, this.#user);
    if (status !== 206) {
      if (digestOf(whole) !== digestOf(message.body))
        throw new Violation(`${what} has another body: ${message.body.length} bytes, not ${whole.length}`);
      return;
    }
    const said = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(fieldOf(message, "content-range") ?? "");
    const [first, last, length] = [1, 2, 3].map((part) => Number(said?.[part]));
    const isAsked = range !== null && first === range[0] && last === Math.min(range[1], whole.length - 1);
    if (!isAsked || length !== whole.length || digestOf(whole.subarray(first, last! + 1)) !== digestOf(message.body))
      throw new Violation(`${what} is not the part that was asked for`);
  }

  #closed(isReset: boolean): void {
    if (!this.isDone && !isReset && this.#reader.end()) {
      if (this.isDone) return;
    }
    if (this.#isStrict && !this.isDone)
      throw new Violation(`${this.name} was left in the middle though nothing is wrong`);
    this.isDone = true;
    this.#script.stop();
    if (!isReset) this.#world.after(1, () => this.#end.close());
  }
}

function plain(resource: Resource): Asked {
  return {
    resource,
    method: "GET",
    variant: "a",
    isReload: false,
    isOnlyIfCached: false,
    condition: 0,
    range: null,
    atMs: 0,
  };
}
