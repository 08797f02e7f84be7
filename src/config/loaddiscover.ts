// The files that sources of servers name: relative paths start at the config file's folder, and one that cannot be read is told. That
// is no error: a file of servers may be written a moment later, and a certificate is read at each question anew. What the sources
// will say is not known here, for asking them is the business of a Sluice that runs.

import { isAbsolute, resolve } from "node:path";
import { quote } from "../base/reading.ts";
import type { Finding } from "./issues.ts";
import { faultOf } from "./loadfiles.ts";
import type { Path } from "./problem.ts";
import type { Config, Discover, Pool, SourceTls } from "./types.ts";

/** Kinds that are asked over HTTP, and may have TLS. */
const webKinds = ["http", "docker", "kubernetes", "consul"] as const;

/** The config with whole paths. */
export function discoverFrom(config: Config, folder: string): Config {
  if (Object.values(config.pools).every(({ discover }) => discover === undefined)) return config;
  const pools = Object.entries(config.pools).map(([name, pool]): [string, Pool] => {
    const { discover } = pool;
    if (discover === undefined) return [name, pool];
    const whole = Array.isArray(discover)
      ? discover.map((one) => fromFolder(one, folder))
      : fromFolder(discover, folder);
    return [name, { ...pool, discover: whole }];
  });
  return { ...config, pools: Object.fromEntries(pools) };
}

function fromFolder(source: Discover, folder: string): Discover {
  const path = (written: string): string => resolve(folder, written);
  const whole: Discover = { ...source };
  if (whole.file !== undefined) whole.file = path(whole.file);
  const [program, ...words] = whole.exec ?? [];
  // A name without a slash is sought in PATH.
  if (program?.includes("/") === true && !isAbsolute(program)) whole.exec = [path(program), ...words];
  const withTls = <T extends { tls?: SourceTls | undefined }>(section: T): T =>
    section.tls === undefined ? section : { ...section, tls: tlsFrom(section.tls, path) };
  const { http, docker, kubernetes, consul } = whole;
  if (typeof http === "object") whole.http = withTls(http);
  if (typeof docker === "object") whole.docker = withTls(docker);
  if (typeof consul === "object") whole.consul = withTls(consul);
  if (typeof kubernetes === "object") {
    const { tokenFile } = kubernetes;
    whole.kubernetes = { ...withTls(kubernetes), ...(tokenFile === undefined ? {} : { tokenFile: path(tokenFile) }) };
  }
  return whole;
}

function tlsFrom(tls: SourceTls, path: (written: string) => string): SourceTls {
  const { ca, certificate, key, verify } = tls;
  return {
    verify,
    ...(ca === undefined ? {} : { ca: path(ca) }),
    ...(certificate === undefined ? {} : { certificate: path(certificate) }),
    ...(key === undefined ? {} : { key: path(key) }),
  };
}

/** Warnings about files that cannot be read now. */
export function reviewDiscoverFiles(config: Config, folder: string): Finding[] {
  return Object.entries(config.pools).flatMap(([name, { discover }]) => {
    const sources = Array.isArray(discover) ? discover : discover === undefined ? [] : [discover];
    return sources.flatMap((source, index) => {
      const path: Path = ["pools", name, "discover", ...(Array.isArray(discover) ? [index] : [])];
      return filesOf(source).flatMap(([key, file]): Finding[] => {
        const fault = faultOf(resolve(folder, file));
        if (fault === null) return [];
        const message = `names ${quote(file)}, which ${fault} now`;
        return [{ severity: "warning", path: [...path, ...key], part: "value", message }];
      });
    });
  });
}

function filesOf(source: Discover): [key: Path, file: string][] {
  const found: [Path, string | undefined][] = [[["file"], source.file]];
  for (const kind of webKinds) {
    const section = source[kind];
    if (typeof section !== "object") continue;
    for (const key of ["ca", "certificate", "key"] as const) found.push([[kind, "tls", key], section.tls?.[key]]);
    if ("tokenFile" in section) found.push([[kind, "tokenFile"], section.tokenFile]);
  }
  return found.flatMap(([key, file]): [Path, string][] => (file === undefined ? [] : [[key, file]]));
}
