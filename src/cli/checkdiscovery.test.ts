import { expect, test } from "bun:test";
import { judge } from "../config/judge.ts";
import type { Pool } from "../config/types.ts";
import { discoverShown, discoverSummary } from "./checkdiscovery.ts";

const hush = "hush-4711";

const { config } = judge({
  listeners: { web: { listen: ":8080", use: "app" } },
  pools: {
    app: {
      discover: [
        { file: "/etc/servers.txt" },
        { dns: { name: "_h._tcp.a", record: "srv" } },
        { http: { url: `https://u:${hush}@a.test/x?key=${hush}`, headers: { "X-Key": hush } } },
        { http: `http://a.test/y?key=${hush}` },
        { exec: ["list", hush] },
        { docker: "app=web" },
        { kubernetes: { service: "shop/web", token: hush } },
        { consul: { service: "web", token: hush, user: "u", password: hush, endpoint: `http://u:${hush}@c.test` } },
        { registry: "web" },
      ],
    },
    plain: { servers: ["a:1"] },
  },
});
const pools = config!.pools as Record<string, Pool>;

test("whom a running Sluice will ask is said by name", () => {
  expect(discoverSummary(pools["app"]!)).toBe(
    " and what file /etc/servers.txt, dns _h._tcp.a (SRV), http https://a.test/x, http http://a.test/y, exec list, " +
      "docker unix:/var/run/docker.sock (app=web), kubernetes shop/web, consul web at http://c.test, registry web will tell",
  );
  expect(discoverSummary(pools["plain"]!)).toBe("");
});

test("settings are shown without what nobody else may read", () => {
  const shown = discoverShown(pools["app"]!);
  expect(JSON.stringify(shown)).not.toContain(hush);
  expect(JSON.stringify(shown)).toContain("https://(set)@a.test/x?(set)");
  expect(discoverShown(pools["plain"]!)).toBe(pools["plain"]!);
});
