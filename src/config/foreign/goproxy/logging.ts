// server.log and server.log_path. goproxy documents both and reads neither; here they do what they say: the application log
// has a level, and each request has a line in a file under log_path. The application log itself is on stderr always.

import { join } from "node:path";
import type { AccessLogInput, LogInput } from "../../input.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";

export function logOf(server: Table, origins: Origins): LogInput {
  origins.add(["log"], server.at("log"));
  const level = server.count("log") ?? 0;
  if (level > 1) server.ledger.approximate(server.at("log"), "there are 0 for info and 1 for debug; this is 1");
  return { level: level === 0 ? "info" : "debug" };
}

export function accessLogOf(server: Table, origins: Origins): { accessLog?: AccessLogInput } {
  const folder = server.text("log_path");
  if (folder === undefined) return {};
  origins.add(["accessLog"], server.at("log_path"));
  const path = join(folder, "access.log");
  const start = folder.startsWith("/") ? "" : ", starting at this file's folder,";
  server.ledger.approximate(
    server.at("log_path"),
    `goproxy writes nothing there; here ${path}${start} has a line for each request. Sluice's own log goes to stderr`,
  );
  return { accessLog: { path } };
}
