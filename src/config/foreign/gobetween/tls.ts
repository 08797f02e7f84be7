// [servers.NAME.tls] and [servers.NAME.backends_tls]: certificates, versions, ciphers. Go's defaults that differ from ours are
// written out where a missing key means no in gobetween, such as session_tickets; versions of TLS are left to our defaults, as
// gobetween leaves them to its Go.

import { isAbsolute } from "node:path";
import type { ListenerTlsInput, ServerTlsInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";
import { opensslName } from "./cipher.ts";

type Version = "1.0" | "1.1" | "1.2" | "1.3";
const versions: Record<string, Version> = {
  ssl3: "1.0",
  tls1: "1.0",
  "tls1.0": "1.0",
  "tls1.1": "1.1",
  "tls1.2": "1.2",
  "tls1.3": "1.3",
};

/** `ours` is where the section stands in our config. */
export function listenerTlsOf(tls: Table, ours: Path, origins: Origins): ListenerTlsInput | undefined {
  origins.add(ours, tls.path);
  const acmeHosts = tls.list("acme_hosts");
  const acme = acmeHosts.length === 0 ? {} : { acme: [...acmeHosts] };
  origins.add([...ours, "acme"], tls.at("acme_hosts"));
  const certificate = fileOf(tls, "cert_path");
  const key = fileOf(tls, "key_path");
  const common = commonOf(tls, ours, origins);
  const sessionTickets = tls.flag("session_tickets") ?? false;
  tls.finish("gobetween");
  if (certificate === undefined || key === undefined) {
    if (acmeHosts.length === 0) tls.ledger.fault(tls.path, "must have both cert_path and key_path");
    return acmeHosts.length === 0 ? undefined : { ...acme, ...common, sessionTickets };
  }
  origins.add([...ours, "certificates"], tls.at("cert_path"));
  origins.add([...ours, "certificates", 0, "key"], tls.at("key_path"));
  return { certificates: [{ certificate, key }], ...acme, ...common, sessionTickets };
}

export function serverTlsOf(tls: Table, ours: Path, origins: Origins): ServerTlsInput {
  origins.add(ours, tls.path);
  const isUnverified = tls.flag("ignore_verify") ?? false;
  const ca = fileOf(tls, "root_ca_cert_path");
  const certificate = fileOf(tls, "cert_path");
  const key = fileOf(tls, "key_path");
  if ((certificate === undefined) !== (key === undefined))
    tls.ledger.fault(tls.path, "must have cert_path and key_path together, or neither");
  const common = commonOf(tls, ours, origins);
  if (tls.flag("session_tickets") === true)
    tls.ledger.approximate(
      tls.at("session_tickets"),
      "whether a TLS session with a backend is resumed is not configurable",
    );
  tls.finish("gobetween");
  for (const [our, their] of [
    ["ca", "root_ca_cert_path"],
    ["certificate", "cert_path"],
    ["key", "key_path"],
    ["verify", "ignore_verify"],
  ] as const)
    origins.add([...ours, our], tls.at(their));
  return {
    ...(isUnverified ? { verify: false } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...common,
  };
}

function fileOf(table: Table, key: string): string | undefined {
  const path = table.text(key);
  if (path !== undefined && !isAbsolute(path))
    table.ledger.approximate(
      table.at(key),
      "a relative path starts at the folder of this file; in gobetween, at the folder that it was started in",
    );
  return path;
}

interface Common {
  readonly minVersion?: Version;
  readonly maxVersion?: Version;
  readonly ciphers?: string;
}

function commonOf(table: Table, ours: Path, origins: Origins): Common {
  const versionOf = (key: string): Version | undefined => {
    const version = table.choice(key, versions);
    if (version !== undefined && table.text(key) === "ssl3")
      table.ledger.approximate(table.at(key), "SSL 3 is not spoken any more; the oldest version here is TLS 1.0");
    return version;
  };
  const minVersion = versionOf("min_version");
  const maxVersion = versionOf("max_version");
  // Go itself has not looked at this since 1.17.
  table.inert(["prefer_server_ciphers"]);
  const ciphers = ciphersOf(table);
  origins.add([...ours, "minVersion"], table.at("min_version"));
  origins.add([...ours, "maxVersion"], table.at("max_version"));
  origins.add([...ours, "ciphers"], table.at("ciphers"));
  return {
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

function ciphersOf(table: Table): string | undefined {
  const listed = table.list("ciphers");
  const found: string[] = [];
  for (const [index, suite] of listed.entries()) {
    const name = opensslName(suite);
    const path = [...table.at("ciphers"), index];
    if (name !== null) found.push(name);
    else if (/^TLS_(?:AES|CHACHA20)_/.test(suite))
      table.ledger.approximate(path, "ciphers of TLS 1.3 are always on, and cannot be chosen");
    else table.ledger.approximate(path, `${suite} is left out: TLS here does not know it`);
  }
  if (listed.length > 0 && found.length === 0) {
    table.ledger.refuse(table.at("ciphers"), "none of these ciphers is known here");
    return undefined;
  }
  return found.length === 0 ? undefined : [...new Set(found)].join(":");
}
