// A Redis that is reached over TLS, or by a socket of this machine.

import { expect, setDefaultTimeout } from "bun:test";
import { freePort } from "./harness/port.ts";
import { find, type Ran, ran } from "./harness/program.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

withRedis("a Redis over TLS is believed by its certificate, and one by a socket needs none", async () => {
  await using room = new Room();
  put(room, "redis", authorityIn(room).issue(["DNS:localhost"]));
  const port = freePort();
  const socket = room.path("redis.sock");
  const words = [
    "--port",
    "0",
    "--tls-port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--unixsocket",
    socket,
    "--save",
    "",
  ];
  const files = ["--tls-cert-file", "redis.crt", "--tls-key-file", "redis.key", "--tls-ca-cert-file", "ca.pem"];
  const child = Bun.spawn([find("redis-server")!, ...words, ...files, "--tls-auth-clients", "no"], {
    cwd: room.folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  room.ending(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const registry = (redis: string, env: Record<string, string>, ...rest: string[]): Promise<Ran> =>
    ran([...command, "registry", ...rest, "--redis", redis], { env });
  const trusted = { NODE_EXTRA_CA_CERTS: room.path("ca.pem") };
  const added = await until("Redis to be there", async () => {
    const answer = await registry(`unix://${socket}`, {}, "add", "shop", "10.0.0.1:80");
    return answer.code === 0 ? answer : null;
  });
  expect(added.out).toBe("10.0.0.1:80 is in shop\n");
  const shown = await registry(`rediss://localhost:${port}`, trusted, "ls", "shop");
  expect([shown.code, shown.out]).toEqual([0, expect.stringContaining("10.0.0.1:80")]);
  const unknown = await registry(`rediss://localhost:${port}`, {}, "ls", "shop");
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("its certificate is of no authority")]);
  const misnamed = await registry(`rediss://127.0.0.1:${port}`, trusted, "ls", "shop");
  expect([misnamed.code, misnamed.err]).toEqual([1, expect.stringContaining("its certificate is for another name")]);
  const plain = await registry(`redis://127.0.0.1:${port}`, {}, "ls", "shop");
  expect(plain.code).toBe(1);
});
