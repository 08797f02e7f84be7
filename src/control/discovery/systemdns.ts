// What this machine knows of names: its name servers and search list (resolv.conf), and names of its own (hosts). Read anew at
// each question: both change while a machine is up, and their files are short.

import { readFileSync } from "node:fs";
import { isIp } from "../../base/address.ts";
import type { NameServer } from "./dnsclient.ts";

export interface SystemFiles {
  readonly resolvConf: string;
  readonly hosts: string;
  /** Where the name servers of resolv.conf listen, which has no word for it. Absent: at 53. */
  readonly port?: number;
}

export const systemFiles: SystemFiles = { resolvConf: "/etc/resolv.conf", hosts: "/etc/hosts" };

export interface ResolvConf {
  readonly servers: readonly NameServer[];
  readonly search: readonly string[];
  /** Names with fewer dots are first sought with the search list. */
  readonly dots: number;
}

const serversMax = 3;
const searchMax = 6;

/** resolv.conf(5). */
export function readResolvConf(text: string): ResolvConf {
  const servers: NameServer[] = [];
  let search: string[] = [];
  let dots = 1;
  for (const line of text.split("\n")) {
    const [word, ...rest] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    const host = rest[0]?.replace(/%.*$/, "") ?? "";
    if (word === "nameserver" && isIp(host) && servers.length < serversMax) servers.push({ host, port: 53 });
    if (word === "search" || word === "domain") search = rest.slice(0, searchMax).map(plain);
    const said = word === "options" ? rest.find((each) => /^ndots:\d+$/.test(each)) : undefined;
    if (said !== undefined) dots = Math.min(Number(said.slice("ndots:".length)), 15);
  }
  return { servers: servers.length === 0 ? [{ host: "127.0.0.1", port: 53 }] : servers, search, dots };
}

/** The names that one stands for, in the order in which they are to be asked for. */
export function namesOf(name: string, { search, dots }: Pick<ResolvConf, "search" | "dots">): string[] {
  const bare = plain(name);
  if (name.endsWith(".")) return [bare];
  const sought = search.filter((each) => each !== "").map((domain) => `${bare}.${domain}`);
  return bare.split(".").length - 1 >= dots ? [bare, ...sought] : [...sought, bare];
}

/** hosts(5): addresses of a name. */
export function readHosts(text: string, name: string): string[] {
  const wanted = plain(name);
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
    return isIp(address) && names.some((each) => plain(each) === wanted) ? [address] : [];
  });
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
