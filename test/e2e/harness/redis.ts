// redis-server from the system's packages: a real protocol that is not HTTP. It keeps nothing on disk.

import { freePort } from "./port.ts";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export class Redis {
  readonly port: number;
  readonly #child: { kill(signal: NodeJS.Signals): void; readonly exited: Promise<number> };

  private constructor(port: number, child: { kill(signal: NodeJS.Signals): void; readonly exited: Promise<number> }) {
    this.port = port;
    this.#child = child;
  }

  static async start(room: Room, port: number = freePort()): Promise<Redis> {
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = Bun.spawn([find("redis-server")!, ...words], {
      cwd: room.folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const redis = new Redis(port, child);
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

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
