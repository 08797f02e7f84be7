// What conversations about carried connections begin with.

import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import type { PlanOptions } from "./plan.ts";

/** Options of a listener in mode tcp. */
export const carrying = (options: PlanOptions = {}): PlanOptions => ({
  ...options,
  listener: { mode: "tcp", ...options.listener },
});

/** A client that a server has; what was said until then is forgotten. */
export function carried(options: PlanOptions = {}): { play: Playbook; client: Actor; server: Actor } {
  const play = new Playbook(carrying(options));
  const client = play.connect();
  const server = play.accept();
  play.take();
  return { play, client, server };
}
