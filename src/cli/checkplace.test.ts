import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { problemLine } from "../config/problem.ts";
import { stateFolderOf } from "../control/state.ts";
import { placeProblems } from "./checkplace.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-place-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function told(text: string): Promise<string[]> {
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, `pools: { app: { servers: ["a:80"] } }\nadmin: { listen: "unix:${folder}/admin" }\n${text}`);
  const loaded = await loadConfig(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return placeProblems(loaded, file).map((problem) => problemLine(problem).replaceAll(`${folder}/`, ""));
}

const web = (listen: string): string => `listeners: { web: { listen: "${listen}", use: app } }\n`;

test("an access log that cannot be opened is an error at its key, and one that can be made is not made", async () => {
  writeFileSync(join(folder, "plain"), "");
  expect(await told(`${web("127.0.0.1:0")}accessLog: { path: plain/access.log }\n`)).toEqual([
    `sluice.yaml:4:20: error: accessLog.path cannot be opened: ${join(folder, "plain")} is no folder`.replaceAll(
      `${folder}/`,
      "",
    ),
  ]);
  expect(await told(`${web("127.0.0.1:0")}accessLog: { path: logs/access.log }\n`)).toEqual([]);
  expect(existsSync(join(folder, "logs"))).toBe(false);
});

test.skipIf(process.platform !== "linux")(
  "an address that another process has is a warning; one that only has its port, and a run of this config, are none",
  async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const socket = Bun.listen({ unix: join(folder, "held"), socket: { data() {} } });
    const datagrams = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
    const state = stateFolderOf(join(folder, "sluice.yaml"));
    try {
      const { port } = listener;
      for (const address of [`127.0.0.1:${port}`, `:${port}`, `0.0.0.0:${port}`, `unix:${folder}/held`])
        expect(await told(web(address))).toEqual([
          expect.stringMatching(
            /^sluice.yaml:3:29: warning: listeners.web.listen is in use now by \S+ \(process \d+\)$/,
          ),
        ]);
      const udp = `listeners: { dns: { mode: udp, listen: "127.0.0.1:${datagrams.port}", use: app } }\n`;
      expect(await told(udp)).toEqual([expect.stringContaining("listeners.dns.listen is in use now")]);
      for (const address of [
        `127.0.0.2:${port}`,
        `[::1]:${port}`,
        `127.0.0.1:${datagrams.port}`,
        `unix:${folder}/free`,
      ])
        expect(await told(web(address))).toEqual([]);
      mkdirSync(state, { recursive: true });
      writeFileSync(join(state, "control.pid"), `${process.pid} 0\n`);
      expect(await told(web(`127.0.0.1:${port}`))).toEqual([]);
      expect(readdirSync(folder).sort()).toEqual(["held", "plain", "sluice.yaml"]);
    } finally {
      rmSync(state, { recursive: true, force: true });
      listener.stop(true);
      socket.stop(true);
      datagrams.close();
    }
  },
);
