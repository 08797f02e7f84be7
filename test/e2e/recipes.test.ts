// Recipes, walked through: their configs with only addresses and ports put in the place of a test's, and what they show of a shell. How long
// a limit takes to let go is played by the clock of `sluice test`, for a busy machine would take longer than the page's pauses.

import { afterAll, expect, setDefaultTimeout } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Block, readPage } from "../../scripts/docs/pages.ts";
import { testConfig } from "../../src/testing/door.ts";
import { examplesFolder } from "../examples.ts";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { recorded } from "./harness/recorded.ts";
import { Room } from "./harness/room.ts";
import { authorityIn } from "./harness/signed.ts";
import { Sluice } from "./harness/sluice.ts";
import { walked } from "./harness/walk.ts";

setDefaultTimeout(180_000);

let theOne: Sluice | null = null;
const room = new Room();
afterAll(() => room[Symbol.asyncDispose]());

/** One runs for all recipes, and is given the page's own config now. */
async function sluiceOf({ text }: Block, edit: (text: string) => string = (text) => text): Promise<Sluice> {
  const [port, adminPort] =
    theOne === null ? [freePort(), freePort()] : [theOne.port, Number(theOne.admin.split(":")[1])];
  const config = text.replaceAll(/"(127\.0\.0\.1)?:(8080|3128)"/g, `"127.0.0.1:${port}"`);
  const admin = `workers: 1\nadmin: { listen: "127.0.0.1:${adminPort}", rateLimit: 1000/s }\n`;
  const path = room.write("maintenance.yaml", admin + edit(config));
  if (theOne === null) theOne = await Sluice.of(room, path, port, adminPort);
  else {
    const answer = await fetch(`http://${theOne.admin}/api/v1/reload`, { method: "POST" });
    if (answer.status !== 200) throw new Error(await answer.text());
  }
  return theOne;
}

walked("docs/recipes/backtest-a-rule.md", [], async (walk) => {
  room.write("sluice.yaml", walk.next("yaml").text);
  room.write("access.log", recorded().join(""));
  const line = '192.0.2.1 - - [20/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n';
  for (const name of ["nginx.1.gz", "nginx.2.gz"]) room.write(name, gzipSync(line.repeat(30)));
  const play = await walk.follow({
    room,
    admin: "",
    words: { "/var/log/nginx/access.log": `${room.folder}/nginx` },
    says: {
      "zcat $(ls -tr /var/log/nginx/access.log.*.gz) | sluice backtest greedy -c sluice.yaml --from -":
        /^60 requests of 1 client[\s\S]*It would have hit 40 requests/m,
    },
  });
  expect(play).toBe(4);
});

walked("docs/recipes/blue-green.md", [], async (walk) => {
  const sluice = await sluiceOf(walk.next("yaml"));
  await walk.follow({
    room,
    admin: sluice.admin,
    hasNoTerminal: true,
    says: { "sluice config write": /written to .*maintenance\.yaml/ },
  });
  const written = readFileSync(sluice.configPath, "utf8");
  expect(written).toMatch(/weight: 50[\s\S]*weight: 50/);
  expect(written).toContain("drain: true");
});

walked("docs/recipes/deploy-without-errors.md", [], async (walk) => {
  const sluice = await sluiceOf(walk.next("yaml"));
  await walk.follow({ room, admin: sluice.admin });
  expect((await sluice.status()).pools[0]!.servers.some(({ state }) => state === "draining")).toBe(false);
});

walked("docs/recipes/maintenance-page.md", [], async (walk) => {
  const origin = new Origin(room);
  const sluice = await sluiceOf(walk.next("yaml"), (text) => text.replace("127.0.0.1:8081", origin.address));
  const page = async (): Promise<string> => (await fetch(sluice.url)).text();
  const heard: string[] = [];
  await walk.follow({
    room,
    admin: sluice.admin,
    before: {
      "sluice config patch listeners.web.rules.0.mode=off": async () => heard.push(await page()),
      "sluice config diff": async () => heard.push(await page()),
    },
  });
  expect(heard.map((text) => text.includes("Closed until noon"))).toEqual([true, false]);
});

/** Somebody outside, who speaks TLS; and the private addresses that a test has for outside. */
function outside(room: Room): { readonly url: string; readonly asked: readonly string[] } {
  const clients: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    tls: authorityIn(room).issue(["DNS:localhost"]),
    fetch: (request, self) => {
      clients.push(self.requestIP(request)?.address ?? "");
      return new Response("outside");
    },
  });
  room.ending(() => server.stop(true));
  return { url: `https://127.0.0.1:${server.port}/`, asked: clients };
}
const inside = 'private: true, ports: ["1-65535"]';
const prelude = 'curl() { command curl -ksS --fail-with-body --max-time 15 "$@"; }';

walked("docs/recipes/forward-proxy-users.md", [], async (walk) => {
  const { url, asked: clients } = outside(room);
  cpSync(join(examplesFolder, "forwardproxy/users.htpasswd"), room.path("users.htpasswd"));
  writeFileSync(room.path("users.htpasswd"), "team:{PLAIN}secret\n");
  const sluice = await sluiceOf(walk.next("yaml"), (text) =>
    text
      .replace("socks: true", 'socks: true\n      private: true\n      ports: ["1-65535"]')
      .replace("maxTime: 8h", 'maxTime: 8h, ports: ["1-65535"]'),
  );
  const words = { "127.0.0.1:3128": `127.0.0.1:${sluice.port}`, "https://example.com/": url };
  await walk.follow({ room, admin: sluice.admin, prelude, words });
  expect(clients).toHaveLength(2);
});

walked("docs/recipes/rotating-outbound-addresses.md", [], async (walk) => {
  const { url, asked: clients } = outside(room);
  const sluice = await sluiceOf(walk.next("yaml"), (text) =>
    text
      .replace("203.0.113.10-40", "127.0.113.10-40")
      .replace("proxy: { egress: out }", `proxy: { egress: out, ${inside}, tunnels: { ports: ["1-65535"] } }`),
  );
  await walk.follow({
    room,
    admin: sluice.admin,
    prelude,
    words: {
      "127.0.0.1:3128": `127.0.0.1:${sluice.port}`,
      "https://example.com/": url,
      "203.0.113.17": "127.0.113.17",
    },
    says: {
      "sluice egress ls out": /127\.0\.113\.10 .*\n.*127\.0\.113\.11 /,
      "sluice egress show 203.0.113.17": /^127\.0\.113\.17 of egress pool out/,
    },
  });
  expect(clients.map((client) => /^127\.0\.113\.\d+$/.test(client))).toEqual([true, true]);
});

/** `codes 6 URL; sleep 1; codes 3 URL`, by the clock of a test. */
async function played(path: string, line: string): Promise<string> {
  const proxy = await testConfig(path, {});
  const said: string[] = [];
  for (const part of line.split("; ")) {
    const [, count, target] = /^codes (\d+) http:\/\/127\.0\.0\.1:8080(\S+)$/.exec(part) ?? [];
    if (count === undefined) proxy.pass(`${/^sleep (\d+)$/.exec(part)![1]}s`);
    else {
      const codes: number[] = [];
      for (let index = 0; index < Number(count); index++) codes.push((await proxy.request(target!)).status);
      said.push(`${codes.join(" ")} `);
    }
  }
  return `$ ${line}\n${said.join("\n")}\n`;
}

walked("docs/recipes/tables.md", [], async (walk) => {
  const statuses: Readonly<Record<string, string>> = { "/login": "401 Unauthorized", "/search": "404 Not Found" };
  const origin = new Origin(
    room,
    ({ target }) => `HTTP/1.1 ${statuses[target] ?? "200 OK"}\r\nContent-Length: 0\r\n\r\n`,
  );
  room.write("friends.txt", "");
  cpSync(join(examplesFolder, "errors"), room.path("errors"), { recursive: true });
  const prelude = `curl() { command curl "$@"; }\n${walk.next("sh").text}`;
  let before: Block | null = null;
  for (const block of walk.blocks) {
    if (block.language === "yaml") before = block;
    if (block.language !== "console") continue;
    const { text } = before!;
    if (/; sleep \d+; codes/.test(block.text) && !block.text.includes("echo")) {
      expect(await played(room.write("limit.yaml", text), /^\$ (.*)\n/.exec(block.text)![1]!)).toBe(block.text);
      walk.take(block);
      continue;
    }
    const sluice = await sluiceOf(before!, (config) => config.replace("127.0.0.1:8081", origin.address));
    const words: Record<string, string> = block.text.includes(":8080")
      ? { "127.0.0.1:8080": `127.0.0.1:${sluice.port}` }
      : {};
    await walk.follow({ room, admin: sluice.admin, prelude, words }, (each) => each === block);
  }
});

walked("docs/recipes/login-by-another-service.md", [], async () => {
  const origin = new Origin(room);
  const heard: (readonly [string, string | null, string | null])[] = [];
  const verifier = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    fetch: ({ headers }) => {
      heard.push([headers.get("x-forwarded-method") ?? "", headers.get("x-forwarded-uri"), headers.get("cookie")]);
      if (headers.get("cookie") === "session=good")
        return new Response(null, { status: 200, headers: { "Remote-User": "ann", "Remote-Groups": "staff, admins" } });
      const answer = new Response(gzipSync("log in first"), {
        status: 302,
        headers: { Location: "https://auth.example/?rd=%2F", "Content-Encoding": "gzip" },
      });
      answer.headers.append("Set-Cookie", "one=1; Path=/");
      answer.headers.append("Set-Cookie", "two=2; Path=/");
      return answer;
    },
  });
  room.ending(() => verifier.stop(true));
  const [config] = readPage("docs/recipes/login-by-another-service.md").blocks;
  const [port, adminPort] = [freePort(), freePort()];
  const path = room.write(
    "login.sluice.config.ts",
    config!.text
      .replace("127.0.0.1:9091", `127.0.0.1:${verifier.port}`)
      .replace("127.0.0.1:8081", origin.address)
      .replace('":8080"', `"127.0.0.1:${port}"`)
      .replace("  listeners: {", `  workers: 1,\n  admin: { listen: "127.0.0.1:${adminPort}" },\n  listeners: {`),
  );
  const sluice = await Sluice.of(room, path, port, adminPort);
  const strange = await fetch(`${sluice.url}/reports?q=1`, { redirect: "manual", headers: { "Remote-User": "ann" } });
  expect([strange.status, strange.headers.get("location")]).toEqual([302, "https://auth.example/?rd=%2F"]);
  expect(strange.headers.getSetCookie()).toEqual(["one=1; Path=/", "two=2; Path=/"]);
  expect(await strange.text()).toBe("log in first");
  expect(origin.asked).toHaveLength(0);
  const known = await fetch(`${sluice.url}/reports?q=1`, {
    method: "POST",
    body: "all of it",
    headers: { Cookie: "session=good", "Remote-User": "root", "Remote-Email": "root@example" },
  });
  expect(known.status).toBe(200);
  const { fields, body } = origin.asked[0]!;
  expect(["remote-user", "remote-groups", "remote-email"].map((name) => fields.get(name))).toEqual([
    ["ann"],
    ["staff, admins"],
    undefined,
  ]);
  expect(body.toString()).toBe("all of it");
  expect(heard).toEqual([
    ["GET", "/reports?q=1", null],
    ["POST", "/reports?q=1", "session=good"],
  ]);
  await verifier.stop(true);
  expect((await fetch(`${sluice.url}/reports`, { headers: { Cookie: "session=good" } })).status).toBe(503);
});
