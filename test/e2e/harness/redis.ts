// redis-server from the system's packages: a real protocol that is not HTTP. It keeps nothing on disk.

import { freePort } from "./port.ts";
import { find, ran } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

interface Server {
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<number>;
}

export class Redis {
  readonly port: number;
  readonly #child: Server;
  readonly #password: string;

  private constructor(port: number, child: Server, password: string) {
    this.port = port;
    this.#child = child;
    this.#password = password;
  }

  static async start(room: Room, port: number = freePort(), password = ""): Promise<Redis> {
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    if (password !== "") words.push("--requirepass", password);
    const child = Bun.spawn([find("redis-server")!, ...words], {
      cwd: room.folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const redis = new Redis(port, child, password);
    room.ending(() => redis.stop());
    await until("redis to listen", () =>
      Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).then(
        (socket) => {
          socket.end();
          return true;
        },
        () => false,
      ),
    );
    return redis;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** What redis-cli says to a command, without the end of its last line. */
  async ask(...words: readonly string[]): Promise<string> {
    const password = this.#password === "" ? [] : ["--no-auth-warning", "-a", this.#password];
    const { out } = await ran([find("redis-cli")!, "-p", String(this.port), ...password, ...words]);
    return out.trimEnd();
  }

  async keys(pattern = "*"): Promise<string[]> {
    return (await this.ask("KEYS", pattern)).split("\n").filter(Boolean).sort();
  }

  /** It hangs: connections are accepted, and nothing is answered. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
