// nginx from the system's packages as an origin: a real server with its own idea of HTTP. Its configuration, files and log lie
// in the test's folder, and it runs as a child in the foreground.

import { mkdirSync, readFileSync } from "node:fs";
import { freePort } from "./port.ts";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

export interface Logged {
  readonly connection: string;
  readonly requests: number;
  readonly status: number;
  readonly request: string;
  readonly body: number;
}

export class Nginx {
  readonly port: number;
  readonly #room: Room;

  private constructor(room: Room, port: number) {
    this.#room = room;
    this.port = port;
  }

  /** `files`: name and content, served from /. `more`: further lines inside the server. `servers`: further servers. */
  static async start(
    room: Room,
    files: Record<string, string | Uint8Array> = {},
    more = "",
    servers = "",
  ): Promise<Nginx> {
    mkdirSync(room.path("www"));
    mkdirSync(room.path("nginx"));
    for (const [name, content] of Object.entries(files)) room.write(`www/${name}`, content);
    const nginx = new Nginx(room, freePort());
    const path = room.write("nginx.conf", nginx.#conf(more, servers));
    const child = Bun.spawn([find("nginx")!, "-e", room.path("error.log"), "-p", room.folder, "-c", path], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    });
    room.ending(async () => {
      child.kill("SIGTERM");
      await child.exited;
    });
    await until("nginx to answer", () =>
      fetch(`http://${nginx.address}/ready`)
        .then((it) => it.status === 200)
        .catch(() => false),
    );
    return nginx;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Its access log, once `count` lines about other things than readiness are there. */
  async log(count: number): Promise<Logged[]> {
    return until(`${count} lines in nginx's log`, () => {
      const lines = readFileSync(this.#room.path("access.log"), "utf8").trim().split("\n").filter(Boolean);
      const logged = lines
        .map((line) => JSON.parse(line) as Logged)
        .filter((line) => !line.request.includes(" /ready "));
      return logged.length >= count ? logged : null;
    });
  }

  #conf(more: string, servers: string): string {
    const root = process.getuid?.() === 0 ? "user root;" : "";
    return `
      daemon off; ${root} worker_processes 1; pid ${this.#room.path("nginx.pid")};
      events { worker_connections 1024; }
      http {
        default_type application/octet-stream;
        log_format all escape=json '{"connection":"$connection","requests":$connection_requests,"status":$status,'
                                   '"request":"$request","body":$request_length}';
        access_log ${this.#room.path("access.log")} all;
        client_body_temp_path nginx/body; proxy_temp_path nginx/proxy; fastcgi_temp_path nginx/fastcgi;
        uwsgi_temp_path nginx/uwsgi; scgi_temp_path nginx/scgi;
        keepalive_requests 100000; client_max_body_size 0;
        server {
          listen 127.0.0.1:${this.port};
          root ${this.#room.path("www")};
          location = /ready { return 200 "ready"; }
          location = /echo { return 200 "$request_uri|$http_host|$http_x_odd|$http_x_forwarded_for|$http_x_forwarded_proto|$http_x_forwarded_host|$http_via"; }
          ${more}
        }
        ${servers}
      }`;
  }
}
