// A listener that accepts nobody and has no room for those who wait: a process that binds a port with the shortest backlog
// and then sleeps. Dials to it stay under way, as they do to a host that has vanished, until the process is ended.

import type { Subprocess } from "bun";
import { connect } from "./pair.ts";

const program = `
const { dlopen } = require("bun:ffi");
const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
const { symbols } = dlopen("libc.so.6", { listen: { args: ["i32", "i32"], returns: "i32" } });
symbols.listen(listener.fd, 0);
require("fs").writeSync(1, String(listener.port));
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
`;

export class StuckListener implements AsyncDisposable {
  readonly port: number;
  readonly #child: Subprocess<"ignore", "pipe", "inherit">;

  private constructor(port: number, child: Subprocess<"ignore", "pipe", "inherit">) {
    this.port = port;
    this.#child = child;
  }

  static async start(): Promise<StuckListener> {
    const child = Bun.spawn([process.execPath, "-e", program], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const { value } = await child.stdout.getReader().read();
    const stuck = new StuckListener(Number(new TextDecoder().decode(value)), child);
    // One takes the only place there is.
    await connect(stuck.port);
    return stuck;
  }

  /** Ends the process: dials under way are refused as soon as the kernel tries again, which is within seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
