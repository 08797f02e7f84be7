import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { Client } from "./harness/client.ts";
import { Nginx } from "./harness/nginx.ts";
import { Origin, ok } from "./harness/origin.ts";
import { ran } from "./harness/program.ts";
import { Forward } from "./harness/proxy.ts";
import { Room } from "./harness/room.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

test("curl asks nginx through the proxy", async () => {
  await using room = new Room();
  const nginx = await Nginx.start(room, { "a.txt": "from nginx", "large.bin": new Uint8Array(3 << 20).fill(65) });
  const proxy = await Forward.start(room, { private: true });
  const url = `http://${nginx.address}`;
  const answer = await proxy.curl("-x", `http://${proxy.address}`, `${url}/a.txt`);
  expect([answer.status, answer.body]).toEqual([200, "from nginx"]);
  const line = await proxy.log.line("the request", ({ target }) => target?.endsWith("/a.txt") === true);
  expect(line).toMatchObject({ server: nginx.address, pool: "proxy:targets", status: 200, attempts: 1 });
  const large = await proxy.curl("-x", `http://${proxy.address}`, `${url}/large.bin`);
  expect(large.body.length).toBe(3 << 20);
  expect((await proxy.curl("-x", `http://${proxy.address}`, `${url}/none`)).status).toBe(404);
});

test("the server sees a request for its path, its own Host, and nothing that was for the proxy", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const proxy = await Forward.start(room, { private: true }, { auth: { users: { john: "so:so" } } });
  const credentials = ["--proxy-user", "john:so:so"];
  const words = ["-x", `http://${proxy.address}`, "-H", "Host: other.example", "-H", "Proxy-Connection: keep-alive"];
  const answer = await proxy.curl(...words, ...credentials, `http://${origin.address}/path?query`);
  expect(answer.status).toBe(200);
  const [asked] = origin.asked;
  // The next client has the connection of the one before.
  await proxy.curl("-x", `http://${proxy.address}`, ...credentials, `http://${origin.address}/again`);
  expect([origin.asked.length, origin.connections]).toEqual([2, 1]);
  expect(asked?.target).toBe("/path?query");
  expect([...asked!.fields.keys()]).not.toContain("proxy-authorization");
  expect([...asked!.fields.keys()]).not.toContain("proxy-connection");
  expect(asked?.fields.get("via")?.[0]).toMatch(/^1\.1 \S+ \([0-9a-f]{12}\)$/);
});

test("targets that are inside are denied by default, however they are written; the log says why", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const proxy = await Forward.start(room, { socks: true });
  const { port } = origin;
  const hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "169.254.169.254", "10.0.0.1", "[::1]"];
  for (const host of hosts) {
    const answer = await proxy.curl("-x", `http://${proxy.address}`, `http://${host}:${port}/`);
    expect([host, answer.status]).toEqual([host, 403]);
  }
  // curl would write these as what they are.
  for (const host of ["0x7f.1", "2130706433", "0177.1", "127.1", "localhost.", "[0:0:0:0:0:ffff:7f00:1]"]) {
    const client = await Client.connect(room, proxy.port);
    client.send(`GET http://${host}:${port}/ HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
    expect([host, (await client.over()).slice(0, 12)]).toEqual([host, "HTTP/1.1 403"]);
    const tunnel = await Client.connect(room, proxy.port);
    tunnel.send(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
    expect([host, (await tunnel.over()).slice(0, 12)]).toEqual([host, "HTTP/1.1 403"]);
  }
  const socks = await proxy.curl("--socks5-hostname", proxy.address, `http://localhost:${port}/`);
  expect(socks.code).toBe(97);
  expect(origin.connections).toBe(0);
  const line = await proxy.log.line("the name", ({ target }) => target === `http://localhost:${port}/`);
  expect(line).toMatchObject({
    status: 403,
    fault: "target_denied",
    server: `localhost:${port}`,
    note: `localhost:${port} denied: 127.0.0.1: that is no public address`,
  });
  const denied = 'sluice_target_denied_total{listener="proxy"}';
  await proxy.counted(hosts.length + 12 + 1, denied);
});

test("names, ports and addresses are allowed and denied as the config says", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const proxy = await Forward.start(room, {
    private: true,
    allow: ["localhost", "127.0.0.0/8"],
    deny: ["127.0.0.2"],
    ports: [origin.port],
  });
  const status = async (host: string, port = origin.port): Promise<number> =>
    (await proxy.curl("-x", `http://${proxy.address}`, `http://${host}:${port}/`)).status;
  expect(await status("127.0.0.1")).toBe(200);
  expect(await status("localhost")).toBe(200);
  expect(await status("127.0.0.2")).toBe(403);
  expect(await status("10.0.0.1")).toBe(403);
  expect(await status("127.0.0.1", origin.port + 1)).toBe(403);
});

test("a name that leads nowhere is 502, a server that refuses too, and both are told by their fault", async () => {
  await using room = new Room();
  const proxy = await Forward.start(room, { private: true });
  const through = (url: string) => proxy.curl("-x", `http://${proxy.address}`, url);
  expect((await through("http://no-such-name.invalid/")).status).toBe(502);
  expect((await through("http://127.0.0.1:1/")).status).toBe(502);
  await proxy.log.line("the name", ({ fault }) => fault === "name_unresolved");
  await proxy.log.line("the server", ({ fault }) => fault === "connect_refused");
});

test("a proxy that is asked for itself notices at the second turn", async () => {
  await using room = new Room();
  const proxy = await Forward.start(room, { private: true });
  const answer = await proxy.curl("-x", `http://${proxy.address}`, `http://${proxy.address}/`);
  expect(answer.status).toBe(508);
  const client = await Client.connect(room, proxy.port);
  client.send(
    `GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\nVia: 1.1 sluice (000000000000)\r\nConnection: close\r\n\r\n`,
  );
  expect(await client.over()).toStartWith("HTTP/1.1 502");
  await proxy.log.line("the loop", ({ fault }) => fault === "loop_detected");
});

test("pages of the listener's own pool stand beside the proxy", async () => {
  await using room = new Room();
  const [site, target] = [new Origin(room, () => ok("site")), new Origin(room, () => ok("target"))];
  const proxy = await Forward.start(
    room,
    { private: true },
    { use: "site" },
    { pools: { site: { servers: [site.address] } } },
  );
  expect((await proxy.curl(`http://${proxy.address}/`)).body).toBe("site");
  expect((await proxy.curl("-x", `http://${proxy.address}`, `http://${target.address}/`)).body).toBe("target");
});

test("Basic authentication: 407, then whom the log names; hashes of openssl and of bcrypt, from a file that is watched", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const apr1 = (await ran(["openssl", "passwd", "-apr1", "secret"])).out.trim();
  const bcrypt = (await Bun.password.hash("secret", { algorithm: "bcrypt", cost: 5 })).replace("$2b$", "$2y$");
  const path = room.write("users.htpasswd", `apr:${apr1}\nbc:${bcrypt}\n`);
  const proxy = await Forward.start(
    room,
    { private: true, socks: true },
    { auth: { file: path, users: { plain: "a:b" } } },
  );
  const as = async (...words: string[]) =>
    proxy.curl("-x", `http://${proxy.address}`, ...words, `http://${origin.address}/`);
  const none = await as("-i");
  expect(none.status).toBe(407);
  expect(none.body).toContain('Proxy-Authenticate: Basic realm="Access to internal site", charset="UTF-8"');
  for (const user of ["apr:secret", "bc:secret", "plain:a:b"])
    expect([user, (await as("-U", user)).status]).toEqual([user, 200]);
  for (const user of ["apr:Secret", "bc:", "plain:a", "nobody:secret"])
    expect([user, (await as("-U", user)).status]).toEqual([user, 407]);
  await proxy.counted(4, 'sluice_auth_failures_total{listener="proxy"}');
  const line = await proxy.log.line("the user", (each) => "user" in each && each.user === "bc");
  expect(line.status).toBe(200);
  const tunnel = await proxy.curl(
    "-x",
    `http://${proxy.address}`,
    "-p",
    "-U",
    "bc:secret",
    `http://${origin.address}/`,
  );
  expect([tunnel.connected, tunnel.status]).toEqual([200, 200]);
  const socks = await proxy.curl("--socks5", proxy.address, "--proxy-user", "bc:secret", `http://${origin.address}/`);
  expect(socks.status).toBe(200);
  expect((await proxy.curl("--socks5", proxy.address, "--proxy-user", "bc:no", `http://${origin.address}/`)).code).toBe(
    97,
  );
  writeFileSync(path, `new:${apr1}\n`);
  await until("the new user to be let in", async () => (await as("-U", "new:secret")).status === 200, 30_000);
  expect((await as("-U", "apr:secret")).status).toBe(407);
});

test("a file with a hash that cannot be checked is refused with its line", async () => {
  await using room = new Room();
  const path = room.write("users.htpasswd", "john:$6$salt$hash\n");
  const config = room.write(
    "proxy.json",
    JSON.stringify({ listeners: { proxy: { listen: "127.0.0.1:1", proxy: true, auth: { file: path } } } }),
  );
  const { command } = await import("./harness/sluice.ts");
  const answer = await ran([...command, "check", config]);
  expect(answer.code).not.toBe(0);
  expect(answer.err + answer.out).toContain("($6$)");
});
