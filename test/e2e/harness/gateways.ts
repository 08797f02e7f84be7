// An nginx with a server for each outbound address, as ipmanager has it in front of the world: its `server` blocks lie in a file of their
// own, which Sluice reads too, and may be written anew while it runs. What it logs is written to one file, or to one for each address.

import { mkdirSync, writeFileSync } from "node:fs";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export interface Gateway {
  readonly ip: string;
  readonly port: number;
}

/** Of `log_format`: what ipmanager looks for, with a time. */
export const ipmanagerFormat: string =
  '$remote_addr [$time_local] "$request" $status $body_bytes_sent $request_time ' +
  "Exgress_key: $http_x_egress_key 127.0.0.1:$server_port -> Request Host: $http_x_egress_host <-";

export interface GatewaysOptions {
  readonly format?: string;
  /** One log for each address. */
  readonly isLoggedApart?: boolean;
}

/** On an address of its own nobody else asks for a port: 300 free ones of 127.0.0.1 would be in the way of the tests beside this. */
const firstPort = 33_001;
let started = 0;

export class Gateways {
  readonly host: string;
  /** What Sluice reads. */
  readonly path: string;
  /** As a config says it: with %s where each address has its own. */
  readonly log: string;
  gateways: readonly Gateway[] = [];
  readonly #room: Room;
  readonly #options: GatewaysOptions;
  #child: Bun.Subprocess | null = null;

  private constructor(room: Room, options: GatewaysOptions) {
    this.#room = room;
    this.#options = options;
    this.host = `127.${100 + (started++ % 100)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
    for (const folder of ["gateways", "gateways/logs", "conf.d"]) mkdirSync(room.path(folder), { recursive: true });
    this.path = room.path("conf.d/001-upstream.conf");
    this.log = room.path(`gateways/logs/${options.isLoggedApart === true ? "%s." : ""}access.log`);
  }

  /** Addresses from 127.0.0.2 on, each with a port of its own. */
  static async start(room: Room, count: number, options: GatewaysOptions = {}): Promise<Gateways> {
    const all = new Gateways(room, options);
    all.write(Array.from({ length: count }, (_, index) => ({ ip: loopback(index + 2), port: firstPort + index })));
    const path = room.write("gateways.conf", all.#conf());
    const words = [find("nginx")!, "-e", room.path("gateways/error.log"), "-p", room.path("gateways"), "-c", path];
    const child = Bun.spawn(words, { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
    all.#child = child;
    room.ending(async () => {
      child.kill("SIGTERM");
      await child.exited;
    });
    await until("nginx to answer", () => all.#test(all.gateways.at(-1)!.port));
    return all;
  }

  /** Adds an address that none of them has yet. */
  another(): Gateway {
    return { ip: loopback(this.gateways.length + 2), port: firstPort + this.gateways.length };
  }

  /** The file as it is from now on; nginx reads it when it is told to. */
  write(gateways: readonly Gateway[]): void {
    this.gateways = gateways;
    writeFileSync(this.path, gateways.map((each) => this.#server(each)).join(""));
  }

  /** Until the last of them answers. */
  async reload(): Promise<void> {
    this.#child!.kill("SIGHUP");
    await until("nginx' new servers to answer", () => this.#test(this.gateways.at(-1)!.port));
  }

  /** What logrotate has it do after it has renamed files. */
  reopen(): void {
    this.#child!.kill("SIGUSR1");
  }

  logOf(ip: string): string {
    return this.log.replace("%s", ip);
  }

  #test(port: number): Promise<boolean> {
    return fetch(`http://${this.host}:${port}/test`, { keepalive: false }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  #server({ ip, port }: Gateway): string {
    const log = this.#options.isLoggedApart === true ? `access_log ${this.logOf(ip)} proxy_logs;` : "";
    return `
server {
  listen ${this.host}:${port};
  server_name ${ip};
  ${log}
  location = /test { access_log off; return 200 "${port}->${ip}"; }
  location / {
    proxy_bind ${ip};
    proxy_set_header Host $http_x_egress_host;
    proxy_set_header X-Egress-Host "";
    proxy_set_header X-Egress-Scheme "";
    proxy_set_header X-Egress-Key "";
    proxy_hide_header X-Accel-Redirect;
    proxy_pass $http_x_egress_scheme://$http_x_egress_host;
  }
}
`;
  }

  #conf(): string {
    const root = process.getuid?.() === 0 ? "user root;" : "";
    const log = this.#options.isLoggedApart === true ? "off" : `${this.log} proxy_logs`;
    return `
      daemon off; ${root} worker_processes 1; pid ${this.#room.path("gateways/nginx.pid")};
      events { worker_connections 4096; }
      http {
        log_format proxy_logs '${this.#options.format ?? ipmanagerFormat}';
        access_log ${log};
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi; scgi_temp_path scgi;
        keepalive_requests 100000; proxy_connect_timeout 2s; proxy_read_timeout 5s;
        include ${this.path};
      }`;
  }
}

/** 127.0.0.2 is 2, 127.0.1.0 is 256. */
export function loopback(number: number): string {
  return `127.0.${number >> 8}.${number & 255}`;
}

/** As nginx' $time_local, in UTC. */
export function nginxTime(atMs: number): string {
  const [, day, month, year, time] = /, (\d\d) (\w{3}) (\d{4}) (\S+) GMT$/.exec(new Date(atMs).toUTCString())!;
  return `${day}/${month}/${year}:${time} +0000`;
}
