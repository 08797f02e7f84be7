// The common and combined formats of Apache and nginx, with or without a virtual host in front (vhost_combined). What stands behind
// them is passed over. nginx writes the time at the end of a request and Apache that at its beginning, both without saying how long
// it took.

import { addressOf, type LogFormat, type Recorded, readRequestLine, said, unescaped } from "../recorded.ts";
import { timeOf } from "./time.ts";

const form =
  /^(?:(\S+) )?(\S+) \S+ (?:\S+|"(?:[^"\\]|\\.)*") \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?/;

export const combined: LogFormat = {
  name: "combined",
  isInOrderOfEnds: false,
  fields: new Set(["referer", "user-agent"]),
  read: (line) => {
    const found = form.exec(line);
    if (found === null) return null;
    const [, vhost, address, time, request, status, bytes, referer, agent] = found;
    const asked = readRequestLine(unescaped(request!));
    const client = addressOf(address!);
    const atMs = timeOf(time!);
    if (asked === null || client === "" || Number.isNaN(atMs)) return null;
    return {
      ...{ atMs, durationMs: 0, client, connection: "", listener: "", ...asked },
      host: said(vhost).replace(/:\d+$/, ""),
      fields: fieldsOf([
        ["Referer", said(referer)],
        ["User-Agent", said(agent)],
      ]),
      status: Number(status),
      bytesReceived: 0,
      bytesSent: bytes === "-" ? 0 : Number(bytes),
    };
  },
};

/** Those that say something. */
export function fieldsOf(fields: Recorded["fields"]): Recorded["fields"] {
  return fields.filter(([, value]) => value !== "").map(([name, value]) => [name, unescaped(value)]);
}
