// For the tests of this room: a cfg.toml through the front-end, with what is told about it as lines that a test can compare, and
// what is made of one that says little else.

import { keyText } from "../../problem.ts";
import type { Environment } from "../../substitute.ts";
import { readToml } from "../../toml.ts";
import { isTable } from "../table.ts";
import type { Translation } from "../translation.ts";
import { translateGoproxy } from "./goproxy.ts";

export interface Scene extends Translation {
  /** `warning key message`, `error key message` or `note key message`, in the order found. */
  readonly told: readonly string[];
}

export function scene(toml: string, environment: Environment = {}): Scene {
  const document = readToml(toml);
  if (!document.ok || !isTable(document.value)) throw new Error(`the test's TOML cannot be read: ${toml}`);
  const translation = translateGoproxy(document.value, environment);
  const { findings, notes } = translation.ledger;
  const told = [
    ...findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`),
    ...notes.map(({ path, message }) => `note ${keyText(path)} ${message}`),
  ];
  return { ...translation, told };
}

/** A reverse proxy with these further lines in [server]; sections may follow. */
export function reverse(lines: string, proxyPass = '["127.0.0.1:6000"]'): Scene {
  return scene(`[server]\nport = ":8080"\nreverse = true\nproxy_pass = ${proxyPass}\n${lines}\n`);
}

/** Without what is told of every reverse proxy. */
export function apart({ told }: Scene): readonly string[] {
  return told.filter((line) => !line.includes("server.reverse is approximated: CONNECT"));
}
