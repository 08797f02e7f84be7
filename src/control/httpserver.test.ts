import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HttpOptions, serveAt } from "./httpserver.ts";
import { seenInUse } from "./port.ts";

const folder: string = mkdtempSync(join(tmpdir(), "httpserver-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options: HttpOptions = {
  ...{ fetch: (request) => new Response(new URL(request.url).pathname), idleTimeout: 10 },
  error: () => new Response(null, { status: 500 }),
};

test("a port that was left to the system is told, and closed with the server", async () => {
  const server = serveAt({ kind: "tcp", host: "127.0.0.1", port: 0 }, options);
  const { port } = server.address as { port: number };
  expect(await (await fetch(`http://127.0.0.1:${port}/there`)).text()).toBe("/there");
  await server.close();
  expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

test.skipIf(process.platform !== "linux")(
  "a unix socket takes the place of one that a crash left, is seen by its path, and leaves what another put there",
  async () => {
    const path = join(folder, "http.sock");
    const address = { kind: "unix", path } as const;
    const crashed = Bun.listen({ unix: `${path}.1`, socket: { data() {} } });
    renameSync(`${path}.1`, path);
    crashed.stop(true);
    const server = serveAt(address, options);
    expect(await (await fetch("http://localhost/there", { unix: path })).text()).toBe("/there");
    expect(seenInUse(address, "tcp", () => false)).toContain("is in use now by");
    expect(() => serveAt(address, options)).toThrow("the socket is in use");
    rmSync(path);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(path, resolve));
    await server.close();
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => other.close(resolve));
  },
);
