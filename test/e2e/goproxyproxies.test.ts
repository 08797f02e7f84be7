// goproxy behind a company's proxy, which its environment names: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, with a real squid.

import { expect, setDefaultTimeout } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { Goproxy } from "./harness/goproxy.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { squid } from "./harness/squid.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

testWith(["squid"])(
  "requests of a forward proxy go by the proxy of the environment, whole URLs to whole URLs, and tunnels directly",
  async () => {
    await using room = new Room();
    const origin = new Origin(room, () => ok("outside"));
    const port = origin.address.split(":").at(-1);
    // Names that squid alone knows. It makes no tunnels, as to port 80 none does.
    room.write("hosts", "127.0.0.1 site.test\n127.0.0.1 near.test\n");
    room.write("users", `agent:${await Bun.password.hash("p@ss", { algorithm: "bcrypt", cost: 4 })}\n`);
    // As root it gives up its rights, and reads and writes as another user.
    const log = room.write("squid.log", "");
    chmodSync(room.folder, 0o755);
    chmodSync(log, 0o666);
    const upstream = await squid(room, [
      `hosts_file ${room.path("hosts")}`,
      `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${room.path("users")}`,
      "acl tunnels method CONNECT",
      "acl known proxy_auth REQUIRED",
      `access_log stdio:${log}`,
      "http_access deny tunnels",
      "http_access deny !known",
      "http_access allow all",
    ]);
    const goproxy = await new Goproxy(room).start("reverse = false", {
      HTTP_PROXY: `http://agent:p%40ss@${upstream}`,
      NO_PROXY: "near.test",
      no_proxy: "site.test",
    });
    const statusOf = async (...words: readonly string[]): Promise<string> =>
      (
        await curl(
          "--noproxy",
          "",
          "-x",
          goproxy.url,
          "-o",
          "/dev/null",
          "-w",
          "%{http_code} %{http_connect}",
          ...words,
        )
      ).out;
    const answer = await curl("--noproxy", "", "-i", "-x", goproxy.url, `http://site.test:${port}/page?x=1`);
    expect([answer.err, answer.out.split("\r\n\r\n").at(-1)]).toEqual(["", "outside"]);
    expect(answer.out).not.toMatch(/x-egress-ip/i);
    const [asked] = origin.asked;
    expect([asked?.target, asked?.fields.get("host"), asked?.fields.has("proxy-authorization")]).toEqual([
      "/page?x=1",
      [`site.test:${port}`],
      false,
    ]);
    expect(asked?.fields.get("via")?.join()).toMatch(/squid\.test/);
    // Nobody here knows these names, or lets anybody ask this machine: they were not asked of squid.
    expect(await statusOf(`http://near.test:${port}/`)).toBe("502 000");
    expect(await statusOf(`http://127.0.0.1:${port}/`)).toBe("403 000");
    expect(await statusOf("--proxytunnel", `http://site.test:${port}/`)).toBe("000 403");
    await until("squid to have written its log", () => readFileSync(log, "utf8").includes("site.test:"));
    const lines = readFileSync(log, "utf8").trim().split("\n");
    // But for the question whether it is there.
    expect(lines.filter((line) => line.includes("test:"))).toEqual([
      expect.stringMatching(new RegExp(`/200 .* GET http://site\\.test:${port}/page\\? agent `)),
    ]);
    expect(origin.asked).toHaveLength(1);
    expect(goproxy.stderr).not.toContain("p%40ss");
  },
);

testWith(["squid"])(
  "a proxy of the environment that nobody answers for is a fault of the way, each time anew",
  async () => {
    await using room = new Room();
    const goproxy = await new Goproxy(room).start("reverse = false", { http_proxy: `127.0.0.1:${freePort()}` });
    for (let count = 0; count < 3; count++) {
      const answer = await curl(
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "--noproxy",
        "",
        "-x",
        goproxy.url,
        "http://a.test/",
      );
      expect(answer.out).toBe("502");
    }
  },
);
