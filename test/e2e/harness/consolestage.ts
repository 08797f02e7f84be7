// A Sluice with something for every page of the console: rules of all modes, tables with many clients, a cache, egress pools of 300 and of
// 10,000 members of which some are out, certificates, changes that no file has. By hand, with traffic for as long as it runs and the address
// of its console on the first line: bun test/e2e/harness/consolestage.ts.

import { Authority } from "../../authority.ts";
import { askBy, inTurns } from "./egress.ts";
import { type Handler, Origin, ok, write } from "./origin.ts";
import { Outside } from "./outside.ts";
import { freePort } from "./port.ts";
import { Room } from "./room.ts";
import { Sluice } from "./sluice.ts";

/** Of the pool `scrape`. */
export const fewMembers = 300;
/** Of the pool `crawl`. */
export const manyMembers = 10_000;

export class ConsoleStage {
  readonly sluice: Sluice;
  readonly outside: Outside;
  readonly #egressPort: number;
  readonly #crawlPort: number;
  #number = 0;

  private constructor(sluice: Sluice, outside: Outside, egressPort: number, crawlPort: number) {
    this.sluice = sluice;
    this.outside = outside;
    this.#egressPort = egressPort;
    this.#crawlPort = crawlPort;
  }

  static async start(room: Room, wanted: Partial<Ports> = {}, program?: readonly string[]): Promise<ConsoleStage> {
    const shop: Handler = async ({ target, socket }) => {
      if (target.startsWith("/reports")) {
        // A server that thinks, and then has more to say than it says at once.
        await Bun.sleep(slowMs.think);
        const report = ok("x".repeat(20_000));
        write(socket, report.subarray(0, 9000));
        await Bun.sleep(slowMs.tell);
        return report.subarray(9000);
      }
      if (target.startsWith("/broken")) return "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno";
      return target.startsWith("/static") ? ok("kept", "Cache-Control: max-age=300", 'ETag: "7"') : ok(`for ${target}`);
    };
    const origins = [new Origin(room, shop).address, new Origin(room, shop).address] as const;
    const outside = new Outside(room);
    const found = { port: freePort(), adminPort: freePort(), securePort: freePort() };
    const ports: Ports = { ...found, egressPort: freePort(), crawlPort: freePort(), ...wanted };
    const path = room.write("sluice.json", JSON.stringify(configOf(room, origins, ports), null, 2));
    return new ConsoleStage(
      await Sluice.of(room, path, ports.port, ports.adminPort, program),
      outside,
      ports.egressPort,
      ports.crawlPort,
    );
  }

  get url(): string {
    return `http://${this.sluice.admin}/`;
  }

  /** Some of everything: clients of which a few ask for much, what is kept and what is not, what rules refuse. */
  async ask(count: number): Promise<void> {
    await inTurns(count, 4, async () => {
      const number = this.#number++;
      const client = `203.0.113.${number % 3 === 0 ? 7 : number % 90}`;
      const path = paths[number % paths.length]!.replace("#", String(number % 12));
      const headers = { "X-Forwarded-For": client, Host: "shop.example" };
      await (await fetch(`${this.sluice.url}${path}`, { headers, method: path === "/cart" ? "POST" : "GET" })).text();
    });
  }

  /** From each of so many members; whoever ends with one of these numbers is refused. */
  async scrape(count: number, refused: readonly number[] = [7]): Promise<void> {
    this.outside.manner = ({ from }) => (refused.includes(Number(from.split(".")[3]) % 50) ? 403 : 200);
    for (const port of [this.#egressPort, this.#crawlPort])
      await inTurns(count, 8, (index) => askBy(port, this.outside.host(1 + (index % 3))));
  }

  /** Some have done and changed things, and traffic rises and falls until it is over. */
  async live(isOver: () => boolean): Promise<void> {
    await this.scrape(400, [7, 23]);
    for (const ip of ["127.20.0.99", "127.20.0.100"])
      await this.order("POST", `/api/v1/egress/scrape/${ip}/ban`, { reason: "blocked by the provider", for: "6h" });
    await this.order("PATCH", `/api/v1/rules/${encodeURIComponent("listeners.web.rules[4]")}`, { mode: "off" });
    for (let round = 0; !isOver(); round++) {
      await this.ask(20 + Math.round(15 * Math.sin(round / 9)));
      // One has more to tell than the others: somebody gives it another try now and then, and it fails again.
      if (round % 130 === 60) await this.order("POST", "/api/v1/egress/scrape/127.20.0.7/unban", {});
      if (round % 2 === 0) await this.scrape(6, round % 40 === 0 ? [7, 8] : [7]).catch(() => {});
      await Bun.sleep(150);
    }
  }

  async order(method: string, path: string, body: object): Promise<void> {
    const answer = await fetch(`http://${this.sluice.admin}${path}`, {
      method,
      headers: { "Content-Type": "application/json", "Sluice-Actor": "maria" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    await answer.text();
  }
}

const paths = [
  ...["/", "/products/#", "/static/app.js", "/static/logo.png", "/products/#?sort=price", "/static/app.js", "/cart"],
  ...[
    "/static/style-#.css",
    "/wp-login.php",
    "/products/#",
    "/admin",
    "/static/app.js",
    "/broken",
    "/products/#?page=2",
  ],
  "/reports/#",
];
const slowMs = { think: 24, tell: 11 } as const;

export interface Ports {
  readonly port: number;
  readonly securePort: number;
  readonly adminPort: number;
  readonly egressPort: number;
  readonly crawlPort: number;
}

function configOf(room: Room, [origin, other]: readonly [string, string], ports: Ports): object {
  using authority = new Authority();
  const shop = authority.issue(["DNS:shop.example", "DNS:www.shop.example"], 61);
  const api = authority.issue(["DNS:api.example"], 9);
  for (const [name, { cert, key }] of Object.entries({ shop, api })) {
    room.write(`${name}.crt`, cert);
    room.write(`${name}.key`, key);
  }
  const certificates = ["shop", "api"].map((name) => ({ certificate: `${name}.crt`, key: `${name}.key` }));
  const judge = { per: "member", failures: 1, statuses: { "403": "failure" }, coolDown: "10m" };
  const forward = (listen: number, egress: string): object => ({
    listen: `127.0.0.1:${listen}`,
    via: false,
    proxy: { egress, fields: true, connect: false, private: true, ports: ["1-65535"] },
  });
  return {
    workers: 1,
    drainTimeout: "1s",
    log: { level: "error" },
    admin: { listen: `127.0.0.1:${ports.adminPort}` },
    tables: {
      clients: { key: "ip", size: "10k", expire: "10m", store: ["http_req_rate(10s)", "http_err_rate(10s)", "gpc0"] },
      marked: { key: "ip", size: 200, expire: "1h", store: ["gpc0"] },
    },
    caches: { pages: { size: "8mb" } },
    egress: {
      scrape: {
        members: [
          { addresses: ["127.20.0.1-150"], tags: { country: "de" } },
          { addresses: ["127.20.0.151-250", "127.20.1.1-50"], tags: { country: "fr" } },
        ],
        choose: "roundRobin",
        judge,
      },
      crawl: { members: [{ addresses: ["127.32.0.0/16"], count: manyMembers }], choose: "random", judge },
    },
    listeners: {
      web: {
        listen: `127.0.0.1:${ports.port}`,
        trustedProxies: ["127.0.0.1"],
        use: "shop",
        rules: webRules,
      },
      secure: { listen: `127.0.0.1:${ports.securePort}`, use: "shop", tls: { certificates } },
      scrape: forward(ports.egressPort, "scrape"),
      crawl: forward(ports.crawlPort, "crawl"),
    },
    pools: {
      shop: {
        servers: [origin, other],
        cache: "pages",
      },
      files: { servers: [origin] },
    },
  };
}

const webRules: readonly object[] = [
  { name: "count clients", track: "clients" },
  { name: "marked clients", if: "marked[src].gpc0 > 0", deny: { status: 429, retryAfter: "10m" } },
  { name: "scanners", if: "path in ['/wp-login.php', '/.env']", mark: "marked", mode: "observe", deny: 403 },
  {
    name: "shop",
    if: "host == 'shop.example'",
    rules: [
      { name: "too fast", if: "clients[src].http_req_rate > 400", deny: { status: 429, retryAfter: "10s" } },
      { name: "back office", if: "path.startsWith('/admin') && !(src in cidr('10.0.0.0/8'))", deny: 403 },
      { name: "old cart", if: "method == 'POST' && path == '/cart/v1'", mode: "off", deny: 410 },
    ],
  },
  { name: "files", if: "path.startsWith('/files/')", use: "files" },
];

if (import.meta.main) {
  const room = new Room();
  const stage = await ConsoleStage.start(room);
  console.log(stage.url);
  let isEnded = false;
  for (const signal of ["SIGTERM", "SIGINT"])
    process.once(signal, () => {
      isEnded = true;
    });
  await stage.live(() => isEnded);
  await room[Symbol.asyncDispose]();
}
