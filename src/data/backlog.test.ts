import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { raiseBacklog } from "./backlog.ts";

const somaxconn = "/proc/sys/net/core/somaxconn";
const systemMax = existsSync(somaxconn) ? Number(readFileSync(somaxconn, "utf8")) : 0;

/** What `ss` calls Send-Q of a listening socket: how many may wait. */
function backlogOf(port: number): number {
  const { stdout } = Bun.spawnSync(["ss", "-Hltn", `sport = :${port}`]);
  return Number(stdout.toString().trim().split(/\s+/)[2]);
}

test.if(systemMax > 512 && Bun.which("ss") !== null)("a raised backlog is what the kernel says afterwards", () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const before = backlogOf(listener.port);
  raiseBacklog(listener);
  const after = backlogOf(listener.port);
  listener.stop(true);
  expect(after).toBeGreaterThan(before);
  expect(after).toBe(Math.min(4096, systemMax));
});

test("a raised listener still accepts", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  raiseBacklog(listener);
  const socket = await Bun.connect({ hostname: "127.0.0.1", port: listener.port, socket: { data() {} } });
  expect(socket.readyState).toBeGreaterThan(0);
  socket.end();
  listener.stop(true);
});

test("what has no descriptor is left alone", () => {
  raiseBacklog({});
  raiseBacklog({ fd: -1 });
  raiseBacklog({ fd: "none" });
});
