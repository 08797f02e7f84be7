import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "./compile.ts";
import { type Loaded, loadConfig } from "./load.ts";
import { stampOf } from "./loadfiles.ts";
import { LocalAddresses } from "./loadlocal.ts";
import { loadMaterials } from "./loadmaterials.ts";
import { formatProblem } from "./problem.ts";
import { Slots } from "./slots.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-egress-"));
afterAll(() => rmSync(folder, { recursive: true }));

let number = 0;
/** A config with these members, and files beside it. */
async function load(
  members: object[],
  files: Readonly<Record<string, string>> = {},
  more: object = {},
): Promise<[Loaded, string]> {
  const place = join(folder, String(++number));
  mkdirSync(place);
  for (const [name, text] of Object.entries(files)) {
    if (name.includes("/")) mkdirSync(join(place, name, ".."), { recursive: true });
    writeFileSync(join(place, name), text);
  }
  const config = {
    listeners: { out: { listen: "127.0.0.1:3128", proxy: { egress: "ips" } } },
    egress: { ips: { members, ...more } },
  };
  writeFileSync(join(place, "sluice.json"), JSON.stringify(config, null, 1));
  return [await loadConfig(join(place, "sluice.json"), {}), place];
}

const told = ([loaded, place]: [Loaded, string]): string[] =>
  (loaded.ok ? loaded.warnings : loaded.problems).map(({ severity, key, message }) =>
    `${severity} ${key} ${message}`.replaceAll(`${place}/`, ""),
  );

const idsOf = (loaded: Loaded): string[] => {
  if (!loaded.ok) throw new Error("not loaded");
  return compile(loaded.config, new Slots(), () => undefined, 1, loaded.materials).egresses[0]!.members.map(
    ({ id }) => id,
  );
};

const server = (port: number): string => `server { listen ${port}; location / { proxy_bind 127.0.1.${port}; } }\n`;

describe("nginx' files", () => {
  test("are read with what they include, by patterns too, from their own folder or the one above", async () => {
    const loaded = await load([{ nginx: "nginx/conf.d/*.conf" }], {
      "nginx/conf.d/001.conf": `${server(1)}include snippets/extra-[a-b]?.conf;\ninclude 3.inc;`,
      "nginx/conf.d/002.conf": server(5),
      "nginx/conf.d/3.inc": server(4),
      "nginx/conf.d/.hidden.conf": server(9),
      "nginx/snippets/extra-a1.conf": server(2),
      "nginx/snippets/extra-b1.conf": server(3),
      "nginx/snippets/extra-c1.conf": server(8),
    });
    expect(told(loaded)).toEqual([]);
    expect(idsOf(loaded[0])).toEqual(["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4", "127.0.1.5"]);
  });

  test("that are bad are told at their key, with file and line", async () => {
    const nginx = [{ nginx: "a.conf" }];
    const at = "error egress.ips.members[0].nginx names";
    expect(told(await load(nginx))).toEqual([`${at} "a.conf", which does not exist`]);
    expect(told(await load(nginx, { "a.conf": "x;\nserver {" }))).toEqual([
      `${at} "a.conf", whose line 2 has a block, server, that nothing ends`,
    ]);
    expect(told(await load(nginx, { "a.conf": "include b;", b: "}" }))).toEqual([
      `${at} "a.conf", where b:1 has a } too many`,
    ]);
    expect(told(await load(nginx, { "a.conf": "server { listen 80; }" }))).toEqual([
      expect.stringMatching(/names "a.conf", in which no server has listen and proxy_bind/),
    ]);
    expect(told(await load([{ nginx: "*.conf" }]))).toEqual([`${at} "*.conf", for which there is no file`]);
    const bad = await load(nginx, { "a.conf": `${server(1)}server { listen 2; proxy_bind $x; }` });
    expect(told(bad)).toEqual([
      expect.stringMatching(/^warning .* names "a.conf", whose line 2 has proxy_bind with a variable/),
    ]);
    expect(idsOf(bad[0])).toEqual(["127.0.1.1"]);
  });

  test("none of whose servers listens at a port that is asked for make no member, which is told", async () => {
    const text = { "a.conf": server(1) + server(2) };
    expect(told(await load([{ nginx: "a.conf", ports: [1] }], text))).toEqual([]);
    const none = await load([{ nginx: "a.conf", ports: ["3-19000", 19_003] }], text);
    expect(told(none)).toEqual([
      "warning egress.ips.members[0].ports has no port of a server in a.conf: the section has no members",
    ]);
    expect(idsOf(none[0])).toEqual([]);
  });

  test("that become bad later leave the members as they were", async () => {
    const [loaded, place] = await load([{ nginx: "a.conf" }], { "a.conf": server(1) + server(2) });
    if (!loaded.ok) throw new Error("not loaded");
    const { config, materials } = loaded;
    const again = async (text: string): Promise<[number | undefined, string[]]> => {
      writeFileSync(join(place, "a.conf"), text);
      const fresh = await loadMaterials(config, place, 0, materials);
      return [
        fresh.gateways("a.conf")?.length,
        fresh.findings.map(({ severity, message }) => `${severity} ${message}`),
      ];
    };
    expect(await again(server(3))).toEqual([1, []]);
    expect(await again("server {")).toEqual([
      2,
      [expect.stringMatching(/^warning names .*; what was read before stays in use$/)],
    ]);
    expect(await again("")).toEqual([
      2,
      [expect.stringMatching(/^warning names .* in which no server .* stays in use$/)],
    ]);
  });

  test("are seen to change, and so is a folder that a pattern is for", async () => {
    const [loaded, place] = await load([{ nginx: "*.conf" }], { "a.conf": server(1) });
    if (!loaded.ok) throw new Error("not loaded");
    const { stamps } = await loadMaterials(loaded.config, place, 0);
    const changed = (): string[] =>
      [...stamps].filter(([path, stamp]) => stampOf(path) !== stamp).map(([path]) => path);
    expect(changed()).toEqual([]);
    writeFileSync(join(place, "b.conf"), server(2));
    expect(changed()).toEqual([place]);
  });
});

test("addresses that this machine does not have are warned of, and blocks as a whole", async () => {
  const away = await load([
    { addresses: ["127.0.0.2-9", "192.0.2.1", "192.0.2.8-9"] },
    { addresses: ["2001:db8::/64"], count: 5 },
  ]);
  expect(away[0].ok).toBe(true);
  expect(told(away)).toEqual([
    "warning egress.ips.members[0].addresses[1] is no address of this machine now: add it to an interface, or have it routed here (ip route add local 192.0.2.1 dev lo)",
    expect.stringMatching(
      /^warning egress\.ips\.members\[0\]\.addresses\[2\] has 2 addresses that this machine does not have now, 192\.0\.2\.8 the first/,
    ),
    expect.stringMatching(
      /has 5 addresses that this machine does not have now, .* \(ip -6 route add local 2001:db8::\/64 dev lo, and sysctl net\.ipv6\.ip_nonlocal_bind=1\)$/,
    ),
  ]);
});

test("what stands twice is warned of, and more history than memory is refused", async () => {
  const twice = await load([{ addresses: ["127.0.0.2-9"] }, { addresses: ["127.0.0.4", "127.0.0.6"] }]);
  expect(told(twice)).toEqual([
    "warning egress.ips.members[1] has 127.0.0.4 and 1 more a second time; the first counts",
  ]);
  const many = await load([{ addresses: ["127.1.0.0/16"] }], {}, { history: { entries: 100_000 } });
  expect(told(many)).toEqual([
    expect.stringMatching(/^error egress\.ips\.history makes \d+\.\d GiB for 65536 members/),
  ]);
  const more = await load([{ addresses: ["127.1.0.0/16", "127.2.0.1"] }], {}, { history: { entries: 0 } });
  expect(told(more)).toEqual(["error egress.ips.members are 65537 together; at most 65536 are possible"]);
});

test("no password is shown, whatever is wrong beside it", async () => {
  const lines = [
    `{ "listeners": { "out": { "listen": "127.0.0.1:1", "proxy": { "egress": "ips" } } },`,
    `"egress": { "ips": { "members": [{ "proxies": ["http://user:xyzzy@h", "h:1:user:xyzzy"] },`,
    `{ "wieght": 2, "proxies": ["http://user:xy%7Azzy@h:1", "user:xyzzy@h:1", "h.test:3128:user:xyzzy"] }] } } }`,
  ];
  const path = join(folder, "secret.json");
  writeFileSync(path, lines.join("\n"));
  const loaded = await loadConfig(path, {});
  expect(loaded.ok).toBe(false);
  const text = (loaded.ok ? [] : loaded.problems).map((problem) => formatProblem(problem)).join("\n");
  expect(text).toContain("wieght is not a known key");
  expect(text).toContain("proxies[0] must end in the proxy's host and port");
  expect(text).not.toMatch(/xy.*zzy/);
});

test("addresses of this machine are those of its interfaces and the blocks that are routed to it", () => {
  const trie =
    "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.0\n        /24 host LOCAL\n     |-- 198.51.100.7\n        /32 host LOCAL\n        /24 link UNICAST\n";
  const routes = [
    "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 80200001       lo",
    "20010db9000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00000001     eth0",
  ].join("\n");
  const local = new LocalAddresses(["10.0.0.5", "fe80::1%eth0", "2001:DB8:1::1"], trie, routes);
  for (const address of ["10.0.0.5", "127.9.9.9", "192.0.2.77", "198.51.100.7", "2001:db8::5", "2001:db8:1::1"])
    expect([address, local.has(address)]).toEqual([address, true]);
  for (const address of ["10.0.0.6", "198.51.100.8", "2001:db8:0:1::5", "2001:db9::1", "128.0.0.1"])
    expect([address, local.has(address)]).toEqual([address, false]);
});
