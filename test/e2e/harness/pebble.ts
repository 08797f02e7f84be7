// Pebble from the system's packages: the small authority that Let's Encrypt has made for testing clients, with a name server in which every
// name leads to 127.0.0.1. It forgets everything when it ends, and so is good for an authority that has lost its memory as well.

import type { Subprocess } from "bun";
import { freePort } from "./port.ts";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { authorityIn } from "./signed.ts";
import { until } from "./wait.ts";

/** What tests need to be there. */
export const pebblePrograms: readonly string[] = ["pebble", "pebble-challtestsrv", "openssl"];

export interface PebbleOptions {
  /** Where it looks for what is answered to it. */
  readonly httpPort: number;
  /** In percent: of nonces that are good. */
  readonly nonceRejects?: number;
  /** Of certificates, in seconds. */
  readonly lifeSeconds?: number;
  /** Accounts that it has given: keys by their identifiers. */
  readonly external?: Readonly<Record<string, string>>;
  /** In percent: of authorizations that are good already. */
  readonly reuses?: number;
}

export class Pebble {
  readonly directory: string;
  /** The file with who has signed its own certificate. */
  readonly ca: string;
  readonly #management: string;
  readonly #words: readonly string[];
  readonly #env: Record<string, string>;
  readonly #room: Room;
  #child: Subprocess<"ignore", "pipe", "pipe"> | null = null;
  log = "";

  private constructor(
    room: Room,
    words: readonly string[],
    env: Record<string, string>,
    ports: readonly number[],
    ca: string,
  ) {
    this.#room = room;
    this.#words = words;
    this.#env = env;
    this.ca = ca;
    this.directory = `https://localhost:${ports[0]}/dir`;
    this.#management = `https://localhost:${ports[1]}`;
  }

  static async start(room: Room, options: PebbleOptions): Promise<Pebble> {
    const [port, management, dns] = [freePort(), freePort(), freePort()];
    const authority = authorityIn(room);
    const { cert, key } = authority.issue(["DNS:localhost", "IP:127.0.0.1"]);
    const ca = room.write(`pebble-ca-${port}.pem`, authority.cert);
    const { external, lifeSeconds } = options;
    const config = {
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: room.write(`pebble-${port}.pem`, cert),
        privateKey: room.write(`pebble-${port}.key`, key),
        httpPort: options.httpPort,
        tlsPort: freePort(),
        ocspResponderURL: "",
        externalAccountBindingRequired: external !== undefined,
        ...(external === undefined ? {} : { externalAccountMACKeys: external }),
        ...(lifeSeconds === undefined ? {} : { certificateValidityPeriod: lifeSeconds }),
      },
    };
    const configPath = room.write(`pebble-${port}.json`, JSON.stringify(config));
    const none = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", "", "-defaultIPv6", ""];
    const names = Bun.spawn([find("pebble-challtestsrv")!, ...none, "-dns01", `127.0.0.1:${dns}`], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    room.ending(() => end(names));
    const env = {
      PEBBLE_VA_NOSLEEP: "1",
      PEBBLE_WFE_NONCEREJECT: String(options.nonceRejects ?? 5),
      PEBBLE_AUTHZREUSE: String(options.reuses ?? 0),
    };
    const words = [find("pebble")!, "-config", configPath, "-dnsserver", `127.0.0.1:${dns}`];
    const pebble = new Pebble(room, words, env, [port, management], ca);
    room.ending(() => pebble.stop());
    await pebble.begin();
    return pebble;
  }

  /** Also after `stop`, with nothing that it knew before. */
  async begin(): Promise<void> {
    const child = Bun.spawn([...this.#words], {
      cwd: this.#room.folder,
      env: { ...process.env, ...this.#env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    void this.#hear(child.stdout);
    void this.#hear(child.stderr);
    await until("pebble to answer", () =>
      this.#get(this.directory).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  }

  async stop(): Promise<void> {
    if (this.#child !== null) await end(this.#child);
    this.#child = null;
  }

  /** PEM of the root that certificates of this run lead to. */
  async root(): Promise<string> {
    return (await this.#get(`${this.#management}/roots/0`)).text();
  }

  async #get(url: string): Promise<Response> {
    return fetch(url, { tls: { ca: await Bun.file(this.ca).text() } });
  }

  async #hear(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const part of stream) this.log += decoder.decode(part, { stream: true });
  }
}

async function end(child: Pick<Subprocess, "kill" | "exited">): Promise<void> {
  child.kill("SIGKILL");
  await child.exited;
}
