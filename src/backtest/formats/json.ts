// Logs of JSON lines: Sluice's own (docs/ACCESSLOG.md), which says most, and Caddy's. Both write the time of the end and how long it
// took. Lines of connections and sessions are no requests.

import { addressOf, type LogFormat, type Recorded, readRequestLine } from "../recorded.ts";
import { timeOf } from "./time.ts";

type Json = Readonly<Record<string, unknown>>;

export const sluice: LogFormat = {
  name: "sluice",
  isInOrderOfEnds: true,
  fields: new Set(["referer", "user-agent"]),
  read: (line) => {
    const said = objectIn(line);
    if (said === null || said["kind"] !== undefined || said["request"] !== undefined) return null;
    const endMs = timeOf(textIn(said, "time"));
    const durationMs = numberIn(said, "duration_ms");
    const fields = [
      ["User-Agent", textIn(said, "user_agent")],
      ["Referer", textIn(said, "referer")],
    ] as const;
    return whole({
      ...{ atMs: endMs - durationMs, durationMs, client: addressOf(textIn(said, "client")) },
      connection: said["client_port"] === undefined ? "" : String(said["client_port"]),
      listener: textIn(said, "listener"),
      method: textIn(said, "method"),
      target: textIn(said, "target"),
      host: textIn(said, "host"),
      fields: fields.filter(([, value]) => value !== ""),
      status: numberIn(said, "status"),
      bytesReceived: numberIn(said, "bytes_received"),
      bytesSent: numberIn(said, "bytes_sent"),
    });
  },
};

export const caddy: LogFormat = {
  name: "caddy",
  isInOrderOfEnds: true,
  fields: null,
  read: (line) => {
    const said = objectIn(line);
    const request = said?.["request"];
    if (said === null || !isObject(request)) return null;
    const durationMs = numberIn(said, "duration") * 1000;
    const headers = isObject(request["headers"]) ? request["headers"] : {};
    return whole({
      ...{ atMs: timeOf(String(said["ts"] ?? "")) - durationMs, durationMs },
      client: addressOf(textIn(request, "client_ip") || textIn(request, "remote_ip")),
      connection: textIn(request, "remote_port"),
      listener: "",
      method: textIn(request, "method"),
      target: textIn(request, "uri"),
      host: textIn(request, "host"),
      fields: Object.entries(headers).flatMap(([name, values]) =>
        name.toLowerCase() === "host" || !fieldName.test(name)
          ? []
          : [values].flat().map((value) => [name, String(value)] as const),
      ),
      status: numberIn(said, "status"),
      bytesReceived: numberIn(said, "bytes_read"),
      bytesSent: numberIn(said, "size"),
    });
  },
};

const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function whole(recorded: Recorded): Recorded | null {
  const asked = readRequestLine(`${recorded.method} ${recorded.target}`);
  return asked === null || recorded.client === "" || Number.isNaN(recorded.atMs) ? null : recorded;
}

function objectIn(line: string): Json | null {
  if (line[0] !== "{") return null;
  try {
    const value = JSON.parse(line) as unknown;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textIn(from: Json, name: string): string {
  const value = from[name];
  return typeof value === "string" ? value : "";
}

function numberIn(from: Json, name: string): number {
  const value = from[name];
  return typeof value === "number" && value >= 0 ? value : 0;
}
