import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "./check.ts";
import { convert } from "./convert.ts";

/** All that is said of a file, on either channel. */
async function said(name: string, text: string, work: "check" | "report" | "json" = "report"): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), "convert-"));
  const lines: string[] = [];
  const take = (line: string): void => void lines.push(line);
  const writer = { out: take, err: take, note: take };
  try {
    writeFileSync(join(place, name), text);
    if (work === "check") await check(join(place, name), {}, writer, () => []);
    else await convert(join(place, name), { report: work === "report", json: work === "json" }, writer);
    return lines.join("\n").replaceAll(place, "");
  } finally {
    rmSync(place, { recursive: true });
  }
}

const secret = "hunter2hunter2hunter2";
const ipmanager = { proxy_port: "9096", probe_port: "9097", token: secret, next: "127.0.0.1", max_history: 5 };
const goproxy = `[server]
port = ":8080"
reverse = true
proxy_pass = ["127.0.0.1:9"]
auth = true
user = {agent = "${secret}", "a:b" = "${secret}"}
cache = true
cache_type = "redis"
[redis]
redis_host = "127.0.0.1:6379"
redis_pass = "${secret}"
`;
const haproxy = `defaults
 mode http
 timeout client 1s
 timeout server 1s
 timeout connect 1s
userlist u
 user a insecure-password ${secret}
listen x
 bind :8099
 stats enable
 stats auth admin:${secret}
 http-request auth unless { http_auth(u) }
 server a 127.0.0.1:9
`;

test.each([
  ["config.json", JSON.stringify(ipmanager)],
  ["config.json", JSON.stringify(ipmanager, null, 2)],
  ["cfg.toml", goproxy],
  ["haproxy.cfg", haproxy],
] as const)("no secret of %s is told", async (name, text) => {
  for (const work of ["check", "report"] as const) {
    const lines = await said(name, text, work);
    expect(lines).not.toContain(secret);
    expect(lines).toContain(name);
  }
  const { report } = JSON.parse(await said(name, text, "json")) as { report: object[] };
  expect(report.length).toBeGreaterThan(3);
  expect(JSON.stringify(report)).not.toContain(secret);
});

test("of several keywords of one line each is told by its name, and the only one of a line by the line", async () => {
  const one = await said("config.json", JSON.stringify(ipmanager));
  expect(one).toMatch(/^ {4}1 {2}kept {10}token$/m);
  expect(one).toMatch(/^ {4}1 {2}unknown {7}max_history$/m);
  expect(await said("config.json", JSON.stringify(ipmanager, null, 2))).toMatch(
    /^ {4}5 {2}kept {10}"next": "127\.0\.0\.1",$/m,
  );
});

test("what an output file held is kept beside it, and the converted file is no output", async () => {
  const place = mkdtempSync(join(tmpdir(), "convert-"));
  const [from, out] = [join(place, "haproxy.cfg"), join(place, "sluice.yaml")];
  const told: string[] = [];
  const writer = {
    out: () => {},
    err: (line: string) => void told.push(line),
    note: (line: string) => void told.push(line),
  };
  const toOut = (to: string): Promise<number> => convert(from, { out: to }, writer);
  try {
    writeFileSync(from, haproxy);
    expect(await toOut(out)).toBe(0);
    expect(await toOut(out)).toBe(0);
    expect(readdirSync(place).sort()).toEqual(["haproxy.cfg", "sluice.yaml"]);
    writeFileSync(out, "# edited\n");
    expect(await toOut(out)).toBe(0);
    expect(readFileSync(`${out}.bak`, "utf8")).toBe("# edited\n");
    expect(told).toContain(`what was in ${out} is in ${out}.bak`);
    expect(await toOut(from)).toBe(1);
    expect(told.at(-1)).toBe(`${from} is the file that is converted: write to another`);
    expect(readFileSync(from, "utf8")).toBe(haproxy);
    // Nor is it what an output would be kept as.
    const other = join(place, "other.cfg");
    writeFileSync(other, "# edited\n");
    writeFileSync(`${other}.bak`, haproxy);
    expect(await convert(`${other}.bak`, { out: other }, writer)).toBe(1);
    expect(told.at(-1)).toContain("is the file that is converted: write to another");
    expect(readFileSync(`${other}.bak`, "utf8")).toBe(haproxy);
    expect(await toOut("/dev/null")).toBe(0);
    expect(await toOut(join(place, "none", "a.yaml"))).toBe(1);
    expect(told.at(-1)).toContain("cannot be written: ");
  } finally {
    rmSync(place, { recursive: true });
  }
});

test("what stands there empty has its line too", async () => {
  expect(await said("cfg.toml", goproxy.replace(/redis_pass = .*/, 'redis_pass = ""'))).toMatch(
    /^ {3}11 {2}kept {10}redis_pass = ""\n +is empty, which is as if it were not there$/m,
  );
});

const word = "hunter2hunter2hunter2";
const cfg = (more: string): string => goproxy.replaceAll(/user = .*\n/g, more).replace(/redis_pass.*/, "");
test.each([
  ["cfg.toml", cfg(`user = "${word}"\n`)],
  ["cfg.toml", cfg(`user = {a = ["${word}"], b = {c = "${word}"}}\n`)],
  ["cfg.toml", cfg(`user = {a = "${word}}\n`)],
  ["cfg.toml", `${cfg("")}[server.user]\na = "${word}\n`],
  ["cfg.toml", goproxy.replace(/redis_pass = .*/, `redis_pass = ["${word}"]`).replace(/user = .*/, "")],
  ["cfg.toml", cfg("").replace('"127.0.0.1:6379"', `"u:${word}@127.0.0.1:6379"`)],
  ["cfg.toml", cfg("").replace('"127.0.0.1:9"', `"http://u:${word}@127.0.0.1:9"`)],
  ["config.json", JSON.stringify({ ...ipmanager, token: { a: word } }, null, 1)],
  ["haproxy.cfg", haproxy.replace("insecure-password", "insecure-pasword")],
  ["haproxy.cfg", haproxy.replace("stats auth", "stats auht")],
  [
    "haproxy.cfg",
    haproxy.replace("stats uri", `http-request deny if { hdr(authorization) -m str "Basic ${word}" }\n stats uri`),
  ],
  [
    "sluice.yaml",
    `admin: {token: ["${word}"]}\ndebug: {token: {a: "${word}"}}\nlisteners: {a: {listen: ":1", use: p}}\npools: {p: {servers: ["http://u:${word}@h:1"]}}\n`,
  ],
] as const)("nor where it stands in the wrong place or form: %s %#", async (name, text) => {
  for (const work of ["check", "report"] as const) expect(await said(name, text, work)).not.toContain(word);
});
