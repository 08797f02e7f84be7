// Other servers of HTTP/2, in the clear, in front of the same server as Sluice: what they do with a case tells whether it is right.

import { startHaproxy } from "../../e2e/harness/haproxy.ts";
import { Nginx } from "../../e2e/harness/nginx.ts";
import { freePort } from "../../e2e/harness/port.ts";
import { find } from "../../e2e/harness/program.ts";
import type { Room } from "../../e2e/harness/room.ts";
import { until } from "../../e2e/harness/wait.ts";

export interface Rival {
  readonly name: string;
  readonly program: string;
  /** Answers with its port. */
  readonly start: (room: Room, originPort: number) => Promise<number>;
}

async function haproxy(room: Room, originPort: number): Promise<number> {
  const port = freePort();
  const sections = `frontend web
  mode http
  bind 127.0.0.1:${port}
  default_backend app
backend app
  mode http
  server a 127.0.0.1:${originPort}`;
  await startHaproxy(room, sections, port);
  return port;
}

async function nginx(room: Room, originPort: number): Promise<number> {
  const port = freePort();
  const server = `server {
    listen 127.0.0.1:${port} http2;
    location / { proxy_pass http://127.0.0.1:${originPort}; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off; }
  }`;
  await Nginx.start(room, {}, "", server);
  return port;
}

async function nghttpx(room: Room, originPort: number): Promise<number> {
  const port = freePort();
  const words = ["--conf=/dev/null", `--frontend=127.0.0.1,${port};no-tls`, `--backend=127.0.0.1,${originPort}`];
  const child = Bun.spawn([find("nghttpx")!, ...words, "--workers=1", `--pid-file=${room.path("nghttpx.pid")}`], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  room.ending(async () => {
    child.kill("SIGTERM");
    await Promise.race([child.exited, Bun.sleep(1000)]);
    child.kill("SIGKILL");
    await child.exited;
  });
  await until("nghttpx to answer", () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  return port;
}

export const rivals: readonly Rival[] = [
  { name: "HAProxy", program: "haproxy", start: haproxy },
  { name: "nginx", program: "nginx", start: nginx },
  { name: "nghttpx", program: "nghttpx", start: nghttpx },
];
