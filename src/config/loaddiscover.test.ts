import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DiscoverInput } from "./input.ts";
import { judge } from "./judge.ts";
import { discoverFrom, reviewDiscoverFiles } from "./loaddiscover.ts";
import { keyText } from "./problem.ts";
import type { Config } from "./types.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function configOf(discover: DiscoverInput | DiscoverInput[]): Config {
  const { config, findings } = judge({
    listeners: { web: { listen: ":8080", use: "app" } },
    pools: { app: { discover }, plain: { servers: ["a:1"] } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

const tls = { ca: "ca.pem", certificate: "/etc/cert.pem", key: "../key.pem" };

test("paths start at the folder of the config, whole ones and names of programs stay", () => {
  const config = configOf([
    { file: "servers.txt" },
    { exec: ["./list", "./word"] },
    { exec: ["list"] },
    { http: { url: "https://a/", tls } },
    { kubernetes: { service: "a/b", tokenFile: "token", tls } },
    { consul: { service: "a", endpoint: "https://c", tls } },
    { docker: { endpoint: "https://d", tls } },
    { dns: "a:1" },
  ]);
  const whole = { ca: "/srv/ca.pem", certificate: "/etc/cert.pem", key: "/key.pem", verify: true };
  expect(discoverFrom(config, "/srv").pools["app"]!.discover).toMatchObject([
    { file: "/srv/servers.txt" },
    { exec: ["/srv/list", "./word"] },
    { exec: ["list"] },
    { http: { tls: whole } },
    { kubernetes: { tokenFile: "/srv/token", tls: whole } },
    { consul: { tls: whole } },
    { docker: { tls: whole } },
    { dns: "a:1" },
  ]);
  const one = discoverFrom(configOf({ file: "x" }), "/srv");
  expect(one.pools["app"]!.discover).toMatchObject({ file: "/srv/x" });
  const none = judge({ listeners: { w: { listen: ":1", use: "p" } }, pools: { p: { servers: ["a:1"] } } }).config!;
  expect(discoverFrom(none, "/srv")).toBe(none);
});

test("a file that cannot be read now is warned of at its key", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-discover-"));
  folders.push(folder);
  writeFileSync(join(folder, "servers.txt"), "a:1\n");
  const config = configOf([
    { file: "servers.txt" },
    { file: "gone.txt" },
    { kubernetes: { service: "a/b", tokenFile: "t" } },
  ]);
  const told = reviewDiscoverFiles(config, folder).map(
    ({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`,
  );
  expect(told).toEqual([
    'warning pools.app.discover[1].file names "gone.txt", which does not exist now',
    'warning pools.app.discover[2].kubernetes.tokenFile names "t", which does not exist now',
  ]);
});
