// A goproxy's place: a folder with config/cfg.toml in it, and `sluice goproxy` started there, as its users start goproxy. Where the
// machine has an /etc/proxy/cfg.toml of its own, which would come first, the file is named.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Status } from "../../../src/control/status.ts";
import { freePort } from "./port.ts";
import type { Room } from "./room.ts";
import { command } from "./sluice.ts";
import { until } from "./wait.ts";

const isTaken = existsSync("/etc/proxy/cfg.toml");

export class Goproxy {
  readonly port: number = freePort();
  readonly admin: string = `127.0.0.1:${freePort()}`;
  readonly path: string;
  stderr = "";
  readonly #room: Room;
  #child: Bun.Subprocess<"ignore", "ignore", "pipe"> | null = null;

  constructor(room: Room) {
    this.#room = room;
    mkdirSync(room.path("config"), { recursive: true });
    this.path = room.path("config/cfg.toml");
  }

  /** `lines` follow the port in [server]; sections may come after. */
  write(lines: string): this {
    writeFileSync(
      this.path,
      `title = "TOML config for goproxy"\n\n[server]\nport = "127.0.0.1:${this.port}"\n${lines}\n`,
    );
    return this;
  }

  /** Until it is ready. */
  async start(lines: string, environment: Readonly<Record<string, string>> = {}): Promise<this> {
    this.write(lines);
    const words = isTaken ? ["run", "-c", this.path] : ["goproxy"];
    const child = Bun.spawn([...command, ...words], {
      cwd: this.#room.folder,
      env: { ...process.env, SLUICE_ADMIN: this.admin, NO_COLOR: "1", ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    this.#room.ending(() => this.stop());
    void this.#keep(child.stderr);
    const outcome = await until(
      "it to be ready",
      async () => {
        if (child.exitCode !== null) return `it ended: ${this.stderr}`;
        const answer = await fetch(`http://${this.admin}/readyz`).catch(() => null);
        return answer?.status === 200 ? "ready" : null;
      },
      20_000,
    );
    if (outcome !== "ready") throw new Error(outcome);
    return this;
  }

  /** Ends it as a service manager does, and waits for it. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill("SIGTERM");
    await child.exited;
  }

  /** Its file as it is written anew, and in use. */
  async rewrite(lines: string): Promise<void> {
    const before = await this.generation();
    this.write(lines);
    await until("the new config to be in use", async () => (await this.generation()) > before);
  }

  async generation(): Promise<number> {
    return (await this.#status()).generation;
  }

  async workers(): Promise<number> {
    return (await this.#status()).workers.length;
  }

  /** Exchanges under way at a server of proxy_pass. */
  async activeAt(address: string): Promise<number> {
    const [pool] = (await this.#status()).pools;
    return pool!.servers.find(({ name }) => name === address)!.active;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async #status(): Promise<Status> {
    return (await (await fetch(`http://${this.admin}/api/v1/status`)).json()) as Status; // What Control answers.
  }

  async #keep(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) this.stderr += decoder.decode(bytes);
  }
}
