// HAProxy's log of HTTP (`option httplog`), with or without what syslog writes in front: where a client's port tells its connection, and
// the time is that of the beginning. Captured fields have no names there and are passed over.

import { addressOf, type LogFormat, readRequestLine } from "../recorded.ts";
import { timeOf } from "./time.ts";

const form =
  /(?:^|\s)(\S+):(\d+) \[([^\]]+)\] (\S+) \S+\/\S+ -?\d+\/-?\d+\/-?\d+\/-?\d+\/\+?(-?\d+) (-?\d+) \+?(\d+) .*?"((?:[^"\\]|\\.)*)"?\s*$/;

/** Of HTTP/2 it has the scheme and the authority in front of the path. */
function apart(asked: string): { readonly target: string; readonly host: string } {
  const [, host = "", rest = ""] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(asked) ?? [];
  if (host === "") return { target: asked, host };
  return { target: rest.startsWith("/") ? rest : `/${rest}`, host };
}

export const haproxy: LogFormat = {
  name: "haproxy",
  isInOrderOfEnds: true,
  fields: new Set(),
  read: (line) => {
    const found = form.exec(line);
    if (found === null) return null;
    const [, address, port, time, frontend, total, status, bytes, request] = found;
    const asked = readRequestLine(request!);
    const client = addressOf(address!);
    const atMs = timeOf(time!);
    if (asked === null || client === "" || Number.isNaN(atMs)) return null;
    const { target, host } = apart(asked.target);
    return {
      ...{ atMs, durationMs: Math.max(0, Number(total)), client, connection: port!, ...asked, target, fields: [] },
      listener: frontend!.replace(/~$/, ""),
      host,
      status: Math.max(0, Number(status)),
      bytesReceived: 0,
      bytesSent: Number(bytes),
    };
  },
};
