// A running Sluice: the real program in processes of its own, started from a config file or from words of the command line,
// waited for by asking its admin interface, and ended with the test. Its stderr is kept, for tests and for failures.

import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import type { ConfigInput } from "../../../src/config/input.ts";
import { stateFolderOf } from "../../../src/control/state.ts";
import type { ServerStatus, Status } from "../../../src/control/status.ts";
import { freePort } from "./port.ts";
import { childrenOf, isAlive } from "./processes.ts";
import { type Ran, ran } from "./program.ts";
import type { Room } from "./room.ts";
import { until, within } from "./wait.ts";

export const repository: string = join(import.meta.dir, "..", "..", "..");
const main = join(repository, "src", "main.ts");
/** How long the last words of one that has ended are waited for. */
const heardMsMax = 2000;
/**
 * The command line as the sources that stand here, whatever `command` is: for what loads TypeScript of an operator's, which an executable
 * does in another way, and for what bounds the memory of a process, which is more of the sources.
 */
export const sources: readonly string[] = [process.execPath, main];
const built = process.env["SLUICE_PROGRAM"];
/** How a test runs the command line: by the executable that `npm test` has built of the sources and names, or by the sources. */
export const command: readonly string[] = built === undefined || built === "" ? sources : [resolve(built)];

/** Where it is silent: one listener `web` for the pool `app`, one worker, a short drain. */
export type Draft = Partial<ConfigInput> & Pick<ConfigInput, "pools">;

export interface StartOptions {
  /** What stands before the command, such as a shell that sets a limit. */
  readonly prefix?: readonly string[];
  /** Instead of one that the admin interface calls ready. */
  readonly isAwaited?: boolean;
}

interface Place {
  readonly port: number;
  readonly adminPort: number;
  /** What names its state folder. */
  readonly identity: string;
  readonly configPath: string | null;
}

export class Sluice {
  readonly port: number;
  readonly admin: string;
  readonly configPath: string;
  readonly child: Subprocess<"ignore", "pipe", "pipe">;
  readonly #place: Place;
  stderr = "";
  stdout = "";
  readonly #heard: Promise<unknown>;

  private constructor(room: Room, words: readonly string[], place: Place) {
    this.#place = place;
    this.port = place.port;
    this.admin = `127.0.0.1:${place.adminPort}`;
    this.configPath = place.configPath ?? "";
    this.child = Bun.spawn([...words], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      cwd: room.folder,
      // Configs of other programs have no word for it.
      env: { ...process.env, SLUICE_ADMIN: this.admin, NO_COLOR: "1" },
    });
    this.#heard = Promise.all([
      this.#keep(this.child.stderr, (text) => {
        this.stderr += text;
      }),
      this.#keep(this.child.stdout, (text) => {
        this.stdout += text;
      }),
    ]);
    room.ending(() => this.#end());
  }

  /** From a config file. */
  static async start(room: Room, draft: Draft, options: StartOptions = {}): Promise<Sluice> {
    const [port, adminPort] = [freePort(), freePort()];
    const configPath = room.path(`sluice-${port}.json`);
    const place = { port, adminPort, identity: configPath, configPath };
    writeFileSync(configPath, JSON.stringify(whole(draft, place)));
    const sluice = new Sluice(room, [...(options.prefix ?? []), ...command, "run", "-c", configPath], place);
    return options.isAwaited === false ? sluice : sluice.#readied();
  }

  /** From words of the command line; `--listen` and `--admin` are added. */
  static async run(room: Room, words: readonly string[], options: StartOptions = {}): Promise<Sluice> {
    const [port, adminPort] = [freePort(), freePort()];
    const listen = `127.0.0.1:${port}`;
    const admin = `127.0.0.1:${adminPort}`;
    const place = { port, adminPort, identity: `${listen} ${admin}`, configPath: null };
    const all = [...(options.prefix ?? []), ...command, "run", "--listen", listen, "--admin", admin, ...words];
    const sluice = new Sluice(room, all, place);
    return options.isAwaited === false ? sluice : sluice.#readied();
  }

  /** From a config file that is there, in whatever format, which names these ports; `program`: `command`, or `sources`. */
  static async of(
    room: Room,
    configPath: string,
    port: number,
    adminPort: number,
    program: readonly string[] = command,
  ): Promise<Sluice> {
    const place = { port, adminPort, identity: configPath, configPath };
    return new Sluice(room, [...program, "run", "-c", configPath], place).#readied();
  }

  /** Where a second one of the same config file would run. */
  static async again(room: Room, former: Sluice, options: StartOptions = {}): Promise<Sluice> {
    const words = [...(options.prefix ?? []), ...command, "run", "-c", former.configPath];
    const sluice = new Sluice(room, words, former.#place);
    return options.isAwaited === false ? sluice : sluice.#readied();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Process ids of the workers that are up. */
  async workers(): Promise<number[]> {
    return (await this.status()).workers.flatMap(({ pid, state }) => (pid === null || state !== "up" ? [] : [pid]));
  }

  async status(): Promise<Status> {
    return until("status to be told", async () => {
      const response = await fetch(`http://${this.admin}/api/v1/status`);
      // Tests ask more often than people may.
      return response.status === 429 ? null : ((await response.json()) as Status);
    });
  }

  async server(name: string): Promise<ServerStatus> {
    const found = (await this.status()).pools.flatMap((pool) => pool.servers).find((server) => server.name === name);
    if (found === undefined) throw new Error(`status has no server ${name}`);
    return found;
  }

  async metricsText(): Promise<string> {
    return (await fetch(`http://${this.admin}/metrics`)).text();
  }

  /** The sum of all samples of a name that have these labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    let sum = 0;
    for (const line of (await this.metricsText()).split("\n")) {
      const match = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (match?.[1] !== name) continue;
      if (Object.entries(labels).every(([key, value]) => match[2]?.includes(`${key}="${value}"`)))
        sum += Number(match[3]);
    }
    return sum;
  }

  /**
   * Asks until the sum is as expected: a worker counts an exchange a moment after its last byte has left. What is counted too
   * often is still found, for counters do not go back; a sum that is never reached is told.
   */
  async counted(expected: number, name: string, labels: Record<string, string> = {}): Promise<void> {
    let found = Number.NaN;
    await until(`${name} to be ${expected}`, async () => {
      found = await this.metric(name, labels);
      return found === expected;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${found}`);
    });
  }

  /** A command that speaks to this one. */
  cli(...words: readonly string[]): Promise<Ran> {
    return ran([...command, ...words, "--admin", this.admin]);
  }

  /** Writes another config with the same places; it is in force after a reload. */
  rewrite(draft: Draft): void {
    writeFileSync(this.configPath, JSON.stringify(whole(draft, this.#place)));
  }

  async reload(draft: Draft): Promise<void> {
    this.rewrite(draft);
    const response = await fetch(`http://${this.admin}/api/v1/reload`, { method: "POST" });
    if (response.status !== 200) throw new Error(`reload: ${await response.text()}`);
  }

  /** Its exit code, when its last words have been read: they come by pipes, and may come later than that. */
  async exited(withinMs = 15_000): Promise<number> {
    const code = await within(`Sluice to end; it said:\n${this.stderr}`, this.child.exited, withinMs);
    // A worker that outlives a control process that was killed holds the pipes a little longer.
    await Promise.race([this.#heard, Bun.sleep(heardMsMax)]);
    return code;
  }

  async #readied(): Promise<this> {
    await until(
      "Sluice to be ready",
      async () => {
        if (this.child.exitCode !== null) throw new Error(`Sluice ended with ${this.child.exitCode}:\n${this.stderr}`);
        const response = await fetch(`http://${this.admin}/readyz`).catch(() => null);
        return response?.status === 200;
      },
      // Three that start at once on a core that others use take long.
      40_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.stderr}`);
    });
    return this;
  }

  async #keep(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
  }

  /** A second of drain, then whatever is left is ended by its process id. */
  async #end(): Promise<void> {
    const workers = childrenOf(this.pid);
    this.child.kill("SIGTERM");
    await Promise.race([this.child.exited, Bun.sleep(700)]);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGKILL");
      await this.child.exited;
    }
    for (const pid of workers) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    rmSync(stateFolderOf(this.#place.identity), { recursive: true, force: true });
  }
}

function whole(draft: Draft, { port, adminPort }: Place): ConfigInput {
  return {
    workers: 1,
    drainTimeout: "2s",
    listeners: { web: { listen: `127.0.0.1:${port}`, use: Object.keys(draft.pools ?? {})[0]! } },
    // Tests ask more often than people.
    admin: { listen: `127.0.0.1:${adminPort}`, rateLimit: "1000/s" },
    ...draft,
  };
}
