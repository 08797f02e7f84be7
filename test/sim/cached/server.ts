// A simulated server of resources: says what is true at the moment at which it is asked, answers conditions, and breaks off, fails or
// falls silent where the world has that.

import { fieldOf, Malformed, type Message, MessageReader } from "../message.ts";
import type { End } from "../network.ts";
import { Script } from "../script.ts";
import type { Swarm } from "../swarm.ts";
import { Violation, type World } from "../world.ts";
import type { Resource, Truth } from "./truth.ts";

export class CachedServer {
  readonly #world: World;
  readonly #truth: Truth;
  readonly #swarmNow: () => Swarm;
  readonly #end: End;
  readonly #script: Script;
  readonly #reader = new MessageReader(false);

  constructor(world: World, truth: Truth, swarmNow: () => Swarm, end: End) {
    this.#world = world;
    this.#truth = truth;
    this.#swarmNow = swarmNow;
    this.#end = end;
    this.#script = new Script(world, end);
    this.#reader.onMessage = (message) => this.#answer(message);
    end.ears = {
      data: (bytes) => this.#data(bytes),
      writable: () => this.#script.run(),
      end: () => {
        this.#script.stop();
        world.after(1, () => end.close());
      },
      closed: () => this.#script.stop(),
    };
  }

  #data(bytes: Uint8Array): void {
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (error instanceof Malformed) throw new Violation(`a server was sent what is malformed: ${error.message}`);
      throw error;
    }
  }

  #answer(message: Message): void {
    const world = this.#world;
    const swarm = this.#swarmNow();
    const [method, target] = message.start;
    const resource = this.#truth.find(target);
    this.#script.wait(world.skewed(0, swarm.originSlow ? 2_000 : 100));
    // What is said is what is true when it begins to be said.
    this.#script.act(() => this.#say(message, method, resource));
    this.#script.run();
  }

  #say(message: Message, method: string, resource: Resource): void {
    const world = this.#world;
    const swarm = this.#swarmNow();
    const isBad = swarm.originBad.length > 0 && world.chance(swarm.originBadShare / 2);
    if (isBad && world.chance(0.4)) {
      world.note("server", `fails ${resource.path}`);
      this.#script.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
      return;
    }
    resource.asked++;
    const whole = this.#responseTo(message, method, resource);
    world.note("server", `says ${method} ${resource.path} ${resource.version} ${whole.subarray(9, 12).toString()}`);
    if (!isBad) {
      const middle = world.between(0, whole.length);
      this.#script.send(whole.subarray(0, middle)).wait(world.skewed(0, 300)).send(whole.subarray(middle));
      if (resource.habits.framing === "close") this.#script.act(() => this.#end.close());
      return;
    }
    const fault = world.pick(["silent", "reset", "truncate"] as const);
    if (fault === "silent") return;
    this.#script.send(whole.subarray(0, world.between(0, whole.length - 1)));
    // An end by FIN of what has no length could be taken for the real one.
    const isVisible = resource.habits.framing !== "close" && fault === "truncate";
    this.#script.act(() => (isVisible ? this.#end.close() : this.#end.reset()));
  }

  #responseTo(message: Message, method: string, resource: Resource): Buffer {
    const { habits } = resource;
    const variant = fieldOf(message, "x-variant") ?? "";
    const user = fieldOf(message, "x-user") ?? "";
    if (method === "PUT")
      return Buffer.from(`HTTP/1.1 200 OK\r\nX-Version: ${resource.change()}\r\nContent-Length: 0\r\n\r\n`);
    const { version } = resource;
    const content = resource.content(version, variant, user);
    const fields = [
      `Date: ${new Date(this.#world.wallMs).toUTCString()}`,
      `Cache-Control: ${controlOf(resource)}`,
      `X-Path: ${resource.path}`,
      `X-Version: ${version}`,
      `X-For: ${variant} ${user}`,
      ...(habits.hasEtag ? [`ETag: ${resource.etag(version, variant, user)}`] : []),
      ...(habits.isVarying ? ["Vary: X-Variant"] : []),
    ];
    const isSame = habits.hasEtag && fieldOf(message, "if-none-match") === resource.etag(version, variant, user);
    if (isSame) return Buffer.from(`HTTP/1.1 304 Not Modified\r\n${fields.join("\r\n")}\r\n\r\n`);
    const isBare = method === "HEAD";
    if (habits.framing === "length" || isBare) fields.push(`Content-Length: ${content.length}`);
    if (habits.framing === "chunked" && !isBare) fields.push("Transfer-Encoding: chunked");
    if (habits.framing === "close") fields.push("Connection: close");
    const head = Buffer.from(`HTTP/1.1 200 OK\r\n${fields.join("\r\n")}\r\n\r\n`, "latin1");
    if (isBare) return head;
    if (habits.framing !== "chunked") return Buffer.concat([head, content]);
    const chunk =
      content.length === 0 ? [] : [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from("\r\n")];
    return Buffer.concat([head, ...chunk, Buffer.from("0\r\n\r\n")]);
  }
}

function controlOf({ habits }: Resource): string {
  if (habits.kind === "private") return "private, max-age=100";
  if (habits.kind === "none") return "no-store";
  if (habits.kind === "always") return "no-cache, max-age=100";
  const parts = [`max-age=${habits.maxAgeS}`];
  if (habits.whileRevalidateS > 0) parts.push(`stale-while-revalidate=${habits.whileRevalidateS}`);
  if (habits.ifErrorS > 0) parts.push(`stale-if-error=${habits.ifErrorS}`);
  return parts.join(", ");
}
