// The other caches that the suite is played against: each with the settings that the suite's own published figures were taken with
// (docker/ of its package), as far as its version of today knows them, in a folder of its own and on a free port. What is not installed is left
// out. They run in the foreground, so that they end with the room.

import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { freePort } from "../../e2e/harness/port.ts";
import { find, ran } from "../../e2e/harness/program.ts";
import type { Room } from "../../e2e/harness/room.ts";
import { until } from "../../e2e/harness/wait.ts";

export interface Rival {
  readonly name: string;
  readonly program: string;
  readonly versionArgs: readonly string[];
  /** Writes its config for an origin's port and its own; answers how to start it. */
  prepare(room: Room, origin: number, port: number): readonly string[];
}

/** Who they run as where we are root: they give up being root by themselves. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

function folder(room: Room, ...names: readonly string[]): void {
  chmodSync(room.folder, 0o755);
  for (const name of names) {
    mkdirSync(room.path(name), { recursive: true });
    if (isRoot) chownSync(room.path(name), nobody, nobody);
  }
}

const nginx: Rival = {
  name: "nginx",
  program: "nginx",
  versionArgs: ["-v"],
  prepare(room, origin, port) {
    folder(room, "cache", "temp");
    const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${room.path(`temp/${name}`)};`,
    );
    const conf = `
      daemon off; worker_processes 1; ${isRoot ? "user nobody nogroup;" : ""} pid ${room.path("nginx.pid")};
      events { worker_connections 2048; }
      http {
        access_log off; ${temps.join(" ")}
        proxy_cache_path ${room.path("cache")} levels=1:2 keys_zone=suite:8m max_size=1000m inactive=600m;
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${origin}; proxy_cache suite; proxy_cache_revalidate on; }
        }
      }`;
    return ["-e", room.path("error.log"), "-p", room.folder, "-c", room.write("nginx.conf", conf)];
  },
};

const varnish: Rival = {
  name: "Varnish",
  program: "varnishd",
  versionArgs: ["-V"],
  prepare(room, origin, port) {
    const vcl = room.write("default.vcl", `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${origin}"; }\n`);
    const parameters = ["default_ttl=0", "default_grace=0", "default_keep=3600"].flatMap((each) => ["-p", each]);
    return [
      ...["-F", "-j", "none", "-n", room.path("varnish"), "-T", "none", "-S", "none"],
      ...["-a", `127.0.0.1:${port}`, "-f", vcl, "-s", "malloc,64M", ...parameters],
    ];
  },
};

const squid: Rival = {
  name: "Squid",
  program: "squid",
  versionArgs: ["-v"],
  prepare(room, origin, port) {
    folder(room, "log");
    const conf = [
      `http_port 127.0.0.1:${port} accel defaultsite=localhost no-vhost`,
      `cache_peer 127.0.0.1 parent ${origin} 0 no-query no-digest originserver default name=suite`,
      "http_access allow all",
      "cache_peer_access suite allow all",
      "shutdown_lifetime 1 second",
      "connect_retries 3",
      ...(isRoot ? ["cache_effective_user nobody", "cache_effective_group nogroup"] : []),
      `pid_filename ${room.path("log/squid.pid")}`,
      `cache_log ${room.path("log/cache.log")}`,
      `coredump_dir ${room.path("log")}`,
      "access_log none",
      "pinger_enable off",
    ];
    return ["-N", "-f", room.write("squid.conf", `${conf.join("\n")}\n`)];
  },
};

const trafficServer: Rival = {
  name: "Traffic Server",
  program: "traffic_server",
  versionArgs: ["-V"],
  prepare(room, origin, port) {
    folder(room, "etc", "run", "log", "cache");
    const records = [
      `http.server_ports STRING ${port}:ip-in=127.0.0.1`,
      "url_remap.remap_required INT 1",
      "url_remap.pristine_host_hdr INT 1",
      "reverse_proxy.enabled INT 1",
      "http.cache.required_headers INT 2",
      "http.cache.when_to_revalidate INT 0",
      "exec_thread.autoconfig INT 0",
      "exec_thread.limit INT 2",
      "log.logging_enabled INT 0",
      "crash_log_helper STRING NULL",
      ...(isRoot ? ["admin.user_id STRING nobody"] : []),
    ];
    room.write("etc/records.config", records.map((line) => `CONFIG proxy.config.${line}\n`).join(""));
    room.write("etc/remap.config", `map / http://127.0.0.1:${origin}/\n`);
    room.write("etc/storage.config", `${room.path("cache")} 64M\n`);
    room.write(
      "etc/ip_allow.yaml",
      'ip_allow:\n  - { apply: in, ip_addrs: [0/0, "::/0"], action: allow, methods: ALL }\n',
    );
    const places = {
      ...{ prefix: room.folder, exec_prefix: "/usr", bindir: "/usr/bin", sbindir: "/usr/sbin" },
      ...{ sysconfdir: room.path("etc"), datadir: room.path("cache"), includedir: "/usr/include" },
      ...{ libdir: "/usr/lib/trafficserver", libexecdir: "/usr/lib/trafficserver/modules" },
      ...{ localstatedir: room.path("run"), runtimedir: room.path("run"), logdir: room.path("log") },
      cachedir: room.path("cache"),
    };
    const lines = Object.entries(places).map(([key, place]) => `${key}: ${place}\n`);
    return [`--run-root=${room.write("runroot.yaml", lines.join(""))}`];
  },
};

const apache: Rival = {
  name: "Apache httpd",
  program: "apache2",
  versionArgs: ["-v"],
  prepare(room, origin, port) {
    folder(room, "cache");
    const modules = ["mpm_event", "authz_core", "negotiation", "proxy", "proxy_http", "cache", "cache_disk"];
    const conf = [
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      `ServerRoot ${room.folder}`,
      "ServerName localhost",
      `DefaultRuntimeDir ${room.folder}`,
      `PidFile ${room.path("apache.pid")}`,
      `ErrorLog ${room.path("error.log")}`,
      ...(isRoot ? ["User nobody", "Group nogroup"] : []),
      `Listen 127.0.0.1:${port}`,
      `ProxyPass "/" "http://127.0.0.1:${origin}/"`,
      "CacheEnable disk /",
      `CacheRoot ${room.path("cache")}`,
      "CacheDirLevels 5",
      "CacheDirLength 3",
      "CacheDefaultExpire 0",
      "CacheIgnoreNoLastMod On",
      "CacheStoreExpired On",
      "CacheNegotiatedDocs On",
      "UseCanonicalName On",
    ];
    return ["-D", "FOREGROUND", "-f", room.write("apache.conf", `${conf.join("\n")}\n`)];
  },
};

export const rivals: readonly Rival[] = [nginx, varnish, squid, trafficServer, apache];

/** Its URL, once it passes requests on. */
export async function start(rival: Rival, room: Room, origin: string): Promise<string> {
  const port = freePort();
  const args = rival.prepare(room, Number(origin.slice(origin.lastIndexOf(":") + 1)), port);
  const child = Bun.spawn([find(rival.program)!, ...args], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const said = new Response(child.stderr).text();
  room.ending(async () => {
    child.kill("SIGTERM");
    await Promise.race([child.exited, Bun.sleep(5000)]);
    if (child.exitCode === null) child.kill("SIGKILL");
    await child.exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await until(`${rival.name} to answer`, async () => {
    if (child.exitCode !== null) throw new Error(`${rival.name} ended with ${child.exitCode}: ${await said}`);
    const response = await fetch(`${url}/`).catch(() => null);
    return response !== null && response.status < 500;
  });
  return url;
}

export async function versionOf({ program, versionArgs }: Rival): Promise<string> {
  const { out, err } = await ran([find(program)!, ...versionArgs]);
  return /\d+\.\d+(?:\.\d+)?/.exec(out + err)?.[0] ?? "";
}
