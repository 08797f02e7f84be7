// A network namespace with a name, for tests whose addresses are nobody's on this machine: what is started within it sees nothing
// else. It ends with the room that it was made for, after everything that runs in it.

import { find, type Ran, ran } from "./program.ts";
import type { Room } from "./room.ts";
import { command } from "./sluice.ts";
import { until } from "./wait.ts";

const ip = find("ip");
/** Of this process: several tests may run at once. */
let last = 0;

export class Network {
  readonly #name: string;
  readonly #room: Room;

  private constructor(name: string, room: Room) {
    this.#name = name;
    this.#room = room;
  }

  /** Why this machine can have none in which these settings can be made; null when it can. */
  static obstacle(...settings: readonly (readonly string[])[]): string | null {
    if (ip === null) return "ip missing";
    const name = nextName();
    if (Bun.spawnSync([ip, "netns", "add", name]).exitCode !== 0) return "no network namespaces";
    const refused = settings.find((words) => Bun.spawnSync([ip, "-n", name, ...words]).exitCode !== 0);
    Bun.spawnSync([ip, "netns", "del", name]);
    return refused === undefined ? null : `no ip ${refused.join(" ")}`;
  }

  /** A new one, of which the loopback interface is up. */
  static async open(room: Room): Promise<Network> {
    const network = new Network(nextName(), room);
    await done("netns", "add", network.#name);
    room.ending(() => done("netns", "del", network.#name));
    await network.set("link", "set", "lo", "up");
    return network;
  }

  /** What follows `ip`, within it. */
  set(...words: readonly string[]): Promise<void> {
    return done("-n", this.#name, ...words);
  }

  /** A program within it, to its end. */
  ran(...words: readonly string[]): Promise<Ran> {
    return ran(this.#within(words));
  }

  curl(...words: readonly string[]): Promise<Ran> {
    return this.ran(find("curl")!, "-sS", "-m", "10", "--noproxy", "", ...words);
  }

  /** A program within it that runs until the room ends. */
  start(...words: readonly string[]): Bun.Subprocess<"ignore", "ignore", "pipe"> {
    const child = Bun.spawn(this.#within(words), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { ...process.env, NO_COLOR: "1" },
    });
    this.#room.ending(async () => {
      child.kill("SIGTERM");
      await Promise.race([child.exited, Bun.sleep(1000)]);
      child.kill("SIGKILL");
      await child.exited;
    });
    return child;
  }

  /** Sluice by a config file, from when it is ready. `admin` is where its admin listener is, such as `127.0.0.1:9000`. */
  async sluice(config: string, admin: string): Promise<void> {
    const child = this.start(...command, "run", "-c", config);
    await until(
      "it to be ready",
      async () => {
        if (child.exitCode !== null) throw new Error(await new Response(child.stderr).text());
        return (await this.curl("-o", "/dev/null", "-w", "%{http_code}", `http://${admin}/readyz`)).out === "200";
      },
      20_000,
    );
  }

  #within(words: readonly string[]): string[] {
    return [ip!, "netns", "exec", this.#name, ...words];
  }
}

function nextName(): string {
  return `sluice-e2e-${process.pid}-${++last}`;
}

async function done(...words: readonly string[]): Promise<void> {
  const { code, err } = await ran([ip!, ...words]);
  if (code !== 0) throw new Error(`ip ${words.join(" ")}: ${err}`);
}
