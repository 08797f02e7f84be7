// Every command that these pages show of `sluice` and `curl`, typed as it stands there, in the page's order, at a Sluice that has what the page
// speaks of: a pool that is called so, a table, a cache, outbound addresses, a log. What the page shows below a command must come.

import { expect, setDefaultTimeout } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Block, root } from "../../scripts/docs/pages.ts";
import { askBy } from "./harness/egress.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran, testWith } from "./harness/program.ts";
import { recorded } from "./harness/recorded.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { followed, typed } from "./harness/transcript.ts";
import { until } from "./harness/wait.ts";
import { asked, sluiceOf, walked } from "./harness/walk.ts";

setDefaultTimeout(180_000);

walked("docs/CONFIGURING.md", ["script"], async (walk) => {
  await using room = new Room();
  const sluice = await sluiceOf(
    room,
    (port) => `listeners:
  web:
    listen: 127.0.0.1:${port}
    use: app
    rules: [{ name: admin, if: path.startsWith('/admin'), mode: observe, deny: 403 }]
pools:
  app:
    retries: 2
    servers: ["10.0.0.1:80^3"]
`,
  );
  const edited = readFileSync(sluice.configPath, "utf8").replace("^3", "^5");
  writeFileSync(sluice.configPath, edited.replace("^5", '^5", "10.0.0.2:80'));
  await walk.follow({ room, admin: sluice.admin });
  const written = readFileSync(sluice.configPath, "utf8");
  expect(written).toContain("retries: 0");
});

const isOfAll = "it is for the whole machine: test/e2e/egressipv6.test.ts does so in a namespace";

walked("docs/EGRESS.md", [], async (walk) => {
  await using room = new Room();
  // What nginx would be: a server for each address, and both are refused.
  const addresses = ["203.0.113.7", "203.0.113.8"];
  const servers = addresses.map((address) => {
    const { port } = new Origin(room, () => refused("403 Forbidden"));
    return `server {\n  listen 127.0.0.1:${port};\n  location / { proxy_bind ${address}; }\n}\n`;
  });
  const nginx = room.write("upstream.conf", servers.join(""));
  const log = room.write("nginx.log", `port=${/listen \S+:(\d+)/.exec(servers[0]!)![1]} status=429\n`);
  const sluice = await sluiceOf(
    room,
    (port) => `egress:
  research:
    members: [{ nginx: ${nginx}, host: 127.0.0.1 }]
    logs: [{ path: ${log}, format: { pattern: 'port=(?<port>\\d+) status=(?<status>\\d+)' }, every: 5m, mode: parse }]
    evidence: both
    judge: { failures: 3 }
listeners:
  out: { listen: "127.0.0.1:${port}", proxy: { egress: research, fields: true, private: true } }
`,
  );
  for (let index = 0; index < 4; index++) expect((await askBy(sluice.port, "127.1.0.1")).status).toBe(403);
  await walk.follow({
    room,
    admin: sluice.admin,
    words: { "[POOL]": "research" },
    untried: {
      "ip -6 route add local 2001:db8:7::/64 dev lo": isOfAll,
      "sysctl -w net.ipv6.ip_nonlocal_bind=1": isOfAll,
    },
    says: {
      "sluice egress ls [POOL]": /203\.0\.113\.7 .*\n.*203\.0\.113\.8 /,
      "sluice egress show 203.0.113.7": /^203\.0\.113\.7 of egress pool research/,
      "sluice egress history 203.0.113.7 203.0.113.8 --status 4xx --since 1h": / 403 /,
      'sluice egress ban 203.0.113.7 --for 1h --reason "complaint 4711"': /203\.0\.113\.7 .*banned/,
      "sluice egress unban 203.0.113.7": /^203\.0\.113\.7 .*is available/,
      "sluice egress renew": /^the logs of research are read up to now/,
    },
  });
});

walked("docs/CACHING.md", [], async (walk) => {
  await using room = new Room();
  put(room, "site", authorityIn(room).issue(["DNS:shop.example"]));
  const fields = ["Cache-Control: max-age=600, stale-while-revalidate=60"];
  const origin = new Origin(room, ({ target }) =>
    ok(target, ...fields, ...(target === "/shoe" ? ["Surrogate-Key: shoes"] : [])),
  );
  const sluice = await sluiceOf(
    room,
    (port) => `listeners:
  web: { listen: "127.0.0.1:${port}", use: site, tls: { certificates: [{ certificate: site.crt, key: site.key }] } }
caches: { pages: {} }
pools:
  site: { servers: ["${origin.address}"], cache: pages }
`,
  );
  const stored = async (): Promise<void> => {
    for (const path of ["/page", "/img/a", "/shoe"]) {
      const url = `https://127.0.0.1:${sluice.port}${path}`;
      await ran(["curl", "-sk", "-H", "Host: shop.example", url]);
    }
  };
  await stored();
  await walk.follow({
    room,
    admin: sluice.admin,
    words: { "explain URL": "explain https://shop.example/page" },
    says: {
      "sluice cache why https://shop.example/page": /^ {2}hit: /m,
      "sluice cache ls": /pages .* 3 /,
      "sluice explain URL": /^cache pages: hit/m,
      "sluice cache purge --url https://shop.example/page": /^purged 1 response in pages/,
      "sluice cache purge --prefix https://shop.example/img/": /^purged 1 response in pages/,
      "sluice cache purge --tag shoes --soft": /^1 response in pages is stale/,
      "sluice cache purge --all --cache pages": /^purged 1 response in pages/,
    },
  });
});

walked("docs/BACKTEST.md", [], async (walk) => {
  await using room = new Room();
  room.write(
    "sluice.yaml",
    `tables:
  shop: { key: ip, expire: 10m, store: ["http_req_rate(60s)"] }
listeners:
  web:
    listen: ":8080"
    use: app
    rules: [{ track: shop }, { name: greedy, if: "shop[src].http_req_rate > 5", deny: 429 }]
pools:
  app: { servers: ["127.0.0.1:8081"] }
`,
  );
  const lines = recorded();
  const path = room.write("access.log", lines.slice(lines.length / 2).join(""));
  room.write("access.log.1.gz", gzipSync(lines.slice(0, lines.length / 2).join("")));
  room.write("whole.log", lines.join(""));
  await walk.follow({
    room,
    admin: "127.0.0.1:1",
    words: { "/var/log/sluice/access.log": path, "access.log --top": "whole.log --top" },
    isOfAnyLength: true,
  });
});

const refused = (status: string): string => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`;

walked("docs/LIVE.md", [], async (walk) => {
  await using room = new Room();
  const origin = new Origin(room, async ({ target }) => {
    if (target !== "/bad") return ok("yes");
    await Bun.sleep(250); // A server that is slow.
    return refused("500 Internal Server Error");
  });
  const sluice = await sluiceOf(
    room,
    (port) => `tables:
  seen: { key: ip, store: ["http_req_rate(10s)"] }
listeners:
  web:
    listen: "127.0.0.1:${port}"
    use: app
    rules:
      - track: seen
      - { name: crawlers, if: "path.startsWith('/api/')", deny: 403 }
      - { name: nosy, if: path.startsWith('/admin'), mode: observe, deny: 403 }
pools:
  app: { servers: ["${origin.address}"] }
`,
  );
  await asked(sluice, 3, "/api/x");
  await asked(sluice, 1, "/bad");
  const lastId = async (): Promise<string> => {
    const { requests } = await until("a record", async () => {
      const answer = await fetch(`http://${sluice.admin}/api/v1/requests?limit=1`);
      const body = (await answer.json()) as { requests: { id: string }[] };
      return body.requests.length > 0 && body;
    });
    return requests[0]!.id;
  };
  await walk.follow({
    room,
    admin: sluice.admin,
    words: {
      "127.0.0.1:2112": sluice.admin,
      "0-4711": lastId,
      "10.0.0.0/8": "127.0.0.0/8",
      "10.0.0.1:80": origin.address,
    },
    says: {
      "curl 'http://127.0.0.1:2112/api/v1/requests?status=5xx,429&pool=app&slower=200ms'": /"path": "\/bad"/,
      "curl 'http://127.0.0.1:2112/api/v1/requests?client=10.0.0.0/8&path=/api/*&rule=crawlers'": /"path": "\/api\/x"/,
    },
    traffic: () => asked(sluice, 1, "/bad"),
  });
  expect((await fetch(`${sluice.url}/admin`)).status).toBe(403);
});

walked("docs/RULES.md", [], async (walk) => {
  await using room = new Room();
  const { text } = walk.next("yaml");
  const sluice = await sluiceOf(room, (port) => text.replace('":8080"', `"127.0.0.1:${port}"`));
  await walk.follow({
    room,
    admin: sluice.admin,
    words: { "127.0.0.1:2112": sluice.admin, "127.0.0.1:8080": `127.0.0.1:${sluice.port}` },
  });
});

walked("README.md", ["script"], async (walk) => {
  await using room = new Room();
  const slow = new Origin(room, () => refused("500 Internal Server Error"));
  const shop = (port: number, more: string): string => `tables:
  clients: { key: ip, expire: 10m, store: ["http_req_rate(60s)"] }
listeners:
  web: { listen: "127.0.0.1:${port}", use: app, rules: [{ track: clients }] }
${more}pools:
  app: { servers: ["${slow.address}"], retries: 2, cache: true }
`;
  const tests =
    "tests: [{ name: a page comes, servers: { app: { body: hello } }, request: /, expect: { body: hello } }]\n";
  const forward = `  out: { listen: "127.0.0.1:${freePort()}", proxy: { egress: research } }
egress:
  research: { members: [{ addresses: ["127.0.0.2-5"] }] }
`;
  room.write("shop.yaml", shop(8080, "") + tests);
  room.write("access.log", recorded().join(""));
  const sluice = await sluiceOf(room, (port) => shop(port, forward));
  const admin = `127.0.0.1:${freePort()}`;
  put(room, "shop", authorityIn(room).issue(["DNS:shop.example"]));
  const own = walk.next("ts").text.replace("({", `({ admin: { listen: "${admin}" },`);
  room.write(
    "sluice.config.ts",
    own
      .replaceAll(/":\d+"/g, () => `"127.0.0.1:${freePort()}"`)
      .replace("/etc/letsencrypt/live", room.folder)
      .replace("/var/log/sluice", room.folder),
  );
  const foreign = readFileSync(join(root, "examples/haproxy.cfg"), "utf8").replace(":8080", `127.0.0.1:${freePort()}`);
  room.write("haproxy.cfg", foreign);
  const isExplained = ({ text }: Block): boolean => text.startsWith("$ sluice explain");
  const isCloned = "test/e2e/install.test.ts does so";
  await walk.follow(
    {
      room,
      admin: sluice.admin,
      words: {
        "--listen :8080": `--listen 127.0.0.1:${freePort()}`,
        "--listen :5432": `--listen 127.0.0.1:${freePort()}`,
        "bin/sluice run -c haproxy.cfg": `SLUICE_ADMIN=${admin} sluice run -c haproxy.cfg`,
        "bin/sluice": "sluice",
        "x.test/": `x.test:${sluice.port}/`,
        "app/10.0.0.1:80": `app/${slow.address}`,
      },
      untried: { "git clone … sluice && cd sluice": isCloned, "npm start": isCloned, "npm test": "this is of it" },
      traffic: () => asked(sluice, 1),
    },
    (block) => !isExplained(block),
  );
  const mistaken =
    "listeners:\n  web:\n    listen: ':8080'\n\n    use: shpo\npools: { shop: { servers: ['10.0.0.1:80'] } }\n";
  await using third = new Room();
  third.write("sluice.yaml", mistaken);
  walk.shows((await typed(third, "", "sluice check sluice.yaml")).out);

  await using other = new Room();
  const front = walk.blocks.find(({ text }) => text.includes("easeUp:"))!;
  const marking = await sluiceOf(other, (port) => front.text.replace('":8080"', `"127.0.0.1:${port}"`));
  const entry = `http://${marking.admin}/api/v1/tables/marked/entries/198.51.100.7`;
  await fetch(entry, { method: "PUT", body: '{"gpc0":1}' });
  expect(await walk.follow({ room: other, admin: marking.admin }, isExplained)).toBe(1);
});

walked("docs/REGISTRY.md", [], async (walk) => {
  await using room = new Room();
  const sluice = await sluiceOf(
    room,
    (port) => `listeners: { web: { listen: "127.0.0.1:${port}", use: app } }
pools: { app: { discover: { registry: gopher_backends } } }
`,
  );
  await walk.follow({
    room,
    admin: sluice.admin,
    words: Object.fromEntries(
      ["ls [SET]", "add SET", "drain SET", "remove SET"].map((told) => [
        told,
        told.replace(/\[?SET\]?/, "gopher_backends"),
      ]),
    ),
    says: {
      "sluice registry add SET 10.0.0.4:80^2": /10\.0\.0\.4:80/,
      "sluice registry drain SET 10.0.0.4:80": /10\.0\.0\.4:80/,
      "sluice registry remove SET 10.0.0.4:80": /10\.0\.0\.4:80/,
    },
  });
});

walked("docs/OPERATING.md", [], async (walk) => {
  await using room = new Room();
  const sluice = await sluiceOf(
    room,
    (port) => `listeners: { web: { listen: "127.0.0.1:${port}", use: app } }
pools: { app: { servers: ["10.0.0.1:80"] } }
`,
    ", token: a-long-secret-4711",
  );
  await walk.follow({
    room,
    admin: sluice.admin,
    words: { "127.0.0.1:2112": sluice.admin, $SLUICE_ADMIN_TOKEN: "a-long-secret-4711", "seconds=10": "seconds=1" },
  });
  for (const kept of ["sluice-worker-0.cpuprofile", "sluice-worker-0.heapsnapshot"])
    expect(() => JSON.parse(readFileSync(room.path(kept), "utf8"))).not.toThrow();
});

const made: readonly (readonly [string, string, RegExp])[] = [
  ["an option that is none", "sluice check sluice.yaml --nonsense\n", /ended with 2 instead of 0/],
  ["a command that fails", "sluice check none.yaml\n", /ended with \d instead of 0/],
  ["a path that is none", "curl http://127.0.0.1:2112/api/v1/nonsense\n", /ended with 22 instead of 0/],
  ["a stream that is refused", "curl -N http://127.0.0.1:2112/api/v1/nonsense\n", /ended with 22 instead of 0/],
  ["other output", "$ sluice config show pools.app.retries\nthree\n", /shows\nthree\non the page, and here\n#$/],
  ["a program that may do harm", "reboot\n", /nobody has said that reboot may be run/],
  ["no more of what is listed", "sluice status\n", /the page has no more sluice stop/],
];

testWith(["bash", "curl"])("a page that shows what does not come to pass is found out", async () => {
  await using room = new Room();
  const sluice = await sluiceOf(
    room,
    (port) =>
      `listeners: { web: { listen: "127.0.0.1:${port}", use: app } }\npools: { app: { servers: ["10.0.0.1:80"] } }\n`,
  );
  const words = { "127.0.0.1:2112": sluice.admin };
  for (const [what, text, problem] of made) {
    const stage = what.startsWith("no more") ? { untried: { "sluice stop": "it is over then" } } : {};
    const block = { at: "made.md:1", language: "sh", text };
    const told = await followed([block], {
      room,
      admin: sluice.admin,
      ...(text.includes("2112") ? { words } : {}),
      ...stage,
    }).then(
      () => "all is well",
      ({ message }: Error) => message,
    );
    expect([what, told]).toEqual([what, expect.stringMatching(problem)]);
  }
});
