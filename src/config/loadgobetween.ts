// The files that gobetween's REST API names for its TLS: relative paths start at the config file's folder, and a pair that cannot be used
// is an error, for Sluice would not start with it. Control reads them again when it starts.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import type { Finding } from "./issues.ts";
import { faultOf } from "./loadfiles.ts";
import type { Config, GobetweenTls } from "./types.ts";

/** The config with whole paths. */
export function gobetweenFrom(config: Config, folder: string): Config {
  const { gobetween } = config;
  const { api } = gobetween ?? {};
  if (gobetween === undefined || api?.tls === undefined) return config;
  return { ...config, gobetween: { ...gobetween, api: { ...api, tls: fromFolder(api.tls, folder) } } };
}

function fromFolder({ listen, certificate, key }: GobetweenTls, folder: string): GobetweenTls {
  return { listen, certificate: resolve(folder, certificate), key: resolve(folder, key) };
}

export function reviewGobetweenFiles({ gobetween }: Config, folder: string): Finding[] {
  const written = gobetween?.api?.tls;
  if (written === undefined) return [];
  const found: Finding[] = [];
  const told = (word: "certificate" | "key", message: string): void =>
    void found.push({ severity: "error", path: ["gobetween", "api", "tls", word], part: "value", message });
  const tls = fromFolder(written, folder);
  const read = (word: "certificate" | "key"): string | null => {
    const fault = faultOf(tls[word]);
    if (fault === null) return readFileSync(tls[word], "utf8");
    told(word, fault);
    return null;
  };
  const [cert, key] = [read("certificate"), read("key")];
  if (cert === null || key === null) return found;
  try {
    createSecureContext({ cert, key });
  } catch {
    told("certificate", "and key are no certificate in PEM and its private key");
  }
  return found;
}
