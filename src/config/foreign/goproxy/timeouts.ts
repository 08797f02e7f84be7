// server.http_read_timeout and server.http_write_timeout, in seconds. In goproxy they are the whole time that a request may take to be
// read, and a response to be written, so that it cuts off every long download. Here they bound waiting: what makes progress goes on.

import { formatDuration } from "../../../base/duration.ts";
import type { ConfigInput, ListenerInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";

const secondsMax = 24 * 86_400;

/** The pool of a forward proxy has no keys of its own, and so they stand at the top, for all. */
export function timeoutsOf(server: Table, listener: Path, origins: Origins): Pick<ConfigInput, "timeouts"> {
  const read = durationOf(server, "http_read_timeout");
  const write = durationOf(server, "http_write_timeout");
  if (read !== undefined) {
    server.ledger.note(
      server.at("http_read_timeout"),
      "for the head of a request, and for each silence in its body; a long upload goes on",
    );
    origins.add(["timeouts", "head"], server.at("http_read_timeout"));
    origins.add([...listener, "timeouts"], server.at("http_read_timeout"));
  }
  if (write !== undefined) {
    server.ledger.approximate(
      server.at("http_write_timeout"),
      "it bounds the wait for a response to begin, and each silence in it, not the whole of it: a long response goes on",
    );
    for (const key of ["response", "read"]) origins.add(["timeouts", key], server.at("http_write_timeout"));
  }
  if (read === undefined && write === undefined) return {};
  return {
    timeouts: {
      ...(read === undefined ? {} : { head: read }),
      ...(write === undefined ? {} : { response: write, read: write }),
    },
  };
}

export function listenerTimeouts(server: Table): Pick<ListenerInput, "timeouts"> {
  const read = durationOf(server, "http_read_timeout");
  return read === undefined ? {} : { timeouts: { read } };
}

/** Undefined when there is none, which is no limit in goproxy and the usual one here. */
function durationOf(server: Table, key: string): string | undefined {
  const seconds = server.count(key);
  if (seconds === undefined) return undefined;
  if (seconds === 0) server.ledger.approximate(server.at(key), "there is a limit always; it is the usual one");
  else if (seconds > secondsMax) server.ledger.fault(server.at(key), `must be at most ${secondsMax} seconds`);
  return seconds === 0 || seconds > secondsMax ? undefined : formatDuration(seconds * 1000);
}
