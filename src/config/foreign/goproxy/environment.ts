// HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment, which goproxy's requests go by as those of any program in Go do (package
// golang.org/x/net/http/httpproxy): as egress pools of one member each, and as the targets that are asked directly in spite of them.
// Tunnels are made directly, there as here. What the variables hold may be a password, so no message repeats it. Where a text is no
// proxy Go goes without; so do we, and say so.

import { isIp, readServerAddress } from "../../../base/address.ts";
import { readDirect } from "../../accessschema.ts";
import { readProxy } from "../../egressproxy.ts";
import type { EgressInput, ForwardProxyInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Environment } from "../../substitute.ts";
import type { Ledger } from "../ledger.ts";

export interface EnvironmentProxies {
  /** The pools, by name. */
  readonly egress: Record<string, EgressInput>;
  readonly proxy: Pick<ForwardProxyInput, "egress" | "direct">;
}

interface Said {
  readonly variable: string;
  /** As `readProxy` takes it. */
  readonly url: string;
}

/** What Go connects to itself, whatever NO_PROXY says. */
const ownTargets = ["localhost", "127.0.0.0/8", "::1"];
const usualPorts = { http: 80, https: 443, socks5: 1080 } as const;

/** Null where there is no proxy to ask. `at`: where it is told. */
export function environmentProxies(environment: Environment, at: Path, ledger: Ledger): EnvironmentProxies | null {
  const isProgramOfServer = (environment["REQUEST_METHOD"] ?? "") !== "";
  const http = proxyIn(environment, ["HTTP_PROXY", "http_proxy"], at, ledger);
  const https = proxyIn(environment, ["HTTPS_PROXY", "https_proxy"], at, ledger);
  if (http !== null && isProgramOfServer)
    // https://golang.org/s/cgihttpproxy: a client's Proxy field is HTTP_PROXY to a CGI program.
    ledger.approximate(
      at,
      `${http.variable} is not followed, for REQUEST_METHOD is set: a client may have written it. goproxy answers such requests with an error, Sluice asks the targets directly`,
    );
  const plain = isProgramOfServer ? null : http;
  if (plain === null && https === null) return null;
  const isOne = plain !== null && https !== null && plain.url === https.url;
  const use = {
    ...(plain === null ? {} : { http: "httpProxy" }),
    ...(https === null ? {} : { https: isOne ? "httpProxy" : "httpsProxy" }),
  };
  const variables = [plain, https].filter((each) => each !== null).map(({ variable }) => variable);
  ledger.note(
    at,
    `requests go by the proxy that ${variables.join(" and ")} of the environment ${variables.length > 1 ? "name" : "names"}, and CONNECT directly, as in goproxy`,
  );
  return {
    egress: {
      ...(plain === null ? {} : { httpProxy: poolOf(plain) }),
      ...(https === null || isOne ? {} : { httpsProxy: poolOf(https) }),
    },
    proxy: { egress: use, direct: directOf(environment, at, ledger) },
  };
}

/** Nobody else can be asked instead: it is used whatever has come of it, and nothing is kept of that, nor told to clients. */
function poolOf({ url }: Said): EgressInput {
  return {
    members: [{ proxies: [url] }],
    session: false,
    judge: { per: "member", strategy: "never" },
    history: { entries: 0, changes: 0 },
    whenNone: "soonest",
    tell: false,
  };
}

/** The first of the names that has a value, as in Go. */
function proxyIn(environment: Environment, names: readonly string[], at: Path, ledger: Ledger): Said | null {
  const variable = names.find((name) => (environment[name] ?? "") !== "");
  if (variable === undefined) return null;
  const url = urlOf(environment[variable]!.trim());
  const reading = readProxy(url);
  if (reading.ok) return { variable, url };
  ledger.approximate(
    at,
    `${variable} names no proxy that could be asked: it ${reading.message}. Targets are asked directly`,
  );
  return null;
}

/** Without a scheme it is http, without a port the scheme's own; a path says nothing. */
function urlOf(written: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  const [, scheme = "", credentials = "", place = ""] = /^([^:]+):\/\/(.*@)?([^/?#]*)/s.exec(whole) ?? [];
  const kind = scheme.toLowerCase().replace(/^socks5h$/, "socks5");
  const port = Object.hasOwn(usualPorts, kind) ? usualPorts[kind as keyof typeof usualPorts] : 80;
  const bare = place.replace(/:$/, "");
  return `${kind}://${credentials}${readServerAddress(bare).ok ? bare : `${bare}:${port}`}`;
}

/** NO_PROXY: "example.com" and all below it, ".example.com" or "*.example.com" only what is below, addresses, blocks, a port behind, "*". */
function directOf(environment: Environment, at: Path, ledger: Ledger): string[] {
  const variable = ["NO_PROXY", "no_proxy"].find((name) => (environment[name] ?? "") !== "");
  const direct = [...ownTargets];
  for (const entry of (variable === undefined ? "" : environment[variable]!).split(",")) {
    const text = entry.trim().toLowerCase();
    const targets = text === "" ? [] : targetsOf(text);
    if (targets.every((target) => readDirect(target).ok)) direct.push(...targets);
    else ledger.approximate(at, `"${text}" in ${variable} is no target, and stands for nothing`);
  }
  return [...new Set(direct)];
}

function targetsOf(text: string): string[] {
  const plain = text.replace(/^\[([^\]]*)\]$/, "$1").replace(/^\./, "*.");
  const host = plain.replace(/:\d+$/, "");
  const isName = !/[*:/[]/.test(host) && !isIp(host);
  return isName ? [plain, `*.${plain}`] : [plain];
}
