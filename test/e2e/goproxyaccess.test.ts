// Who may use what, through goproxy's own cfg.toml: users, tunnels, a forward proxy. Each with what goproxy gets wrong about it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Goproxy } from "./harness/goproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Asker } from "./harness/outcome.ts";
import { freePort } from "./harness/port.ts";
import { curl, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

function passTo(...origins: readonly Origin[]): string {
  return `reverse = true\nproxy_pass = [${origins.map(({ address }) => JSON.stringify(address)).join(", ")}]\n`;
}

/** Says how often it was asked. */
function counting(room: Room, ...fields: readonly string[]): Origin {
  const origin: Origin = new Origin(room, () => ok(`answer ${origin.asked.length}`, ...fields));
  return origin;
}

test("a reverse proxy asks for a password by 401, and lets in who knows it", async () => {
  await using room = new Room();
  const origin = counting(room);
  const users = 'user = { agent = "proxy", Mixed = "with:colon" }';
  const { url, port } = await new Goproxy(room).start(`${passTo(origin)}auth = true\n${users}`);
  const refused = await fetch(url);
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
    401,
    expect.stringMatching(/^Basic realm="Access to internal site"/i),
  ]);
  for (const [user, status] of [
    ["agent:proxy", 200],
    ["Mixed:with:colon", 200],
    ["mixed:with:colon", 401],
    ["agent:", 401],
    ["agent:proxy2", 401],
    [":proxy", 401],
  ] as const)
    expect([user, (await fetch(url, { headers: { authorization: `Basic ${btoa(user)}` } })).status]).toEqual([
      user,
      status,
    ]);
  const asker = await Asker.connect(room, { port });
  const garbled = await asker.ask("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %%%\r\n\r\n");
  expect(garbled.status).toBe(401);
  expect(origin.asked.map(({ fields }) => fields.has("authorization"))).toEqual([false, false]);
});

test("a reverse proxy takes a password as goproxy's clients show it, in Proxy-Authorization, and keeps it to itself", async () => {
  await using room = new Room();
  const origin = counting(room);
  const { url } = await new Goproxy(room).start(`${passTo(origin)}auth = true\nuser = { agent = "proxy" }`);
  const shown = { "proxy-authorization": `Basic ${btoa("agent:proxy")}` };
  expect((await fetch(url, { headers: { ...shown, authorization: "Bearer own" } })).status).toBe(200);
  // curl with -x asks by a whole URL: for a reverse proxy that is any site of its servers.
  const named = await curl("-x", url, "-U", "agent:proxy", "http://shop.test/page?id=1");
  expect([named.err, named.out]).toEqual(["", "answer 2"]);
  expect(
    (await curl("-x", url, "-U", "agent:wrong", "-o", "/dev/null", "-w", "%{http_code}", "http://shop.test/")).out,
  ).toBe("401");
  const tunnelled = await curl("--proxytunnel", "-x", url, "-U", "agent:proxy", `http://${origin.address}/`);
  expect([tunnelled.err, tunnelled.out]).toEqual(["", "answer 3"]);
  expect(
    origin.asked.map(({ target, fields }) => [target, fields.get("authorization"), fields.has("proxy-authorization")]),
  ).toEqual([
    ["/", ["Bearer own"], false],
    ["/page?id=1", undefined, false],
    ["/", undefined, false],
  ]);
  expect(origin.asked[1]!.fields.get("host")).toEqual(["shop.test"]);
});

test("users are changed in the file, without a signal", async () => {
  await using room = new Room();
  const origin = counting(room);
  const goproxy = await new Goproxy(room).start(`${passTo(origin)}auth = true\nuser = { one = "1" }`);
  const statusFor = async (user: string): Promise<number> =>
    (await fetch(goproxy.url, { headers: { authorization: `Basic ${btoa(user)}` } })).status;
  expect([await statusFor("one:1"), await statusFor("two:2")]).toEqual([200, 401]);
  await goproxy.rewrite(`${passTo(origin)}auth = true\nuser = { two = "2" }`);
  expect([await statusFor("one:1"), await statusFor("two:2")]).toEqual([401, 200]);
  await goproxy.rewrite(`${passTo(origin)}auth = false\nuser = { two = "2" }`);
  expect(await statusFor("nobody:x")).toBe(200);
});

test("through a reverse proxy CONNECT leads to a server of proxy_pass that is named, and nowhere else", async () => {
  await using room = new Room();
  const [listed, other] = [new Origin(room, () => ok("listed")), new Origin(room, () => ok("other"))];
  const { url } = await new Goproxy(room).start(passTo(listed));
  const tunnelled = await curl("--proxytunnel", "-x", url, `http://${listed.address}/`);
  expect([tunnelled.err, tunnelled.out]).toEqual(["", "listed"]);
  const refused = await curl("--proxytunnel", "-x", url, `http://${other.address}/`);
  expect([refused.out, refused.err]).toEqual(["", expect.stringContaining("403")]);
  expect(other.connections).toBe(0);
});

test("a forward proxy asks for a password by 407, and leads nobody inside", async () => {
  await using room = new Room();
  const origin = counting(room);
  const { url, port } = await new Goproxy(room).start('reverse = false\nauth = true\nuser = { agent = "proxy" }');
  const asker = await Asker.connect(room, { port });
  const unknown = await asker.ask(`GET http://${origin.address}/ HTTP/1.1\r\nHost: ${origin.address}\r\n\r\n`);
  expect(unknown.status).toBe(407);
  const { out } = await curl("-i", "-x", url, "http://example.test/");
  expect(out).toMatch(/^HTTP\/1\.1 407 .*\r\n(?:.*\r\n)*proxy-authenticate: Basic realm="Access to internal site"/i);
  expect(out).toMatch(/^content-length: \d+/im);
  const inside = await curl(
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    "-x",
    url,
    "-U",
    "agent:proxy",
    `http://${origin.address}/`,
  );
  expect(inside.out).toBe("403");
  const tunnel = await curl("--proxytunnel", "-x", url, "-U", "agent:proxy", `http://${origin.address}/`);
  expect(tunnel.err).toContain("403");
  expect(origin.connections).toBe(0);
});

test("converted, with private targets allowed, it passes on requests and makes tunnels", async () => {
  await using room = new Room();
  const origin = counting(room);
  const goproxy = new Goproxy(room).write('reverse = false\nauth = true\nuser = { agent = "proxy" }');
  const admin = `127.0.0.1:${freePort()}`;
  const converted = await ran([...command, "convert", goproxy.path, "--to", "json"], { env: { SLUICE_ADMIN: admin } });
  expect(converted.code).toBe(0);
  const config = JSON.parse(converted.out);
  config.listeners.proxy.proxy = { private: true, tunnels: { ports: ["1-65535"] } };
  const path = room.write("sluice.json", JSON.stringify(config));
  const child = Bun.spawn([...command, "run", "-c", path], { stdio: ["ignore", "ignore", "ignore"] });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  await until("it to be ready", async () => (await fetch(`http://${admin}/readyz`).catch(() => null))?.status === 200);
  const proxied = ["-x", goproxy.url, "-U", "agent:proxy"];
  for (const method of ["GET", "POST", "PUT", "DELETE"]) {
    const answer = await curl(...proxied, "-X", method, `http://${origin.address}/${method}`);
    expect(answer.out).toStartWith("answer ");
  }
  const { fields, target } = origin.asked[0]!;
  expect([target, fields.get("proxy-authorization"), fields.get("host")]).toEqual([
    "/GET",
    undefined,
    [origin.address],
  ]);
  expect((await curl("--proxytunnel", ...proxied, `http://${origin.address}/tunnel`)).out).toBe("answer 5");
});
