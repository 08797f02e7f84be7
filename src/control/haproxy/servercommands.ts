// Commands of HAProxy's runtime API about servers: state, weight, limit. Each is a request to the admin API, as `sluice drain`, `enable` and
// `weight` are, and is answered in HAProxy's words. What there is nothing of here (agents, a health that somebody says) is told so.

import type { Config } from "../../config/types.ts";
import type { Order } from "../adminservice.ts";
import type { PatchOperation } from "../configuring/service.ts";
import { limitingServer } from "../tuning/limiting.ts";
import type { Ask } from "./asker.ts";
import { type Call, type Command, wordAt } from "./command.ts";
import type { FirstWeights } from "./firstweights.ts";
import type { NamedServer, Service } from "./names.ts";

export interface ServerParts {
  readonly ask: Ask;
  readonly services: () => readonly Service[];
  readonly weights: FirstWeights;
  readonly config: () => Config;
}

interface Found {
  readonly pool: string;
  readonly server: NamedServer;
}

const usage =
  "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n";
const range = "Absolute weight can only be between 0 and 256 inclusive.\n";
const checksOnly =
  "Health is told by checks alone here: no command says it or ends them. Use state maint, drain or ready.\n";
const noAgent = "Agent was not configured on this server, cannot enable.\n";
const weightMax = 256;
/** Of the config's `maxConnections`. */
const connectionsMax = 1_000_000;

export function serverCommands(parts: ServerParts): Command[] {
  const command = (name: string, told: string, help: string, answer: Command["answer"]): Command => ({
    ...{ name, usage: told, help, level: "admin", answer },
  });
  const steering = (at: number, order: Order): Command["answer"] => {
    return (call) => inServer(parts, wordAt(call, at), (found) => steer(parts, call, found, order));
  };
  const agents: Command["answer"] = (call) => inServer(parts, wordAt(call, 2), () => "");
  return [
    command("disable agent", "disable agent", "disable agent checks", agents),
    command("disable health", "disable health", "disable health checks", (call) =>
      inServer(parts, wordAt(call, 2), () => checksOnly),
    ),
    command(
      "disable server",
      "disable server (DEPRECATED)",
      "disable a server for maintenance (use 'set server' instead)",
      steering(2, "maintain"),
    ),
    command("enable agent", "enable agent", "enable agent checks", (call) =>
      inServer(parts, wordAt(call, 2), () => noAgent),
    ),
    command("enable health", "enable health", "enable health checks", (call) =>
      inServer(parts, wordAt(call, 2), (found) =>
        isChecked(parts, found) ? "" : "Health check was not configured on this server, cannot enable.\n",
      ),
    ),
    command(
      "enable server",
      "enable server  (DEPRECATED)",
      "enable a disabled server (use 'set server' instead)",
      steering(2, "enable"),
    ),
    {
      ...{
        name: "get weight",
        usage: "get weight <bk>/<srv>",
        help: "report a server's current weight",
        level: "user",
      },
      answer: (call) => inServer(parts, wordAt(call, 2), (found) => weightOf(parts, found)),
    },
    command("set maxconn server", "set maxconn server <bk>/<srv>", "change a server's maxconn setting", (call) =>
      inServer(parts, wordAt(call, 3), (found) => limitConnections(parts, call, found)),
    ),
    command("set server", "set server <bk>/<srv> [opts]", "change a server's state, weight, address or ssl", (call) =>
      inServer(parts, wordAt(call, 2), (found) => setServer(parts, call, found)),
    ),
    command(
      "set weight",
      "set weight <bk>/<srv>  (DEPRECATED)",
      "change a server's weight (use 'set server' instead)",
      (call) => inServer(parts, wordAt(call, 2), (found) => weigh(parts, call, found, wordAt(call, 3))),
    ),
  ];
}

type Told = string | Promise<string>;

/** `backend/server`, or by their numbers: `#3/#1`. */
function inServer({ services }: ServerParts, word: string, answer: (found: Found) => Told): Told {
  const slash = word.indexOf("/");
  if (slash === -1) return "Require 'backend/server'.\n";
  const [backend, name] = [word.slice(0, slash), word.slice(slash + 1)];
  const is = (asked: string, id: number, own: string): boolean => asked === own || asked === `#${id}`;
  const service = services().find((each) => each.pool !== null && is(backend, each.id, each.name));
  if (service === undefined) return "No such backend.\n";
  const server = service.servers.find((each) => is(name, each.id, each.name));
  return server === undefined ? "No such server.\n" : answer({ pool: service.pool!.name, server });
}

function pathOf({ pool, server }: Found): string {
  return `/api/v1/pools/${encodeURIComponent(pool)}/servers/${encodeURIComponent(server.plan.name)}`;
}

function setServer(parts: ServerParts, call: Call, found: Found): Told {
  const value = wordAt(call, 4);
  switch (wordAt(call, 3)) {
    case "state": {
      const states: Readonly<Record<string, Order>> = { ready: "enable", drain: "drain", maint: "maintain" };
      if (!Object.hasOwn(states, value)) return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n";
      return steer(parts, call, found, states[value]!);
    }
    case "weight":
      return weigh(parts, call, found, value);
    case "health":
      if (!["up", "stopping", "down"].includes(value))
        return "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n";
      return checksOnly;
    case "agent":
      return "agent checks are not enabled on this server.\n";
    case "addr":
    case "fqdn":
    case "check-addr":
    case "check-port":
    case "ssl":
    case "agent-addr":
    case "agent-port":
    case "agent-send":
      return `'set server <srv> ${wordAt(call, 3)}' cannot be had here: change the file and reload, or use sluice config (PATCH /api/v1/config).\n`;
    default:
      return usage;
  }
}

async function steer(parts: ServerParts, { actor }: Call, found: Found, order: Order): Promise<string> {
  const { problem } = await parts.ask({ method: "POST", path: `${pathOf(found)}/${order}`, actor });
  return problem === null ? "" : `${problem}\n`;
}

function weightOf({ weights }: ServerParts, { pool, server }: Found): string {
  const { name, weight } = server.plan;
  return `${weight} (initial ${weights.of(pool, name, weight)})\n`;
}

async function weigh(parts: ServerParts, call: Call, found: Found, word: string): Promise<string> {
  const { weights, ask } = parts;
  const { pool, server } = found;
  const { name, weight: before } = server.plan;
  if (word === "") return "Require <weight> or <weight%>.\n";
  const asked = /^(\d{1,9})(%?)$/.exec(word);
  if (asked === null) return "Empty weight string empty or preceded by garbage";
  const isShare = asked[2] === "%";
  const number = Number(asked[1]);
  if (isShare && number > 25_600) return "Relative weight can only be between 0 and 100% inclusive.\n";
  const initial = weights.of(pool, name, before);
  const weight = isShare ? Math.min(Math.ceil((initial * number) / 100), weightMax) : number;
  if (weight > weightMax) return range;
  const { problem } = await ask({ method: "PATCH", path: pathOf(found), body: { weight }, actor: call.actor });
  if (problem !== null) return `${problem}\n`;
  weights.changes(pool, name, before);
  return "";
}

function isChecked({ services }: ServerParts, { pool }: Found): boolean {
  return services().some((each) => each.pool?.name === pool && each.pool.check !== null);
}

async function limitConnections(parts: ServerParts, call: Call, { pool, server }: Found): Promise<string> {
  const word = wordAt(call, 4);
  if (word === "") return "Require <maxconn>.\n";
  if (!/^\d{1,9}$/.test(word)) return "maxconn string empty or preceded by garbage";
  const limit = Math.min(Number(word), connectionsMax);
  const patch = limitingServer(parts.config(), pool, server.plan.name, limit);
  if (patch === null) return `server ${server.name} is not in the config: its source says its limit\n`;
  return patched(parts.ask, call, [patch]);
}

/** "" when it is in force. */
export async function patched(ask: Ask, { actor }: Call, operations: readonly PatchOperation[]): Promise<string> {
  const type = "application/json-patch+json";
  const told = await ask({ method: "PATCH", path: "/api/v1/config", body: operations, type, actor });
  return told.problem === null ? "" : `${told.problem}\n`;
}
