// The requests of a run: what each client means to send, and what became of it. Servers look a request up by its id, so that
// both ends can check what the other was told.

import { contentOf, digestOf } from "./message.ts";
import { hasLargeBodies, type Swarm } from "./swarm.ts";
import { Violation, type World } from "./world.ts";

export interface Request {
  readonly id: string;
  /** Who sends it: over one connection. */
  readonly sender: string;
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
  readonly framing: "none" | "length" | "chunked";
  readonly body: Uint8Array;
  readonly bodyDigest: string;
  readonly isContinueExpected: boolean;
  readonly isUpgrade: boolean;
  readonly isClosing: boolean;
  readonly head: string;
  /** The body with its framing. */
  readonly framed: Uint8Array;
  /** Times its head has arrived at a server. */
  arrivals: number;
  reports: number;
  /** Digest of what the client means to send through its tunnel; null when it left. */
  tunneled: string | null;
}

/** Of a request or a response. Hooks are given texts. */
export function bodyOf({ isHooked }: Swarm, seed: number, length: number): Uint8Array {
  const content = contentOf(seed, length);
  return isHooked ? content.map((byte) => byte & 0x7f) : content;
}

const idempotent = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

export function isIdempotent(request: Request): boolean {
  return idempotent.has(request.method);
}

/** All requests of a run, by id. */
export class Register {
  readonly #world: World;
  readonly #requests = new Map<string, Request>();

  constructor(world: World) {
    this.#world = world;
  }

  get(id: string): Request | undefined {
    return this.#requests.get(id);
  }

  make(swarm: Swarm, sender: string, isLast: boolean): Request {
    const world = this.#world;
    const id = `r${this.#requests.size + 1}`;
    const isOld = swarm.http10 && world.chance(0.3);
    const isUpgrade = swarm.upgrades && isLast && !isOld && world.chance(0.4);
    const hasBody = swarm.uploads && !isUpgrade && world.chance(0.5);
    const method = isUpgrade
      ? "GET"
      : hasBody
        ? world.pick(["POST", "PUT", "PATCH"])
        : world.pick(["GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS", "POST"]);
    const framing = hasBody ? (isOld || world.chance(0.5) ? "length" : "chunked") : "none";
    const bytesMax = hasLargeBodies(swarm) && world.chance(0.4) ? 700_000 : 100_000;
    const body = bodyOf(swarm, world.prng.u32(), hasBody ? world.skewed(0, bytesMax) : 0);
    const isContinueExpected = hasBody && !isOld && world.chance(0.2);
    const isClosing = isLast && world.chance(0.2);
    const lines = [
      `${method} /${id}?n=${world.between(0, 9)} HTTP/${isOld ? "1.0" : "1.1"}`,
      "Host: sim.test",
      `X-Id: ${id}`,
    ];
    if (framing === "length") lines.push(`Content-Length: ${body.length}`);
    else if (framing === "chunked") lines.push("Transfer-Encoding: chunked");
    else if (method === "POST") lines.push("Content-Length: 0");
    if (hasBody && swarm.isHooked && world.chance(0.7)) lines.push("Content-Type: text/plain");
    if (swarm.logins && world.chance(0.3))
      lines.push(`Authorization: ${world.pick(["NTLM", "Negotiate", "negotiate"])} ${sender}`);
    if (isContinueExpected) lines.push("Expect: 100-continue");
    if (isUpgrade) lines.push("Upgrade: echo", "Connection: upgrade");
    else if (isClosing) lines.push("Connection: close, x-hop");
    else if (isOld) lines.push("Connection: keep-alive, X-Hop");
    else if (world.chance(0.2)) lines.push("Connection: x-hop");
    lines.push("X-Hop: this goes no further");
    if (swarm.isRewriting && world.chance(0.7)) lines.push("Accept-Encoding: gzip");
    for (let more = world.skewed(0, 8); more > 0; more--)
      lines.push(`X-More-${more}: ${"v".repeat(world.skewed(0, 400))}`);
    const request: Request = {
      id,
      sender,
      method,
      target: lines[0]!.split(" ")[1]!,
      version: isOld ? "1.0" : "1.1",
      framing,
      body,
      bodyDigest: digestOf(body),
      isContinueExpected,
      isUpgrade,
      isClosing,
      head: `${lines.join("\r\n")}\r\n\r\n`,
      framed: framing === "chunked" ? chunkedOf(world, body, true) : body,
      arrivals: 0,
      reports: 0,
      tunneled: null,
    };
    this.#requests.set(id, request);
    return request;
  }

  /** A server has read the head of a request. */
  arrived(id: string | undefined): Request {
    const request = id === undefined ? undefined : this.#requests.get(id);
    if (request === undefined) throw new Violation(`a server was sent a request that nobody made: ${id}`);
    request.arrivals++;
    if (request.arrivals > 1 && !isIdempotent(request))
      throw new Violation(`${request.method} ${id} has reached servers ${request.arrivals} times`);
    return request;
  }

  reported(id: string | undefined): void {
    const request = id === undefined ? undefined : this.#requests.get(id);
    if (request === undefined) return;
    request.reports++;
    if (request.reports > 1) throw new Violation(`${id} was reported ${request.reports} times`);
  }
}

export function chunkedOf(world: World, body: Uint8Array, hasExtras: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const text = (line: string): void => void parts.push(Buffer.from(line, "latin1"));
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, world.skewed(1, 20_000));
    text(`${size.toString(16)}${hasExtras && world.chance(0.1) ? ";name=value" : ""}\r\n`);
    parts.push(body.subarray(at, at + size));
    text("\r\n");
    at += size;
  }
  text("0\r\n");
  if (hasExtras && world.chance(0.3)) text("X-Trailer: kept\r\n");
  text("\r\n");
  return new Uint8Array(Buffer.concat(parts));
}
