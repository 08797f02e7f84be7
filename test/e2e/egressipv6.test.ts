// An IPv6 prefix as a pool: routed to this machine as a block, in a network namespace of its own, and members drawn from it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Network } from "./harness/network.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const prefix = "2001:db8:7::/64";
const target = "2001:db8:ffff::1";

const route = ["-6", "route", "add", "local", prefix, "dev", "lo"];
const why = Network.obstacle(["link", "set", "lo", "up"], route);
const name =
  "members are drawn from a prefix, the origin sees each of them, and what the machine does not have is tried once";

async function inside(room: Room): Promise<Network> {
  const network = await Network.open(room);
  await network.set(...route);
  // A route alone lets the system answer for the block, and not yet begin a connection from it.
  const { code, err } = await network.ran("sysctl", "-qw", "net.ipv6.ip_nonlocal_bind=1");
  if (code !== 0) throw new Error(err);
  await network.set("-6", "addr", "add", `${target}/128`, "dev", "lo");
  return network;
}

const origin = (port: number): string => `
Bun.serve({
  hostname: "::", port: ${port},
  fetch: (request, server) => new Response(server.requestIP(request).address.replace(/^::ffff:/, "")),
});
`;

(why === null ? test : test.skip)(why === null ? name : `${name} (skipped: ${why})`, async () => {
  await using room = new Room();
  const network = await inside(room);
  const [port, admin, site] = [freePort(), `127.0.0.1:${freePort()}`, freePort()];
  const config = room.write(
    "sluice.json",
    JSON.stringify({
      workers: 1,
      admin: { listen: admin },
      egress: {
        six: {
          members: [{ addresses: [prefix], count: 40 }, { addresses: ["2001:db8:8::1"] }],
          choose: "roundRobin",
          judge: { failures: 1 },
        },
      },
      listeners: { out: { listen: `127.0.0.1:${port}`, proxy: { egress: "six", private: true, ports: ["1-65535"] } } },
    }),
  );
  network.start(process.execPath, room.write("origin.ts", origin(site)));
  await network.sluice(config, admin);
  await until("the origin", async () => (await network.curl(`http://[${target}]:${site}/`)).out.includes(":"));
  const seen = new Set<string>();
  for (let time = 0; time < 42; time++) {
    const { out } = await network.curl("-i", "-x", `http://127.0.0.1:${port}`, `http://[${target}]:${site}/`);
    const [, told] = /^X-Egress-IP: (\S+)\r$/m.exec(out) ?? [];
    const body = out.split("\r\n\r\n").at(-1)!;
    expect(out).toStartWith("HTTP/1.1 200");
    expect(body).toBe(told!);
    seen.add(body);
  }
  expect(seen.size).toBe(40);
  expect([...seen].filter((each) => !each.startsWith("2001:db8:7:"))).toEqual([]);
  // Nobody has it: it was tried once at this host, and another one then. With ip_nonlocal_bind it can be bound to all the same.
  const shown = await network.ran(...command, "egress", "show", "2001:db8:8::1", "--admin", admin);
  expect(shown.out).toContain("cooling down");
  const listed = await network.ran(...command, "egress", "ls", "six", "--json", "--admin", admin);
  expect((JSON.parse(listed.out) as { found: number }).found).toBe(41);
  // A target that has no address of the family.
  const four = await network.curl("-i", "-x", `http://127.0.0.1:${port}`, `http://127.0.0.1:${site}/`);
  expect(four.out).toStartWith("HTTP/1.1 502");
  expect(four.out).toContain("no outbound address of the pool has an IPv4 address");
  // The same ones are drawn by whoever draws.
  const check = await network.ran(...command, "check", config);
  expect(check.code).toBe(0);
  expect(check.out + check.err).toContain("2001:db8:8::1");
});
