// Proxies behind an egress pool that are real ones: squid, another Sluice, and TLS to the target through each kind of member, the client's
// own in a tunnel, and Sluice's.

import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import { AccessLog } from "./harness/accesslog.ts";
import { proxyStage, toldIn } from "./harness/egressstage.ts";
import { freePort } from "./harness/port.ts";
import { curl, find, testWith } from "./harness/program.ts";
import { Forward } from "./harness/proxy.ts";
import { Room } from "./harness/room.ts";
import { authorityIn } from "./harness/signed.ts";
import { Sluice } from "./harness/sluice.ts";
import { squid } from "./harness/squid.ts";
import { UpstreamProxy } from "./harness/upstreamproxy.ts";

setDefaultTimeout(60_000);
const withSquid = testWith(["squid"]);
const squidHelper = "/usr/lib/squid/basic_ncsa_auth";
const withSquidUsers = existsSync(squidHelper) ? testWith(["squid", "openssl"]) : test.skip;

/** Whom it lets in: nobody else. Its own helper for files of passwords reads apr1 hashes. */
function squidUsers(room: Room, name: string, password: string): string[] {
  const { stdout } = Bun.spawnSync([find("openssl")!, "passwd", "-apr1", password]);
  const users = room.write("squid.users", `${name}:${stdout.toString().trim()}\n`);
  // Started by root, it is somebody else by the time that it reads them.
  chmodSync(dirname(users), 0o711);
  chmodSync(users, 0o644);
  return [
    `auth_param basic program ${squidHelper} ${users}`,
    "auth_param basic children 1",
    "acl known proxy_auth REQUIRED",
    "http_access allow known",
    "http_access deny all",
  ];
}

/** A site over TLS at one host, that says who has asked; its certificate is of an authority in ca.pem. */
function secureSite(room: Room, host: string): { readonly at: string; readonly seen: string[] } {
  const { cert, key } = authorityIn(room).issue([`IP:${host}`]);
  const seen: string[] = [];
  const server = Bun.serve({
    ...{ hostname: "0.0.0.0", port: freePort(), tls: { cert, key } },
    fetch: (request, at) => {
      const from = (at.requestIP(request)?.address ?? "").replace(/^::ffff:/, "");
      seen.push(from);
      return new Response(from);
    },
  });
  room.ending(() => server.stop(true));
  return { at: `${host}:${server.port}`, seen };
}

withSquid(
  "TLS to a target goes through squid, another Sluice, and small strict ones, in the client's tunnel and from here",
  async () => {
    await using room = new Room();
    const site = secureSite(room, "127.1.0.1");
    const http = await UpstreamProxy.start(room, { protocol: "http", from: "127.0.3.1", user: "u", password: "p" });
    const socks = await UpstreamProxy.start(room, { protocol: "socks5", from: "127.0.3.2", user: "u", password: "p" });
    const cache = await squid(room, ["tcp_outgoing_address 127.0.3.3", "http_access allow all"]);
    await using other = new Room();
    const next = await Forward.start(
      other,
      { egress: "own", private: true, socks: true },
      { auth: { users: { me: "next" } } },
      { egress: { own: { members: [{ addresses: ["127.0.3.4"] }] } } },
    );
    const kinds: Record<string, readonly [url: string, seen: string, id: string]> = {
      http: [http.url, "127.0.3.1", http.id],
      socks: [socks.url, "127.0.3.2", socks.id],
      squid: [`http://${cache}`, "127.0.3.3", cache],
      sluice: [`http://me:next@${next.address}`, "127.0.3.4", next.address],
      sluicesocks: [`socks5://me-session-x:next@${next.address}`, "127.0.3.4", next.address],
    };
    const members = [
      ...Object.entries(kinds).map(([kind, [url]]) => ({ proxies: [url], tags: { kind } })),
      { addresses: ["127.0.3.5"], tags: { kind: "own" } },
    ];
    const log = new AccessLog(room);
    const port = freePort();
    const draft = Forward.draft(
      port,
      log,
      { egress: "out", private: true, fields: true },
      { auth: { users: { alice: "a" } } },
      {
        egress: { out: { members } },
      },
    );
    // Whom a target's certificate is believed from is the system's to say.
    await Sluice.start(room, draft, { prefix: ["env", `NODE_EXTRA_CA_CERTS=${room.path("ca.pem")}`] });
    for (const [kind, [, seen, id]] of [...Object.entries(kinds), ["own", ["", "127.0.3.5", "127.0.3.5"]] as const]) {
      const user = `alice-kind-${kind}`;
      const tunnel = await curl(
        ...["-v", "--noproxy", "", "--cacert", room.path("ca.pem"), "-x", `http://127.0.0.1:${port}`],
        ...["--proxy-user", `${user}:a`, `https://${site.at}/`],
      );
      expect([kind, tunnel.out, toldIn(tunnel.err)]).toEqual([kind, seen, [id]]);
      const plain = await curl(
        ...["-i", "-H", "X-Egress-Scheme: https", "-H", `X-Egress-Host: ${site.at}`],
        ...["-H", `Proxy-Authorization: Basic ${btoa(`${user}:a`)}`, `http://127.0.0.1:${port}/`],
      );
      expect([kind, plain.out.split("\r\n\r\n").at(-1), toldIn(plain.out)]).toEqual([kind, seen, [id]]);
    }
    // Over plain HTTP, what the next proxy tells of its own addresses is not passed on.
    const outside = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("plain") });
    room.ending(() => outside.stop(true));
    const answer = await curl(
      ...["-i", "--noproxy", "", "-x", `http://127.0.0.1:${port}`, "--proxy-user", "alice-kind-sluice:a"],
      `http://127.0.0.1:${outside.port}/`,
    );
    expect(toldIn(answer.out)).toEqual([kinds["sluice"]![2]]);
    expect(answer.out).toEndWith("plain");
  },
);

withSquidUsers(
  "squid is shown the user and password of its URL; one that does not know them is left alone",
  async () => {
    await using room = new Room();
    const site = secureSite(room, "127.1.0.1");
    const [name, password] = ["sluice", "p:a/%x@y"];
    const known = await squid(room, ["tcp_outgoing_address 127.0.3.3", ...squidUsers(room, name, password)]);
    const { outside, proxy, api } = await proxyStage(room, {
      members: [
        { proxies: [`http://${name}:${encodeURIComponent(password)}@${known}`] },
        { proxies: [`http://${name}:hidden@localhost:${known.split(":")[1]}`] },
      ],
      choose: "roundRobin",
    });
    const ask = (...words: string[]) => curl("--noproxy", "", "-x", `http://${proxy.address}`, ...words);
    for (let time = 0; time < 4; time++) {
      expect((await ask(`http://${outside.host(1)}/`)).out).toBe("127.0.3.3");
      expect((await ask("--cacert", room.path("ca.pem"), `https://${site.at}/`)).out).toBe("127.0.3.3");
    }
    const all = await api.members();
    expect(all.members.map(({ id, state, cause }) => [id.split(":")[0], state, cause])).toEqual([
      ["127.0.0.1", "available", "added"],
      ["localhost", "coolingDown", "unusable"],
    ]);
    expect(JSON.stringify(all) + proxy.sluice.stderr).not.toMatch(/p:a|p%3Aa|hidden/);
  },
);

test("a proxy is spoken to over TLS, believed by the authority that is named for it, and not by another's", async () => {
  await using room = new Room();
  const { cert, key } = authorityIn(room).issue(["IP:127.0.0.1"]);
  authorityIn(room, "other.pem", "Other CA");
  const options = { protocol: "http", tls: { cert, key }, user: "u", password: "p" } as const;
  const good = await UpstreamProxy.start(room, { ...options, from: "127.0.3.1" });
  const strange = await UpstreamProxy.start(room, { ...options, from: "127.0.3.2" });
  const { outside, proxy, api } = await proxyStage(room, {
    members: [
      { proxies: [good.url], tls: { ca: room.path("ca.pem") } },
      { proxies: [strange.url], tls: { ca: room.path("other.pem") } },
    ],
    choose: "roundRobin",
  });
  const url = `http://${outside.host(1)}/`;
  const at = `http://${proxy.address}`;
  const ways = [
    ["-x", at],
    ["-p", "-x", at],
    ["-x", at.replace("http", "socks5h")],
  ];
  for (let turn = 0; turn < 6; turn++)
    expect((await curl("--noproxy", "", ...ways[turn % 3]!, url)).out).toBe("127.0.3.1");
  expect(good.asked.filter((line) => line.startsWith("CONNECT"))).toHaveLength(4);
  expect(strange.asked).toEqual([]);
  expect((await api.one(strange.id)).member).toMatchObject({ state: "coolingDown", cause: "unusable" });
});
