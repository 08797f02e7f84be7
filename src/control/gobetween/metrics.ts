// The metrics of gobetween under its names, beside those of Sluice: all gauges, as there, by server, and by server, host and port of a
// backend. Those are of the config and of its discovery, so that their number has a bound; where there would still be too many series,
// backends are left out. Rates are over two seconds.

import { Exposition, type Labels } from "../exposition.ts";
import type { BackendFigures, ServerFigures } from "./figures.ts";

export const backendsMax = 5000;

const ofServer: readonly (readonly [string, string, (server: ServerFigures) => number])[] = [
  ["count", "Backends of the server.", ({ backends }) => backends.length],
  ["active_connections", "Connections of clients, and sessions of UDP, that are open.", ({ active }) => active],
  ["rx_total", "Bytes from backends.", ({ rxTotal }) => rxTotal],
  ["tx_total", "Bytes to backends.", ({ txTotal }) => txTotal],
  ["rx_second", "Bytes from backends, a second.", ({ rxSecond }) => rxSecond],
  ["tx_second", "Bytes to backends, a second.", ({ txSecond }) => txSecond],
];

const ofBackend: readonly (readonly [string, string, (backend: BackendFigures) => number])[] = [
  ["active_connections", "Connections to the backend that are open.", ({ active }) => active],
  ["refused_connections", "Connections to the backend that failed.", ({ refused }) => refused],
  ["total_connections", "Connections to the backend.", ({ total }) => total],
  ["rx_bytes", "Bytes from the backend.", ({ rxTotal }) => rxTotal],
  ["tx_bytes", "Bytes to the backend.", ({ txTotal }) => txTotal],
  ["rx_second", "Bytes from the backend, a second.", ({ rxSecond }) => rxSecond],
  ["tx_second", "Bytes to the backend, a second.", ({ txSecond }) => txSecond],
  ["live", "Whether the backend is given connections.", ({ isLive }) => (isLive ? 1 : 0)],
];

export function gobetweenMetrics(servers: readonly ServerFigures[], version: string): string {
  const out = new Exposition();
  const build = { version, revision: "", branch: "", goversion: "" };
  out.gauge("gobetween_build_info", "What answers for gobetween, always 1.", [[build, 1]]);
  for (const [name, help, of] of ofServer)
    out.gauge(
      `gobetween_server_${name}`,
      help,
      servers.map((server): [Labels, number] => [{ server: server.name }, of(server)]),
    );
  const isTooMany = servers.reduce((sum, { backends }) => sum + backends.length, 0) > backendsMax;
  if (isTooMany) return out.toString();
  for (const [name, help, of] of ofBackend)
    out.gauge(
      `gobetween_backend_${name}`,
      help,
      servers.flatMap((server) =>
        server.backends.map((each): [Labels, number] => {
          return [{ server: server.name, host: each.host, port: each.port }, of(each)];
        }),
      ),
    );
  return out.toString();
}
