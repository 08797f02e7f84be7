// A target of syslog as a sink opens it: never at once, for nobody is refused a start because a log's receiver is away. Each write is a
// try, until one succeeds.

import type { SyslogPlace } from "../../config/plan.ts";
import type { LogFile, LogOpener } from "../accesslog/file.ts";
import { DatagramFile } from "./datagrams.ts";
import { OctetFile } from "./octets.ts";

export function syslogOpener(place: SyslogPlace): LogOpener {
  const make = (): LogFile => (place.kind === "tcp" ? new OctetFile(place.host, place.port) : new DatagramFile(place));
  return { openNow: make, open: (_, done) => done(null, make()) };
}
