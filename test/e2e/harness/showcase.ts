// One Sluice with something of everything that metrics tell of: listeners of all modes, TLS, a forward proxy, rules, tables, lists, hooks,
// a cache with a Redis behind it, an egress pool with a log and ipmanager's pages, a fleet, discovery, a registry and a sentinel, a server that is not
// there. And traffic for all of it, for as long as a test looks.

import { writeFileSync } from "node:fs";
import { Authority } from "../../authority.ts";
import { DatagramClient, DatagramServer, freeDatagramPort } from "./datagrams.ts";
import { Load } from "./load.ts";
import { Origin, ok } from "./origin.ts";
import { freePort } from "./port.ts";
import type { Redis } from "./redis.ts";
import type { Room } from "./room.ts";
import { Sluice } from "./sluice.ts";

export class Showcase {
  readonly sluice: Sluice;
  /** Where ipmanager's pages are. */
  readonly ipmanager: string;
  readonly #ports: Ports;
  readonly #datagrams: DatagramClient;
  readonly #origin: Origin;
  #isEnded = false;

  private constructor(sluice: Sluice, ports: Ports, datagrams: DatagramClient, origin: Origin) {
    this.sluice = sluice;
    this.ipmanager = listen(ports.ipmanager);
    this.#ports = ports;
    this.#datagrams = datagrams;
    this.#origin = origin;
  }

  /** With traffic, until the room is left. */
  static async start(room: Room, redis: Redis, token?: string): Promise<Showcase> {
    const origin = new Origin(room, ({ target }) =>
      target.startsWith("/stored") ? ok("stored", "Cache-Control: max-age=1") : ok("served"),
    );
    const [web, secure, raw, forward, admin] = [freePort(), freePort(), freePort(), freePort(), freePort()];
    const ports = { web, secure, raw, forward, admin, out: freePort(), ipmanager: freePort() };
    const udpPort = await freeDatagramPort();
    const udp = await DatagramServer.start("udp");
    room.ending(() => udp.stop());
    const config = configText(room, { ...ports, udp: udpPort }, origin, udp.port, redis.address, token);
    const sluice = await Sluice.of(room, room.write("sluice.config.ts", config), ports.web, ports.admin);
    const datagrams = await DatagramClient.start(udpPort);
    room.ending(() => datagrams.stop());
    const showcase = new Showcase(sluice, ports, datagrams, origin);
    const loads = [
      new Load(ports.web, { connections: 1, target: "/" }),
      new Load(ports.secure, { connections: 1, isSecure: true }),
    ];
    const visits = showcase.#visit();
    room.ending(async () => {
      showcase.#isEnded = true;
      await Promise.all([...loads.map((load) => load.stop()), visits]);
    });
    return showcase;
  }

  /** What no load asks for, again and again. */
  async #visit(): Promise<void> {
    const { web, raw, forward, out } = this.#ports;
    const quietly = (asked: Promise<unknown>): Promise<unknown> => asked.catch(() => null);
    for (let round = 0; !this.#isEnded; round++) {
      const web_ = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${web}${path}`);
      const proxy = (user: string): string => `http://${user}@127.0.0.1:${forward}`;
      await quietly(
        Promise.all([
          web_(`/stored/${round % 5}`),
          web_("/denied"),
          web_("/hook"),
          web_("/away"),
          web_("/encrypted"),
          fetch(`http://127.0.0.1:${raw}/`, { keepalive: false }),
          fetch(this.#origin.address.replace(/^/, "http://"), { proxy: proxy("john:secret") }),
          fetch(this.#origin.address.replace(/^/, "http://"), { proxy: proxy("john:wrong") }),
          fetch(this.#origin.address.replace(/^/, "http://"), { proxy: `http://127.0.0.1:${out}` }),
          this.#datagrams.ask(`question ${round}`),
        ]),
      );
      await Bun.sleep(20);
    }
  }
}

interface Ports {
  readonly web: number;
  readonly secure: number;
  readonly raw: number;
  readonly forward: number;
  readonly admin: number;
  readonly out: number;
  readonly ipmanager: number;
}

function configText(
  room: Room,
  ports: Ports & { readonly udp: number },
  origin: Origin,
  udpServer: number,
  redis: string,
  token?: string,
): string {
  using authority = new Authority();
  const { cert, key } = authority.issue(["DNS:shop.example", "IP:127.0.0.1"]);
  room.write("shop.crt", cert);
  room.write("shop.key", key);
  const time = new Date().toISOString().replace(/\.\d+Z$/, "+00:00");
  writeFileSync(room.path("nginx.log"), `${time} 200 127.0.0.2 shop.example\n${time} 403 127.0.0.3 shop.example\n`);
  room.write("upstream.conf", `server { listen ${freePort()}; proxy_bind 127.0.0.5; }\n`);
  writeFileSync(room.path("servers.txt"), `${origin.address}\n`);
  const config = {
    workers: 2,
    drainTimeout: "1s",
    log: { level: "error" },
    admin: { listen: listen(ports.admin), token },
    accessLog: { path: "access.log" },
    tables: { clients: { size: "1k", expire: "1m", store: ["http_req_rate(10s)"], share: true } },
    lists: { office: { addresses: ["192.0.2.0/24"] } },
    fleet: redis,
    registry: redis,
    sentinel: {
      targets: [origin.address],
      set: "showcase",
      check: { tcp: true, every: "500ms" },
    },
    caches: { default: { size: "4mb", redis: `redis://${redis}` } },
    egress: {
      scrape: {
        members: [{ addresses: ["127.0.0.2-4"] }, { nginx: "upstream.conf" }],
        logs: [{ path: "nginx.log", format: "$time_iso8601 $status $server_name $http_x_egress_host", mode: "parse" }],
        evidence: "both",
      },
    },
    ipmanager: { listen: listen(ports.ipmanager), egress: "scrape", settings: {} },
    acme: { agreeToTerms: true, directory: "https://127.0.0.1:1/directory" },
    listeners: listenersOf(ports),
    pools: poolsOf(ports, origin, udpServer),
  };
  return `import { defineConfig } from "sluice";
const config = ${JSON.stringify(config, null, 2)} as const;
const onRequest = (request: { path: string }) => {
  if (request.path === "/hook") throw new Error("as it should");
};
export default defineConfig({ ...config, listeners: { ...config.listeners, web: { ...config.listeners.web, onRequest } } } as never);
`;
}

const listen = (port: number): string => `127.0.0.1:${port}`;

function listenersOf(ports: Ports & { readonly udp: number }): object {
  return {
    web: {
      listen: listen(ports.web),
      use: "app",
      rules: [
        { track: "clients" },
        { if: "path == '/denied'", deny: 403 },
        { if: "path == '/away'", use: "away" },
        { if: "path == '/encrypted'", use: "encrypted" },
        { if: "path.startsWith('/stored')", use: "stored" },
      ],
    },
    secure: {
      listen: listen(ports.secure),
      use: "app",
      // Nobody is there to give the second one.
      tls: { certificates: [{ certificate: "shop.crt", key: "shop.key" }], acme: ["nobody.test"] },
    },
    raw: { mode: "tcp", listen: listen(ports.raw), use: "raw" },
    names: { mode: "udp", listen: listen(ports.udp), use: "names" },
    forward: {
      listen: listen(ports.forward),
      auth: { users: { john: "secret" } },
      proxy: { private: true },
    },
    out: { listen: listen(ports.out), proxy: { private: true, egress: "scrape" } },
  };
}

function poolsOf(ports: Ports, origin: Origin, udpServer: number): object {
  return {
    app: {
      servers: [origin.address, { address: `127.0.0.1:${freePort()}` }],
      check: { tcp: true, every: "500ms" },
      ejection: { consecutiveFailures: 5 },
      mirror: { to: "copies", share: 0.2 },
    },
    copies: { servers: [origin.address] },
    stored: { discover: { file: "servers.txt" }, cache: true },
    away: {
      servers: [`127.0.0.1:${freePort()}`],
      retries: 1,
      ejection: { consecutiveFailures: 3, base: "1s", maximum: "1s" },
    },
    encrypted: { servers: [`127.0.0.1:${ports.secure}`], tls: { verify: false } },
    raw: { servers: [origin.address] },
    names: { servers: [`127.0.0.1:${udpServer}`] },
  };
}
