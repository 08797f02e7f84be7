import { expect, test } from "bun:test";
import { judge } from "../../config/judge.ts";
import { openPageDoor } from "./pagedoor.ts";
import { StatsPage } from "./pages.ts";
import { sample } from "./sample.ts";

test("a page without users is not read by a name that somebody else has given this machine", async () => {
  const made = sample();
  const users = [{ user: "ann", password: "secret" }];
  const pages = [
    { listen: "127.0.0.1:0", uri: "/open" },
    { listen: "127.0.0.1:0", uri: "/asked", users },
  ];
  const { config } = judge({ ...made.draft, admin: { haproxy: { pages } } });
  const status = () => ({ version: "1", uptimeSeconds: 1 });
  const parts = {
    services: made.services,
    rows: () => made.stat.rows(),
    status,
    nowMs: () => 0,
    isStarting: () => false,
  };
  const shown = config!.admin.haproxy!.pages.map((page) => new StatsPage(page, parts));
  const door = openPageDoor(
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    {
      ...{ pages: shown, metricsAt: new Set<string>(), log: { error: () => {} } },
      service: { unreadiness: () => null, metrics: () => "sluice_up 1\n" },
    },
  );
  const port = door.address.kind === "tcp" ? door.address.port : 0;
  const ask = async (path: string, host: string): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { host: `${host}:${port}` } });
    await answer.arrayBuffer();
    return answer.status;
  };
  const asked = ["localhost", "127.0.0.1", "[::1]", "evil.example"];
  expect(await Promise.all(asked.map((host) => ask("/open;csv", host)))).toEqual([200, 200, 200, 403]);
  expect(await ask("/asked", "stats.example")).toBe(401);
  await door.close();
});
