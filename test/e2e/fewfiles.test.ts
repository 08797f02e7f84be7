// Doors of control that more connections come to than it may open files: it goes on, and says nothing of others that it cannot know.

import { expect, setDefaultTimeout, test } from "bun:test";
import { createConnection } from "node:net";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { openFiles } from "./harness/processes.ts";
import { Redis } from "./harness/redis.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const filesMax = 64;
const prefix = ["bash", "-c", `ulimit -n ${filesMax}; exec "$@"`, "bash"];

/** So many idle connections, made anew when they are closed, until it is called. */
function crowd(room: Room, port: number, count: number): () => Promise<void> {
  const sockets = new Set<ReturnType<typeof createConnection>>();
  let isOver = false;
  const one = (): void => {
    if (isOver) return;
    const socket = createConnection({ host: "127.0.0.1", port });
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      setTimeout(one, 20);
    });
  };
  for (let made = 0; made < count; made++) one();
  const end = async (): Promise<void> => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
    await until("the crowd to be gone", () => sockets.size === 0);
  };
  room.ending(end);
  return end;
}

test.each(["admin", "metrics"] as const)(
  "with its table of files full by idle connections to %s Sluice goes on, and no server is down for it",
  async (door) => {
    await using room = new Room();
    const origin = new Origin(room);
    const metricsPort = freePort();
    const check = { http: "/", every: "100ms", timeout: "1s", rise: 1, fall: 2 };
    const draft = {
      pools: { app: { servers: [origin.address], check } },
      metrics: { listen: `127.0.0.1:${metricsPort}` },
    };
    const sluice = await Sluice.start(room, draft, { prefix });
    const port = door === "metrics" ? metricsPort : Number(sluice.admin.split(":")[1]);
    const end = crowd(room, port, filesMax + 16);
    await until("no file to be free", () => openFiles(sluice.pid) >= filesMax);
    // Ticks, looks and checks, ten of each or more.
    const untilMs = performance.now() + 1500;
    while (performance.now() < untilMs) {
      expect(sluice.child.exitCode).toBeNull();
      expect((await fetch(sluice.url, { keepalive: false })).status).toBe(200);
    }
    expect(openFiles(sluice.pid)).toBeGreaterThanOrEqual(filesMax - 2);
    await end();
    expect(sluice.stderr.split("this process may open no more files: no server is checked").length - 1).toBe(1);
    expect((await sluice.server(origin.address)).state).toBe("up");
    expect(sluice.stderr).not.toContain("down");
    // What it is told by a check is believed again.
    await origin.stop();
    await until("the server to be down", async () => (await sluice.server(origin.address)).state === "down");
    expect(sluice.child.exitCode).toBeNull();
  },
);

withRedis("so does a sentinel, and takes nobody out of its set", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room);
  const port = freePort();
  const words = [
    "--every",
    "100ms",
    "--timeout",
    "1s",
    "--lease",
    "1s",
    "--fall",
    "2",
    "--metrics",
    `127.0.0.1:${port}`,
  ];
  const child = Bun.spawn([...prefix, ...command, "sentinel", ...words], {
    cwd: room.folder,
    env: { ...process.env, REDIS_URL: redis.address, SENTINEL_TARGETS: origin.address },
    stdio: ["ignore", "ignore", "inherit"],
  });
  room.ending(() => child.kill("SIGKILL"));
  const members = (): Promise<string> => redis.ask("SMEMBERS", "gopher_backends");
  const member = `http://${origin.address}`;
  await until("the target to be in", async () => (await members()).trim() === member);
  const end = crowd(room, port, filesMax + 16);
  await until("no file to be free", () => openFiles(child.pid) >= filesMax);
  // Longer than the lease, and than many checks.
  const untilMs = performance.now() + 2500;
  while (performance.now() < untilMs) expect([child.exitCode, (await members()).trim()]).toEqual([null, member]);
  await end();
  origin.stop();
  await until("the target to be out", async () => (await members()).trim() === "");
});
