// For the tests of this room: a text of HAProxy's through its front-end, with what is told about it as lines that a test can compare, and
// what it comes to. No file is read and nothing is judged by the schema, so that a test sees one thing at a time; the golden files of
// haproxy.test.ts see the whole.

import type { ConfigInput, ListenerInput, PoolInput } from "../../input.ts";
import type { Environment } from "../../substitute.ts";
import { translateHaproxy } from "./haproxy.ts";
import { translateRules } from "./rules.ts";

export interface Trial {
  readonly input: ConfigInput;
  /** `12:5 error key message`, in the order found. */
  readonly told: readonly string[];
}

export function tried(text: string, environment: Environment = {}): Trial {
  const { input, ledger, places, keyOf } = translateHaproxy(
    text,
    "/etc/haproxy/haproxy.cfg",
    environment,
    translateRules,
  );
  const told = ledger.findings.map(({ severity, path, part, message }) => {
    const { line, column } = places.find(path, part);
    return `${line}:${column} ${severity} ${keyOf(path)} ${message}`;
  });
  return { input, told };
}

const usual = ["mode http", "timeout connect 5s", "timeout client 30s", "timeout server 30s"];

export interface Parts {
  readonly listener: ListenerInput;
  readonly pool: PoolInput;
  readonly input: ConfigInput;
  /** Without their places. */
  readonly told: readonly string[];
}

/** A frontend `web` and a backend `app` that it leads to, with these lines in them. */
export function partsOf(
  front: readonly string[],
  back: readonly string[] = ["server a 127.0.0.1:9101"],
  global: readonly string[] = [],
): Parts {
  const bind = front.some((line) => /^bind\b/.test(line)) ? [] : ["bind 127.0.0.1:8080"];
  const text = [
    "global",
    ...global,
    "defaults",
    ...usual,
    "frontend web",
    ...bind,
    ...front,
    "default_backend app",
    "backend app",
    ...back,
  ].join("\n");
  const { input, told } = tried(text);
  return {
    input,
    listener: input.listeners["web"]!, // They are there, unless a test is about their absence, which then fails.
    pool: input.pools!["app"]!,
    told: told.map((line) => line.replace(/^\S+ /, "")),
  };
}
