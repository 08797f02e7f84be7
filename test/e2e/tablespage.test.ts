// docs/TABLES.md, walked through: its commands, and what the log says of tables that are full, outlive a restart, and of lists that change.

import { expect, setDefaultTimeout } from "bun:test";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { Origin } from "./harness/origin.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";
import { asked, sluiceOf, type Walk, walked } from "./harness/walk.ts";

setDefaultTimeout(180_000);

walked("docs/TABLES.md", [], async (walk) => {
  await using room = new Room();
  const origin = new Origin(room);
  room.write("tables.yaml", walk.next("yaml").text);
  const sluice = await sluiceOf(
    room,
    (port) => `tables:
  clients: { key: ip, size: 200k, expire: 2m, store: ["http_req_rate(10s)", "bytes_out_rate(60s)"] }
  marked: { key: ip, size: 200k, expire: 10m, store: [gpc0] }
listeners:
  web: { listen: "127.0.0.1:${port}", use: app, rules: [{ track: clients }] }
pools:
  app: { servers: ["${origin.address}"] }
`,
  );
  const mark = (address: string) => () =>
    fetch(`http://${sluice.admin}/api/v1/tables/marked/entries/${address}`, { method: "PUT", body: '{"gpc0":1}' });
  await mark("192.0.2.9")();
  await walk.follow({
    room,
    admin: sluice.admin,
    words: { "127.0.0.1:2112": sluice.admin },
    before: { "sluice table show clients --where 'http_req_rate > 10 && expires < 5m'": () => asked(sluice, 21) },
    codes: { "sluice table get marked 192.0.2.8": 1, "sluice unban 192.0.2.9": 1 },
  });
  await saysOfTables(walk);
});

async function put(sluice: Sluice, table: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const url = `http://${sluice.admin}/api/v1/tables/${table}/entries/${key}`;
    const answer = await fetch(url, { method: "PUT", body: table === "clients" ? '{"gpt0":1}' : '{"gpc0":1}' });
    if (answer.status !== 200) throw new Error(`${url}: ${await answer.text()}`);
  }
}

/** What it has written to its log, without the rest of each line. */
function saidBy({ stderr }: Sluice): string {
  return [...stderr.matchAll(/"msg":("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text!) as string).join("\n");
}

async function saysOfTables(walk: Walk): Promise<void> {
  await using room = new Room();
  room.write("friends.txt", "192.0.2.1\n192.0.2.2\n");
  let sluice = await sluiceOf(
    room,
    (port) => `lists:
  friends: { addresses: friends.txt }
tables:
  clients: { key: ip, size: 1k, expire: 1h, store: [gpt0] }
  same: { key: ip, size: 1k, expire: 1h, store: [gpc0] }
  strict: { key: ip, expire: 1h, store: [gpc0] }
  full: { key: ip, size: 1k, expire: 1h, store: [gpc0] }
listeners:
  web: { listen: "127.0.0.1:${port}", use: app, rules: [{ if: src in lists.friends, accept: true }] }
pools:
  app: { servers: ["127.0.0.1:1"] }
`,
  );
  const isSaid = (text: RegExp): Promise<unknown> => until(`${text} in the log`, () => text.test(saidBy(sluice)));
  const keys = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
  await put(sluice, "clients", keys);
  await put(sluice, "strict", keys);
  await put(sluice, "same", keys);
  const crowd = Array.from(
    { length: 3000 },
    (_, index) => `0x1: key=10.1.${index >> 8}.${index & 255} use=0 exp=3600000 gpc0=1\n`,
  );
  const imported = await ran([...command, "table", "import", "full", "-", "--admin", sluice.admin], {
    stdin: Buffer.from(`# table: full, type: ip, size:3000, used:3000\n${crowd.join("")}`),
  });
  expect([imported.code, imported.err]).toEqual([0, ""]);
  let more = 0;
  await until("the table to be called full", async () => {
    await put(sluice, "full", [`10.2.${more >> 8}.${more++ & 255}`]);
    return / is full /.test(saidBy(sluice));
  });
  walk.shows(
    saidBy(sluice).replace("table full is full", "table clients is full").replaceAll("tables.full.", "tables.clients."),
  );

  sluice.child.kill("SIGTERM");
  await sluice.exited();
  const text = readFileSync(sluice.configPath, "utf8");
  const edited = text.replace("[gpt0]", "[gpt0, gpc0]").replace("strict: { key: ip", "strict: { key: { string: 20 }");
  writeFileSync(sluice.configPath, edited);
  sluice = await Sluice.again(room, sluice);
  const lines = saidBy(sluice).replace("table same:", "table clients:").split("\n");
  // Of tables in their order: the one that is as it was is told of where the config has it.
  walk.shows(lines.sort((one, other) => Number(other.includes("found")) - Number(one.includes("found"))).join("\n"));

  appendFileSync(room.path("friends.txt"), "192.0.2.3\n");
  await isSaid(/3 entries \(1 more\)/);
  appendFileSync(room.path("friends.txt"), "\n300.1.1.1\n");
  await isSaid(/stay in force/);
  walk.shows(saidBy(sluice));
}
