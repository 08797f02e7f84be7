// What goproxy is known to get wrong and no other file here is about: servers that it does not understand, a file that it reads once,
// a balancer that hits of the cache turn, tunnels that lose bytes, and heads of one connection that it passes on.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Client } from "./harness/client.ts";
import { Goproxy } from "./harness/goproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Asker } from "./harness/outcome.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

function passTo(...entries: readonly string[]): string {
  return `reverse = true\nproxy_pass = [${entries.map((entry) => JSON.stringify(entry)).join(", ")}]\n`;
}

const body = async (url: string): Promise<string> => (await fetch(url, { headers: { connection: "close" } })).text();

test("a server is whatever has a name or an address, and a port of any length; what is none is told", async () => {
  await using room = new Room();
  const four = new Origin(room, () => ok("four"));
  const six = new Origin(room, () => ok("six"), { hostname: "::1" });
  const entries = [`localhost:${four.port}`, `[::1]:${six.port}^2`];
  const goproxy = await new Goproxy(room).start(`${passTo(...entries)}inverse_mode = 1`);
  const words = new Set<string>();
  for (let turn = 0; turn < 8; turn++) words.add(await body(goproxy.url));
  expect(words).toEqual(new Set(["four", "six"]));
  for (const entry of ["127.0.0.1:65536", "127.0.0.1:80^many", "a b:80", "", "http://"]) {
    const { code, err, out } = await ran([...command, "check", new Goproxy(room).write(passTo(entry)).path]);
    expect([entry, code, `${out}${err}`.includes("cfg.toml:")]).toEqual([entry, 1, true]);
  }
});

test("port, timeouts and the kind of cache are changed in the file as well", async () => {
  await using room = new Room();
  const origin: Origin = new Origin(room, ({ target }) =>
    target === "/never" ? null : ok(`answer ${origin.asked.length}`),
  );
  const goproxy = await new Goproxy(room).start(`${passTo(origin.address)}http_write_timeout = 60\ncache = true`);
  expect(await body(`${goproxy.url}/a`)).toBe("answer 1");
  await goproxy.rewrite(
    `${passTo(origin.address)}http_write_timeout = 1\ncache = true\n[mem]\ncache_replacement_policy = "LFU"`,
  );
  // Another policy is another cache.
  expect([await body(`${goproxy.url}/a`), await body(`${goproxy.url}/a`)]).toEqual(["answer 2", "answer 2"]);
  expect((await fetch(`${goproxy.url}/never`)).status).toBe(504);
  const port = freePort();
  const before = await goproxy.generation();
  room.write("config/cfg.toml", `[server]\nport = "127.0.0.1:${port}"\n${passTo(origin.address)}`);
  await until("the new port", async () => (await goproxy.generation()) > before);
  expect(await body(`http://127.0.0.1:${port}/`)).toStartWith("answer ");
  expect(await Client.connect(room, goproxy.port).catch(() => "refused")).toBe("refused");
});

test("what the cache answers turns no balancer", async () => {
  await using room = new Room();
  const [one, two] = ["one", "two"].map(
    (name) =>
      new Origin(room, ({ target }) => ok(name, `Cache-Control: ${target === "/kept" ? "max-age=60" : "no-store"}`)),
  ) as [Origin, Origin];
  const goproxy = await new Goproxy(room).start(`${passTo(one.address, two.address)}inverse_mode = 1\ncache = true`);
  // One connection is one worker, which takes turns of its own.
  const asker = await Asker.connect(room, { port: goproxy.port });
  const ask = async (path: string): Promise<string> =>
    (await asker.ask(`GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`)).body;
  const kept = await ask("/kept");
  const words: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    words.push(await ask("/new"));
    expect(await ask("/kept")).toBe(kept);
  }
  const [first, second] = [words[0]!, words[1]!];
  expect([first === second, words]).toEqual([false, [first, second, first, second, first, second]]);
});

test("a tunnel passes on what comes with its first bytes, and each direction ends by itself", async () => {
  await using room = new Room();
  let asked = "";
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: freePort(),
    allowHalfOpen: true,
    socket: {
      data: (_, bytes) => void (asked += Buffer.from(bytes).toString()),
      end: (socket) => void socket.end(`all of: ${asked}`),
    },
  });
  room.ending(() => server.stop(true));
  const place = `127.0.0.1:${server.port}`;
  const goproxy = await new Goproxy(room).start(passTo(place));
  const client = await Client.connect(room, goproxy.port);
  client.send(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\nearly `);
  await until("the tunnel", () => client.text.includes("\r\n\r\n"));
  client.send("late");
  client.socket.shutdown();
  await client.over();
  expect(client.text).toEndWith("\r\n\r\nall of: early late");
});

test("fields of one connection stay on it, both ways, and upgrades pass", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ fields }) =>
    fields.has("upgrade")
      ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello"
      : ok("yes", "Connection: X-Inner", "X-Inner: 1", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"),
  );
  const goproxy = await new Goproxy(room).start(passTo(origin.address));
  const asker = await Asker.connect(room, { port: goproxy.port });
  const lines = ["Host: shop.test", "Connection: X-Own", "X-Own: 1", "Keep-Alive: 5", "TE: gzip", "Trailer: X-Sum"];
  const { fields } = await asker.ask(`GET / HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  for (const name of ["x-inner", "keep-alive", "proxy-connection"])
    expect([name, name in fields]).toEqual([name, false]);
  const seen = origin.asked[0]!.fields;
  for (const name of ["x-own", "keep-alive", "te"]) expect([name, seen.has(name)]).toEqual([name, false]);
  expect([seen.get("host"), seen.get("x-forwarded-for"), seen.has("via")]).toEqual([
    ["shop.test"],
    ["127.0.0.1"],
    true,
  ]);
  const client = await Client.connect(room, goproxy.port);
  client.send("GET /ws HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  await until("the upgrade", () => client.text.endsWith("hello"));
  expect(client.text).toStartWith("HTTP/1.1 101 ");
});
