// Egress pools in few words: a plan in which nothing waits, rests or is limited unless a test says so, and proxies that use it.

import type { EgressDoorPlan, EgressMemberPlan, EgressPlan } from "../../src/config/plan.ts";
import type { EgressBoard, Outcome } from "../../src/memory/egress.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { type ProxyOptions, proxyPlan } from "./proxies.ts";

/** A source address, "gateway 10.0.0.1 19001", or the URL of a proxy. */
export function member(text: string, tags: Readonly<Record<string, string>> = {}): EgressMemberPlan {
  return { id: idOf(text), door: doorOf(text), weight: 1, tags };
}

function idOf(text: string): string {
  if (text.startsWith("gateway ")) return text.split(" ")[1]!;
  return text.includes("//") ? new URL(text.replace(/^socks5:/, "http:")).host : text;
}

function doorOf(text: string): EgressDoorPlan {
  if (text.startsWith("gateway ")) {
    const [, address = "", port = ""] = text.split(" ");
    return { kind: "gateway", address, host: "127.0.0.1", port: Number(port) };
  }
  if (!text.includes("//")) return { kind: "source", address: text };
  const { hostname, port, username: user, password } = new URL(text.replace(/^socks5:/, "http:"));
  const protocol = text.startsWith("socks5:") ? "socks5" : "http";
  return { kind: "proxy", protocol, host: hostname, port: Number(port), user, password, tls: null };
}

export function egressPlan(
  members: readonly (string | EgressMemberPlan)[],
  options: Partial<EgressPlan> = {},
): EgressPlan {
  return {
    name: "out",
    slot: 0,
    members: members.map((each) => (typeof each === "string" ? member(each) : each)),
    choose: "roundRobin",
    session: { lifetimeMs: 0, idleMs: 0, requestsMax: 0, bytesMax: 0 },
    pace: { intervalMs: 0, concurrencyMax: 0 },
    judge: {
      per: "target",
      strategy: { kind: "consecutive", failures: 3, withinMs: 300_000 },
      statuses: [
        { on: { from: 403, to: 403 }, means: "failure" },
        { on: { from: 429, to: 429 }, means: "ban" },
      ],
      bodies: [],
      coolDown: { forMs: 60_000, growth: 1, maxMs: 60_000, isTrial: false },
      hostDownAfter: 3,
    },
    quota: null,
    users: 0,
    history: { entriesMax: 100, changesMax: 20 },
    isOwnEvidence: true,
    logs: [],
    whenNone: "refuse",
    waitMs: 0,
    isTold: false,
    ...options,
  };
}

export interface EgressOptions extends ProxyOptions {
  readonly egress: EgressPlan;
}

/** A forward proxy whose targets are asked from an egress pool. */
export function egressProxy({ egress, ...options }: EgressOptions): PlanOptions {
  const use = { http: 0, https: 0, tunnels: 0 };
  return proxyPlan({ ...options, egresses: [egress], targets: { egress: use, ...options.targets } });
}

/** What was kept of a member, the newest first: "a.example 200", "a.example connect_refused". */
export function told(play: Playbook, id: string): string[] {
  const board: EgressBoard = play.memory.board("out");
  const lines: string[] = [];
  board.history(board.memberOf(id), 100, (outcome: Outcome) => {
    const key = board.text(outcome.key) ?? "";
    lines.push(`${board.text(outcome.host)} ${outcome.status}${key === "" ? "" : ` ${key}`}`);
    return true;
  });
  return lines;
}

/** Two source addresses, whose turns it is one after the other. */
export const two = ["192.0.2.11", "192.0.2.12"] as const;

/** With a.example and b.example, whose addresses are known. */
export function egressPlay(options: Partial<EgressOptions> = {}): Playbook {
  const play = new Playbook(egressProxy({ egress: egressPlan(two), ...options }));
  play.names.set("a.example", ["8.8.8.8", "8.8.4.4"]);
  play.names.set("b.example", ["8.8.8.9"]);
  return play;
}

/** A request as proxies get it, and as the target does. */
export const asked = (host: string, ...fields: string[]): string =>
  `GET http://${host}/x HTTP/1.1\r\nHost: ${host}\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;
export const got = (host: string, ...fields: string[]): string =>
  `GET /x HTTP/1.1\r\nHost: ${host}\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;
