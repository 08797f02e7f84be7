// How a server of a test behaves: found by the narrowest of its names, asked, and made a response with its bytes. It knows what the
// test has said; when an answer comes, and over which connection, is for others.

import { readDuration } from "../base/duration.ts";
import type { Message } from "./peer.ts";
import type { ServerAnswer, ServerBehaviour, ServerRequest, TestServers } from "./types.ts";

export interface Behaviour {
  readonly fails: ServerAnswer["fails"];
  readonly isDown: boolean;
  readonly afterMs: number;
  readonly message: Message;
}

/** `id` is pool/host:port. */
export function behaviourOf(servers: TestServers, id: string, pool: string, name: string): ServerBehaviour {
  return servers[id] ?? servers[name] ?? servers[pool] ?? servers["*"] ?? {};
}

/** What it says before it is asked anything: whether it takes a connection at all. */
export function standing(behaviour: ServerBehaviour): Pick<Behaviour, "fails" | "isDown"> {
  if (typeof behaviour === "function") return { fails: undefined, isDown: false };
  return { fails: behaviour.fails, isDown: behaviour.down === true };
}

/** Throws an Error for who wrote the test. */
export function answerOf(behaviour: ServerBehaviour, request: ServerRequest): Behaviour {
  const said = typeof behaviour === "function" ? behaviour(request) : behaviour;
  const answer: ServerAnswer = typeof said === "string" ? { body: said } : (said ?? {});
  const { status = 200, headers = {}, body = "", json, after, fails, down } = answer;
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  const typed = json === undefined || isTyped ? headers : { ...headers, "Content-Type": "application/json" };
  const content = json === undefined ? body : JSON.stringify(json);
  return {
    fails,
    isDown: down === true,
    afterMs: after === undefined ? 0 : msOf(after),
    message: { status, headers: typed, body: typeof content === "string" ? Buffer.from(content, "utf8") : content },
  };
}

export function msOf(duration: string): number {
  const reading = readDuration(duration, Number.MAX_SAFE_INTEGER);
  if (!reading.ok) throw new Error(`a duration ${reading.message}`);
  return reading.value;
}
