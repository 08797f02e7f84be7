import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "./check.ts";

async function checked(json: boolean, more: object = {}, code = 0, auth?: object): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), "sluice-check-"));
  const said: string[] = [];
  const writer = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    note: (text: string) => void said.push(text),
  };
  try {
    const members = [
      { addresses: ["127.0.0.2-9"] },
      { proxies: ["http://user:xy%20zzy@proxy.example:3128", "socks5://10.0.0.9:1"] },
    ];
    const config = {
      listeners: { out: { listen: "127.0.0.1:3128", proxy: { egress: "ips" }, auth } },
      egress: { ips: { members, ...more } },
    };
    writeFileSync(join(place, "sluice.json"), JSON.stringify(config));
    expect(await check(join(place, "sluice.json"), { json }, writer, () => [])).toBe(code);
    return said.join("\n");
  } finally {
    rmSync(place, { recursive: true });
  }
}

test("a pool is told by its members, and by how they are judged", async () => {
  expect(await checked(false)).toContain(
    "egress   ips  10 members (8 addresses, 2 proxies), random, judged per target by own requests",
  );
  expect(await checked(false, { members: [{ addresses: ["127.0.0.2"] }] })).toContain("1 member (1 address), random");
});

test("how many users have a quota is told, and of how many sessions there can be", async () => {
  const users = Object.fromEntries(Array.from({ length: 1300 }, (_, index) => [`u${index}`, "secret"]));
  const more = { quota: { requests: 2 }, session: { lifetime: "1h" } };
  expect(await checked(false, more, 0, { users })).toContain(
    "judged per target by own requests, quotas of 1300 users, 65536 sessions at most",
  );
  expect(await checked(false, { quota: { requests: 2 } }, 0, { users: { ann: "x" } })).toMatch(/, quotas of 1 user$/m);
});

test("of proxies their passwords are not told", async () => {
  const text = await checked(true);
  expect(text).toContain("http://user:(set)@proxy.example:3128");
  expect(text).not.toContain("zzy");
});

test("a log of a format that cannot be read is told here, and not only at the start", async () => {
  const format = "[$time_local] $status$request_time";
  const text = await checked(false, { logs: [{ path: "/var/log/nginx/%s.log", format }] }, 1);
  expect(text).toMatch(
    /sluice\.json:1:\d+: error: egress\.ips\.logs\[0\]\.format has nothing between \$status and \$request_time: nobody can tell where the first ends\n {2}1 \| /,
  );
  expect(JSON.parse(await checked(true, { logs: [{ path: "/var/log/nginx/%s.log", format }] }, 1))).toMatchObject({
    problems: [{ severity: "error", line: 1, column: expect.any(Number) as number }],
  });
});
