// What a line of an access log can tell of a member, and which of nginx' variables tell it: for the review of formats here, and for
// whoever reads the logs (control). It knows names, and nothing of lines.

export const logGroups = ["time", "status", "key", "target", "port", "address"] as const;
export type LogGroup = (typeof logGroups)[number];

/** The variables of nginx' log_format that are understood, without their $. All others stand for anything. */
export const logVariables: Readonly<Record<string, LogGroup>> = {
  time_local: "time",
  time_iso8601: "time",
  msec: "time",
  status: "status",
  http_x_egress_key: "key",
  http_x_egress_host: "target",
  server_port: "port",
  egress_ip: "address",
  // Of a server that is named by its address, as ipmanager's are.
  server_name: "address",
  server_addr: "address",
};

/** The groups that a format tells. */
export function groupsOf(format: string): Set<LogGroup> {
  const names = [...format.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)].map(([, braced, bare]) => braced ?? bare ?? "");
  return new Set(names.flatMap((name) => (Object.hasOwn(logVariables, name) ? [logVariables[name]!] : [])));
}

/** The groups that a regular expression names. */
export function namedGroups(pattern: string): string[] {
  return [...pattern.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name]) => name!);
}
