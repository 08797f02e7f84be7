// Varnish, for what is cached: in memory, with as many threads as there are connections, and its log, which it always writes, in
// memory too.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import { type Starter, start, startInMemory } from "../target.ts";

/** Each takes one request at a time; the usual least is 100 for each of two pools. */
const threads = 200;

export const startVarnish: Starter = (options) =>
  startInMemory((place) => {
    const port = freePort();
    const vcl = join(options.folder, "default.vcl");
    writeFileSync(vcl, `vcl 4.1;\nbackend app { .host = "127.0.0.1"; .port = "${options.originPort}"; }\n`);
    const parameters = {
      thread_pools: options.workers,
      thread_pool_min: threads,
      thread_pool_max: threads * 5,
      timeout_idle: 300,
    };
    const args = [
      ...["-F", "-j", "none", "-n", place, "-T", "none", "-S", "none"],
      ...["-a", `127.0.0.1:${port}`, "-f", vcl, "-s", "malloc,256m"],
      ...Object.entries(parameters).flatMap(([name, value]) => ["-p", `${name}=${value}`]),
    ];
    return start("varnish", "varnishd", args, port, options);
  });
