// A Sluice whose memory for shared files is small, or filled by somebody else: it serves on, with the processes that it has, and the next start
// finds that memory full and must serve without anybody tidying up first. The small /dev/shm is in a mount namespace of the test's own,
// which takes root.

import { expect, setDefaultTimeout, test } from "bun:test";
import { EgressApi, inTurns } from "./harness/egress.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice, type StartOptions } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const isMountable = Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/dev/shm"]).exitCode === 0;

/** What starts a program in a namespace whose /dev/shm is so small. */
async function smallMemory(room: Room, size: string): Promise<StartOptions> {
  const words = `mount -t tmpfs -o size=${size} none /dev/shm && echo mounted && exec sleep 1000`;
  const holder = Bun.spawn(["unshare", "-m", "sh", "-c", words], { stdout: "pipe" });
  room.ending(async () => {
    holder.kill("SIGKILL");
    await holder.exited;
  });
  const { value } = await holder.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("mounted\n");
  return { prefix: ["nsenter", "-t", String(holder.pid), "-m"] };
}

/** Takes all that is left there. */
function fillUp(place: StartOptions): void {
  Bun.spawnSync([...place.prefix!, "sh", "-c", "head -c 100m /dev/zero > /dev/shm/others 2>/dev/null"]);
}

test.skipIf(!isMountable)(
  "a full /dev/shm ends nobody: caches reuse what they have, and the next start makes room",
  async () => {
    await using room = new Room();
    const content = "x".repeat(500_000);
    const origin = new Origin(
      room,
      () => `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
    );
    const place = await smallMemory(room, "12m");
    const draft: Draft = {
      workers: 2,
      caches: { main: { size: "32mb" } },
      pools: { app: { servers: [origin.address], cache: { in: "main" } } },
    };
    const former = await Sluice.start(room, draft, place);
    await says(former, "a cache that gets no more stays as large as it is");
    const pids = await former.workers();
    const ask = async (sluice: Sluice, path: string): Promise<number> => {
      const response = await fetch(`${sluice.url}/${path}`, { keepalive: false });
      return (await response.text()).length;
    };
    for (let count = 0; count < 40; count++) expect(await ask(former, String(count))).toBe(content.length);
    await says(former, "cache main: there is no more memory");
    fillUp(place);
    // What was found often was lent, and has to be taken out of the file; others write records of their requests where nobody has before.
    for (let count = 0; count < 20; count++)
      for (let times = 0; times < 3; times++) expect(await ask(former, `new${count}`)).toBe(content.length);
    for (let count = 0; count < 200; count++)
      expect((await fetch(`${former.url}/new1`, { method: "HEAD" })).status).toBe(200);
    expect(await former.workers()).toEqual(pids);
    former.child.kill("SIGKILL");
    await until("it to be gone", () => former.child.exitCode !== null || former.child.signalCode !== null);

    const next = await Sluice.again(room, former, place);
    await says(next, "what caches had stored is dropped: there was no room left for the state folder");
    expect(await ask(next, "again")).toBe(content.length);
    next.child.kill("SIGTERM");
    expect(await next.exited()).toBe(0);
  },
);

test.skipIf(!isMountable)("a cache without a written size takes half of what is free, and says so", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const place = await smallMemory(room, "20m");
  const draft: Draft = { workers: 1, pools: { app: { servers: [origin.address], cache: true } } };
  const sluice = await Sluice.start(room, draft, place);
  await says(sluice, "cache default: it has 9.0 MiB and not 128.0 MiB, for half of what is free");
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  const next = await Sluice.again(room, sluice, place);
  await says(next, "cache default: 0 responses found from the run before");
});

test.skipIf(!isMountable)(
  "a full /dev/shm ends nobody who counts in tables, and refuses what would need more",
  async () => {
    await using room = new Room();
    const origin = new Origin(room, () => ok("ok"));
    const place = await smallMemory(room, "24m");
    const draft: Draft = {
      workers: 2,
      tables: { paths: { key: "string", size: "20k", expire: "1h", store: ["http_req_cnt"] } },
      pools: { app: { servers: [origin.address], rules: { request: [{ track: { table: "paths", by: "path" } }] } } },
    };
    const sluice = await Sluice.start(room, draft, place);
    const pids = await sluice.workers();
    fillUp(place);
    for (let count = 0; count < 600; count++) expect((await fetch(`${sluice.url}/${count}`)).status).toBe(200);
    expect(await sluice.workers()).toEqual(pids);
    sluice.rewrite({
      ...draft,
      tables: { ...draft.tables, more: { key: "ip", size: "100k", expire: "1h", store: ["gpc0"] } },
    });
    const { code, err } = await sluice.cli("reload");
    expect([code, err]).toEqual([1, expect.stringContaining("of memory at once and")]);
    // Rows for more servers than there are.
    const many = Array.from({ length: 1500 }, (_, index) => `127.1.${index >> 8}.${index & 255}:80`);
    sluice.rewrite({ ...draft, pools: { ...draft.pools, many: { servers: many } } });
    const refused = await sluice.cli("reload");
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("arena would need")]);
    expect((await fetch(sluice.url)).status).toBe(200);
  },
);

test.skipIf(!isMountable)(
  "many workers end, and are replaced, and a request is explained, in memory that is small",
  async () => {
    await using room = new Room();
    const origin = new Origin(room, () => ok("ok"));
    const place = await smallMemory(room, "4m");
    const draft = { workers: 6, recorder: { entries: 0 }, pools: { app: { servers: [origin.address] } } };
    const sluice = await Sluice.start(room, draft, place);
    const [pid] = await sluice.workers();
    process.kill(pid!, "SIGKILL");
    await until("another worker", async () => {
      const pids = await sluice.workers();
      return pids.length === 6 && !pids.includes(pid!);
    });
    expect((await fetch(sluice.url)).status).toBe(200);
    expect((await sluice.cli("explain", sluice.url)).out).toContain("pool app");
    sluice.child.kill("SIGTERM");
    expect(await sluice.exited()).toBe(0);
  },
);

test.skipIf(!isMountable)(
  "a full /dev/shm ends nobody who goes out by hundreds of addresses, and keeps what was kept",
  async () => {
    await using room = new Room();
    const origin = new Origin(room, () => ok("ok"));
    const place = await smallMemory(room, "6m");
    const port = freePort();
    const pool = (second: number) => ({
      members: [{ addresses: [`127.${second}.0.1-200`, `127.${second}.1.1-200`] }],
      choose: "roundRobin" as const,
    });
    const draft = {
      workers: 2,
      listeners: { out: { listen: `127.0.0.1:${port}`, proxy: { egress: "many", private: true, ports: ["1-65535"] } } },
      egress: { many: pool(30) },
      pools: {},
    };
    const sluice = await Sluice.start(room, draft, place);
    const pids = await sluice.workers();
    const api = new EgressApi(sluice.admin, "many");
    const ask = async (): Promise<void> => {
      const response = await fetch(`http://${origin.address}/`, {
        proxy: `http://127.0.0.1:${port}`,
        keepalive: false,
      });
      expect([response.status, await response.text()]).toEqual([200, "ok"]);
    };
    for (let count = 0; count < 20; count++) await ask();
    const kept = await until("what was asked to be known", async () => {
      const { history } = await api.history();
      return history.length === 20 && history;
    });
    fillUp(place);
    await inTurns(450, 8, ask);
    await says(sluice, "boards of egress pools may need");
    // Who was asked through first is asked through again, and has its page.
    const { history } = await api.history();
    expect(kept.every(({ member }) => history.some((outcome) => outcome.member === member))).toBe(true);
    expect(await sluice.workers()).toEqual(pids);
    sluice.rewrite({ ...draft, egress: { ...draft.egress, more: pool(31) } });
    const { code, err } = await sluice.cli("reload");
    expect([code, err]).toEqual([1, expect.stringContaining("of memory at once and")]);
    await ask();
  },
);
