// What goproxy's cache is meant to do, through its own cfg.toml. Each with what goproxy gets wrong about it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Goproxy } from "./harness/goproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
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

async function body(url: string, init: RequestInit = {}): Promise<string> {
  return (await fetch(url, init)).text();
}

for (const policy of ["LRU", "LFU"])
  test(`an answer is kept in memory (${policy}), as long as it says, else for cache_timeout`, async () => {
    await using room = new Room();
    const origin = new Origin(room);
    origin.handler = ({ target }) =>
      ok(`answer ${origin.asked.length}`, ...(target === "/zero" ? ["Cache-Control: max-age=0"] : []));
    const goproxy = await new Goproxy(room).start(
      `${passTo(origin)}cache = true\ncache_timeout = 2\ncache_type = "memory"\n[mem]\ncapacity = 1000\ncache_replacement_policy = "${policy}"`,
    );
    expect(await body(`${goproxy.url}/a`)).toBe("answer 1");
    const hit = await fetch(`${goproxy.url}/a`);
    expect([await hit.text(), hit.headers.get("age")]).toEqual(["answer 1", expect.stringMatching(/^\d+$/)]);
    // goproxy takes max-age=0 for 48 seconds.
    expect(await body(`${goproxy.url}/zero`)).toBe("answer 2");
    expect(await body(`${goproxy.url}/zero`)).toBe("answer 3");
    await until("cache_timeout to be over", async () => (await body(`${goproxy.url}/a`)) !== "answer 1");
  });

test("what must not be shared is not kept: other hosts, variants, private answers, cookies, and what is not GET", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const fieldsFor: Record<string, string[]> = {
    "/vary": ["Vary: X-Kind"],
    "/private": ["Cache-Control: private, max-age=60"],
    "/nostore": ["Cache-Control: no-store"],
    "/cookie": ["Set-Cookie: a=b"],
  };
  origin.handler = ({ target }) => ok(String(origin.asked.length), ...(fieldsFor[target] ?? []));
  const goproxy = await new Goproxy(room).start(`${passTo(origin)}cache = true\ncache_timeout = 60`);
  const differs = async (path: string, one: RequestInit, other: RequestInit): Promise<boolean> =>
    (await body(`${goproxy.url}${path}`, one)) !== (await body(`${goproxy.url}${path}`, other));
  const authorized = { headers: { authorization: "Basic eDp5" } };
  expect(await differs("/same", {}, {})).toBe(false);
  expect(await differs("/host", { headers: { host: "one.test" } }, { headers: { host: "two.test" } })).toBe(true);
  expect(await differs("/vary", { headers: { "x-kind": "1" } }, { headers: { "x-kind": "2" } })).toBe(true);
  expect(await differs("/vary", { headers: { "x-kind": "1" } }, { headers: { "x-kind": "1" } })).toBe(false);
  for (const path of ["/private", "/nostore", "/cookie"])
    expect([path, await differs(path, {}, {})]).toEqual([path, true]);
  expect(await differs("/authorized", authorized, authorized)).toBe(true);
  expect(await differs("/post", { method: "POST" }, { method: "POST" })).toBe(true);
});

test("what is stale is asked for by its ETag, and kept on when it has not changed", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  origin.handler = ({ fields }) =>
    fields.get("if-none-match")?.[0] === '"v1"'
      ? 'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: max-age=60\r\n\r\n'
      : ok("whole", 'ETag: "v1"', "Cache-Control: max-age=1");
  const { url } = await new Goproxy(room).start(`${passTo(origin)}cache = true\ncache_timeout = 60`);
  expect(await body(url)).toBe("whole");
  await until("it to be asked for again", async () => {
    expect(await body(url)).toBe("whole");
    return origin.asked.length === 2;
  });
  expect(origin.asked[1]!.fields.get("if-none-match")).toEqual(['"v1"']);
  expect(await body(url)).toBe("whole");
  expect(origin.asked).toHaveLength(2);
});

test("a long answer is passed on as it comes while it is stored", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  let isHeld = true;
  origin.handler = async ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst");
    await until("it to be let go", () => !isHeld);
    return "later";
  };
  const { url } = await new Goproxy(room).start(`${passTo(origin)}cache = true`);
  const reader = (await fetch(url)).body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("first");
  isHeld = false;
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("later");
  expect(await body(url)).toBe("firstlater");
  expect(origin.asked).toHaveLength(1);
});

test("the cache is switched on in the file, and goproxy dies of that", async () => {
  await using room = new Room();
  const origin = counting(room);
  const goproxy = await new Goproxy(room).start(`${passTo(origin)}cache = false\ncache_timeout = 60`);
  expect([await body(goproxy.url), await body(goproxy.url)]).toEqual(["answer 1", "answer 2"]);
  await goproxy.rewrite(`${passTo(origin)}cache = true\ncache_timeout = 60`);
  expect([await body(goproxy.url), await body(goproxy.url)]).toEqual(["answer 3", "answer 3"]);
});

test("a forward proxy keeps answers too", async () => {
  await using room = new Room();
  const origin = counting(room);
  const goproxy = new Goproxy(room).write("reverse = false\ncache = true\ncache_timeout = 60");
  const admin = `127.0.0.1:${freePort()}`;
  const converted = await ran([...command, "convert", goproxy.path, "--to", "json"], { env: { SLUICE_ADMIN: admin } });
  const config = JSON.parse(converted.out);
  config.listeners.proxy.proxy.private = true;
  const path = room.write("sluice.json", JSON.stringify(config));
  const child = Bun.spawn([...command, "run", "-c", path], { stdio: ["ignore", "ignore", "ignore"] });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  await until("it to be ready", async () => (await fetch(`http://${admin}/readyz`).catch(() => null))?.status === 200);
  for (let turn = 0; turn < 3; turn++)
    expect((await curl("-x", goproxy.url, `http://${origin.address}/kept`)).out).toBe("answer 1");
  expect(origin.asked).toHaveLength(1);
});

test("with a password asked for, answers are kept, and shown to nobody without it", async () => {
  await using room = new Room();
  const origin = counting(room);
  const users = 'auth = true\nuser = { one = "1", two = "2" }';
  const { url } = await new Goproxy(room).start(`${passTo(origin)}cache = true\ncache_timeout = 60\n${users}`);
  const answerTo = (user: string): Promise<string> => body(url, { headers: { authorization: `Basic ${btoa(user)}` } });
  expect([await answerTo("one:1"), await answerTo("two:2")]).toEqual(["answer 1", "answer 1"]);
  expect((await fetch(url)).status).toBe(401);
  expect(origin.asked).toHaveLength(1);
});
