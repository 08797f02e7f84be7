// An interface that is away for a moment, in a network namespace of its own: with it go all addresses of a pool, and with it they are
// back, long before any cool-down is over.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Network } from "./harness/network.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const why = Network.obstacle();
const target = "10.8.0.1";
const origin = (port: number): string => `
Bun.serve({
  hostname: "${target}", port: ${port},
  fetch: (request, server) => new Response(server.requestIP(request).address),
});
`;

test.skipIf(why !== null)(
  "addresses that went with their interface are unusable, and back with it before their cool-down is over",
  async () => {
    await using room = new Room();
    const network = await Network.open(room);
    await network.set("addr", "add", `${target}/32`, "dev", "lo");
    /** All of the block are this machine's. */
    const block = ["10.9.0.1/27", "dev", "lo"];
    await network.set("addr", "add", ...block);
    const [port, admin, site] = [freePort(), `127.0.0.1:${freePort()}`, freePort()];
    const config = room.write(
      "sluice.json",
      JSON.stringify({
        ...{ workers: 1, admin: { listen: admin } },
        egress: {
          block: { members: [{ addresses: ["10.9.0.1-20"] }], choose: "roundRobin", judge: { coolDown: "10m" } },
        },
        listeners: {
          out: { listen: `127.0.0.1:${port}`, proxy: { egress: "block", private: true, ports: ["1-65535"] } },
        },
      }),
    );
    network.start(process.execPath, room.write("origin.ts", origin(site)));
    await network.sluice(config, admin);
    await until("the origin", async () => (await network.curl(`http://${target}:${site}/`)).out === target);
    const ask = async (): Promise<string> =>
      (await network.curl("-w", " %{http_code}", "-x", `http://127.0.0.1:${port}`, `http://${target}:${site}/`)).out;
    const states = async (): Promise<Record<string, number>> => {
      const { out } = await network.curl(`http://${admin}/api/v1/egress/block`);
      return (JSON.parse(out) as { states: Record<string, number> }).states;
    };
    expect(await ask()).toMatch(/^10\.9\.0\.\d+ 200$/);
    await network.set("addr", "del", ...block);
    await until("none to be there", async () => {
      const said = await ask();
      if (said.endsWith(" 200")) throw new Error(`asked from ${said}`);
      return (await states())["coolingDown"] === 20;
    });
    expect(await ask()).toEndWith(" 503");
    await network.set("addr", "add", ...block);
    await until("all to be back", async () => (await states())["available"] === 20);
    const seen = new Set<string>();
    for (let times = 0; times < 20; times++) seen.add(await ask());
    expect([...seen].filter((each) => !/^10\.9\.0\.\d+ 200$/.test(each))).toEqual([]);
    expect(seen.size).toBe(20);
    const shown = await network.ran(...command, "egress", "show", "10.9.0.7", "--admin", admin);
    expect(shown.out).toContain("it can be used again");
  },
);
