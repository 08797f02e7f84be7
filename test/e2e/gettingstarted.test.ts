// docs/GETTINGSTARTED.md, followed to the letter: its configs are written where it says, what stands behind `$` is typed, and what comes
// must be what stands there. Ports are others, the three servers are here, and of numbers only statuses are compared: how many, how long
// and which process is another matter each time.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { lasting, linesOf, served, stepsOf, typed } from "./harness/transcript.ts";
import { until } from "./harness/wait.ts";
import { walked } from "./harness/walk.ts";

walked(
  "docs/GETTINGSTARTED.md",
  ["openssl"],
  async (walk) => {
    await using room = new Room();
    const ports = new Map(["8080", "8443", "2112", "8081", "8082", "8083"].map((told) => [told, freePort()]));
    const portOf = (told: string): number => ports.get(told)!;
    const here = (part: string): string =>
      part.replaceAll(/(?<=:|port: )(8080|8443|2112|808[123])\b/g, (told) => String(portOf(told)));
    for (const told of ["8081", "8082", "8083"]) {
      const page = `<!doctype html>\n<title>Backend ${told}</title>\n<h1>Backend on port ${told}</h1>\n`;
      const headers = { "content-type": "text/html; charset=utf-8" };
      const server = Bun.serve({
        hostname: "127.0.0.1",
        port: portOf(told),
        fetch: () => new Response(page, { headers }),
      });
      room.ending(() => server.stop(true));
    }
    const admin = `admin: { listen: "127.0.0.1:${portOf("2112")}" }\n`;
    const typing = async (line: string): Promise<string> =>
      (await typed(room, `127.0.0.1:${portOf("2112")}`, here(line))).out;
    const busy = "for i in $(seq 25); do curl -s --cacert site.crt -o /dev/null https://localhost:8443/; done";

    let count = 0;
    for (const each of walk.blocks) {
      const { at, language, text: block } = each;
      walk.take(each);
      if (language === "yaml") {
        const path = room.path("sluice.yaml");
        if (block.startsWith("# part")) room.write("sluice.yaml", readFileSync(path, "utf8") + block);
        else room.write("sluice.yaml", admin + here(block));
        continue;
      }
      // Ten seconds may have passed, as the page says.
      if (block.includes("mode=enforce")) await typing(busy);
      for (const { typed: line, shown } of stepsOf(block)) {
        // How it is got, and what goes on by itself.
        if (/^(git|npm|alias|mkdir)\b/.test(line)) continue;
        if (line.startsWith("sluice run")) {
          if (line.includes("-c")) await runs(room, portOf("8080"), portOf("2112"));
          else expect((await served(here(line), { room, admin: "" })).code).toBe(0);
          continue;
        }
        const came = linesOf(await typing(line));
        if (shown === null) continue;
        const isCut = shown.at(-1) === "…";
        const wanted = (isCut ? shown.slice(0, -1) : shown).map(lasting);
        expect([at, line, isCut ? came.slice(0, wanted.length) : came]).toEqual([at, line, wanted]);
        count++;
      }
      if (block.includes("mode=enforce")) await typing(busy);
    }
    expect(count).toBeGreaterThan(14);
  },
  180_000,
);

/** Until the checks have found all servers well, as they are once somebody has changed to another terminal. */
async function runs(room: Room, port: number, adminPort: number): Promise<void> {
  const running = await Sluice.of(room, room.path("sluice.yaml"), port, adminPort);
  await until("all servers are well", async () =>
    (await running.status()).pools[0]!.servers.every(({ state, reason }) => state === "up" && reason === null),
  );
}
