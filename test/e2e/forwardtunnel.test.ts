import { expect, setDefaultTimeout, test } from "bun:test";
import { Client } from "./harness/client.ts";
import { Nginx } from "./harness/nginx.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { find } from "./harness/program.ts";
import { Forward } from "./harness/proxy.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

async function tunnel(room: Room, port: number, place: string): Promise<Client> {
  const client = await Client.connect(room, port);
  client.send(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
  expect(await client.saw("\r\n\r\n")).toStartWith("HTTP/1.1 200 Connection Established\r\n\r\n");
  return client;
}

test("curl speaks to nginx through CONNECT, SOCKS5 with a name, and SOCKS5 with an address", async () => {
  await using room = new Room();
  const nginx = await Nginx.start(room, { "large.bin": new Uint8Array(3 << 20).fill(65) });
  const proxy = await Forward.start(room, { private: true, socks: true });
  const url = `http://localhost:${nginx.port}/large.bin`;
  const ways = [
    ["-x", `http://${proxy.address}`, "--proxytunnel"],
    ["--socks5-hostname", proxy.address],
    ["--socks5", proxy.address],
  ];
  for (const way of ways) {
    const answer = await proxy.curl(...way, url);
    expect([way[0]!, answer.status, answer.body.length]).toEqual([way[0]!, 200, 3 << 20]);
  }
  const active = 'sluice_tunnels_active{listener="proxy"}';
  await until("the tunnels to be counted out", async () => (await proxy.metric(active)) === 0);
  await proxy.counted(3, 'sluice_tunnels_total{listener="proxy"}');
  const line = await proxy.log.line("a tunnel", ({ server }) => server === `localhost:${nginx.port}`);
  expect(line.status).toBe(200);
  expect(line.bytes_sent).toBeGreaterThan(3 << 20);
});

test("TLS passes untouched, from end to end", async () => {
  await using room = new Room();
  put(room, "server", authorityIn(room).issue(["DNS:localhost"]));
  const port = freePort();
  const server = Bun.spawn(
    [
      find("openssl")!,
      "s_server",
      "-accept",
      `127.0.0.1:${port}`,
      "-cert",
      room.path("server.crt"),
      "-key",
      room.path("server.key"),
      "-www",
      "-quiet",
    ],
    { stdout: "ignore", stderr: "ignore", stdin: "ignore" },
  );
  room.ending(async () => {
    server.kill();
    await server.exited;
  });
  await until("openssl to listen", () =>
    Client.connect(room, port)
      .then((it) => it.socket.terminate() === undefined)
      .catch(() => false),
  );
  const proxy = await Forward.start(room, { private: true, socks: true });
  for (const way of [
    ["-x", `http://${proxy.address}`],
    ["--socks5-hostname", proxy.address],
  ]) {
    const answer = await proxy.curl(...way, "-k", `https://localhost:${port}/`);
    expect([way[0]!, answer.status]).toEqual([way[0]!, 200]);
  }
});

test("bytes that came with the head reach the target, and each side ends on its own", async () => {
  await using room = new Room();
  const server = new Server(room);
  const proxy = await Forward.start(room, { private: true, socks: true });
  const client = await Client.connect(room, proxy.port);
  client.send(`CONNECT ${server.address} HTTP/1.1\r\nHost: ${server.address}\r\n\r\nahead`);
  client.socket.shutdown();
  const target = await server.connection(1);
  await until("what was said", () => target.text === "ahead" && target.isEnded);
  target.send("last words");
  await client.saw("last words");
  expect(client.isEnded).toBe(false);
  target.socket.shutdown();
  await client.over();
  expect(client.text).toEndWith("\r\n\r\nlast words");
  const socks = await Client.connect(room, proxy.port);
  const [a, b, c, d] = [127, 0, 0, 1];
  socks.send(Uint8Array.of(5, 1, 0, 5, 1, 0, 1, a, b, c, d, server.port >> 8, server.port & 255, 104, 105));
  socks.socket.shutdown();
  const other = await server.connection(2);
  await until("what was said by SOCKS", () => other.text === "hi" && other.isEnded);
  other.send("bye");
  other.socket.shutdown();
  await socks.over();
  expect([...socks.bytes]).toEqual([5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 98, 121, 101]);
});

test("a reset goes on as a reset", async () => {
  await using room = new Room();
  const server = new Server(room);
  const proxy = await Forward.start(room, { private: true });
  const client = await tunnel(room, proxy.port, server.address);
  (await server.connection(1)).socket.terminate();
  await until("the reset", () => client.isClosed);
  expect(client.isReset).toBe(true);
});

test("hundreds of tunnels at once, of which only so many are let in", async () => {
  await using room = new Room();
  const server = new Server(room, { greet: (client) => void client.send("hello") });
  const proxy = await Forward.start(room, { private: true, tunnels: { maxOpen: 300 } });
  const clients = await Promise.all(Array.from({ length: 300 }, () => tunnel(room, proxy.port, server.address)));
  await Promise.all(clients.map((client) => client.saw("hello")));
  await proxy.counted(300, 'sluice_tunnels_active{listener="proxy"}');
  const refused = await Client.connect(room, proxy.port);
  refused.send(`CONNECT ${server.address} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(await refused.saw("\r\n\r\n")).toStartWith("HTTP/1.1 503");
  for (const client of clients) client.socket.terminate();
  await until(
    "all to be counted out",
    async () => (await proxy.metric('sluice_tunnels_active{listener="proxy"}')) === 0,
  );
  await tunnel(room, proxy.port, server.address);
});

test("a tunnel lives through a reload that denies its target, and ends with the drain", async () => {
  await using room = new Room();
  const server = new Server(room);
  const proxy = await Forward.start(room, { private: true });
  const client = await tunnel(room, proxy.port, server.address);
  await proxy.sluice.reload(Forward.draft(proxy.port, proxy.log, { private: false }));
  const late = await Client.connect(room, proxy.port);
  late.send(`CONNECT ${server.address} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(await late.saw("\r\n\r\n")).toStartWith("HTTP/1.1 403");
  client.send("still here");
  await (await server.connection(1)).saw("still here");
  proxy.sluice.child.kill("SIGTERM");
  await client.over();
  await proxy.sluice.exited();
});

test("silence, age and bytes end a tunnel, and the log says which", async () => {
  await using room = new Room();
  const server = new Server(room);
  const proxy = await Forward.start(
    room,
    { private: true, tunnels: { maxTime: "3s", maxBytes: "1kb" } },
    { timeouts: { tunnel: "1s" } },
  );
  const silent = await tunnel(room, proxy.port, server.address);
  const greedy = await tunnel(room, proxy.port, server.address);
  greedy.send("a".repeat(2_000));
  await greedy.over();
  await silent.over();
  await proxy.log.line("the greedy one", ({ fault }) => fault === "tunnel_exhausted");
  await proxy.log.line("the silent one", ({ fault }) => fault === "tunnel_idle");
  const old = await tunnel(room, proxy.port, server.address);
  const talk = setInterval(() => old.send("a"), 200);
  await old.over().finally(() => clearInterval(talk));
  await proxy.log.line("the old one", ({ fault }) => fault === "tunnel_expired");
});

test("a target that takes its time is waited for as long as a connection may take, and others are served meanwhile", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("quick"));
  const proxy = await Forward.start(room, { private: true }, {}, { timeouts: { connect: "1s" } });
  // TEST-NET-1 is nobody's: nothing answers, or the network says at once that it leads nowhere.
  const slow = await Client.connect(room, proxy.port);
  slow.send("CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: a\r\n\r\n");
  expect((await proxy.curl("-x", `http://${proxy.address}`, `http://${origin.address}/`)).body).toBe("quick");
  expect(await slow.saw("\r\n\r\n")).toMatch(/^HTTP\/1\.1 50[24] /);
});

test("clients that stall in a SOCKS5 handshake are let go", async () => {
  await using room = new Room();
  const proxy = await Forward.start(room, { private: true, socks: true }, { timeouts: { handshake: "1s" } });
  const slow = await Client.connect(room, proxy.port);
  slow.send(Uint8Array.of(5));
  await slow.over();
  expect(slow.text).toBe("");
});
