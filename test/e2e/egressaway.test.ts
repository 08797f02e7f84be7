// An interface that is away for a moment, in a network namespace of its own: with it go all addresses of a pool, and with it they are
// back, long before any cool-down is over.

import { expect, setDefaultTimeout, test } from "bun:test";
import { freePort } from "./harness/port.ts";
import { find, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const ip = find("ip");
const space = `sluice-away-${process.pid}`;
const isPossible = ip !== null && Bun.spawnSync([ip, "netns", "add", space]).exitCode === 0;
if (isPossible) Bun.spawnSync([ip, "netns", "del", space]);

const target = "10.8.0.1";
const origin = (port: number): string => `
Bun.serve({
  hostname: "${target}", port: ${port},
  fetch: (request, server) => new Response(server.requestIP(request).address),
});
`;

test.skipIf(!isPossible)(
  "addresses that went with their interface are unusable, and back with it before their cool-down is over",
  async () => {
    await using room = new Room();
    const make = async (...words: string[]): Promise<void> => {
      const { code, err } = await ran([ip!, ...words]);
      if (code !== 0) throw new Error(`ip ${words.join(" ")}: ${err}`);
    };
    await make("netns", "add", space);
    room.ending(() => make("netns", "del", space));
    await make("-n", space, "link", "set", "lo", "up");
    await make("-n", space, "addr", "add", `${target}/32`, "dev", "lo");
    /** All of the block are this machine's. */
    const block = ["10.9.0.1/27", "dev", "lo"];
    await make("-n", space, "addr", "add", ...block);
    const within = [ip!, "netns", "exec", space];
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
    const start = (...words: string[]) => {
      const child = Bun.spawn([...within, ...words], {
        ...{ stdin: "ignore", stdout: "ignore", stderr: "pipe" },
        env: { ...process.env, NO_COLOR: "1" },
      });
      room.ending(async () => {
        child.kill("SIGTERM");
        await Promise.race([child.exited, Bun.sleep(1000)]);
        child.kill("SIGKILL");
        await child.exited;
      });
      return child;
    };
    start(process.execPath, room.write("origin.ts", origin(site)));
    const sluice = start(...command, "run", "-c", config);
    const curl = (...words: string[]) => ran([...within, find("curl")!, "-sS", "-m", "10", "--noproxy", "", ...words]);
    await until(
      "it to be ready",
      async () => {
        if (sluice.exitCode !== null) throw new Error(await new Response(sluice.stderr).text());
        return (await curl("-o", "/dev/null", "-w", "%{http_code}", `http://${admin}/readyz`)).out === "200";
      },
      20_000,
    );
    await until("the origin", async () => (await curl(`http://${target}:${site}/`)).out === target);
    const ask = async (): Promise<string> =>
      (await curl("-w", " %{http_code}", "-x", `http://127.0.0.1:${port}`, `http://${target}:${site}/`)).out;
    const states = async (): Promise<Record<string, number>> => {
      const { out } = await curl(`http://${admin}/api/v1/egress/block`);
      return (JSON.parse(out) as { states: Record<string, number> }).states;
    };
    expect(await ask()).toMatch(/^10\.9\.0\.\d+ 200$/);
    await make("-n", space, "addr", "del", ...block);
    await until("none to be there", async () => {
      const said = await ask();
      if (said.endsWith(" 200")) throw new Error(`asked from ${said}`);
      return (await states())["coolingDown"] === 20;
    });
    expect(await ask()).toEndWith(" 503");
    await make("-n", space, "addr", "add", ...block);
    await until("all to be back", async () => (await states())["available"] === 20);
    const seen = new Set<string>();
    for (let times = 0; times < 20; times++) seen.add(await ask());
    expect([...seen].filter((each) => !/^10\.9\.0\.\d+ 200$/.test(each))).toEqual([]);
    expect(seen.size).toBe(20);
    const shown = await ran([...within, ...command, "egress", "show", "10.9.0.7", "--admin", admin]);
    expect(shown.out).toContain("it can be used again");
  },
);
