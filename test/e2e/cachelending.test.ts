// What clients that read slowly get of a cache when what they are sent has long made room for others: the bytes that they asked for,
// or fewer of them, and never another's. The kernel has the pages of the cache's file then, and sends them whatever becomes of
// the entry, the worker and the file.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { canLend } from "../../src/pages.ts";
import { Client } from "./harness/client.ts";
import { Origin, ok } from "./harness/origin.ts";
import { isAlive } from "./harness/processes.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const shared = "/dev/shm";
/** Otherwise everything is copied, and there is nothing to see here. */
const isLent = process.platform === "linux" && existsSync(shared) && canLend(shared);

const lengthOf = (path: string): number => 300_000 + (Number(path.slice(1)) % 7) * 40_000;

/** Of each path another, which differs at every place. */
function bodyOf(path: string): Buffer {
  const seed = Number(path.slice(1));
  return Buffer.from(new Uint8Array(lengthOf(path)).map((_, at) => at * 31 + (at >> 8) * 7 + (at >> 16) + seed * 53));
}

interface Stage {
  readonly room: Room;
  readonly sluice: Sluice;
  /** Where the cache stands. */
  readonly file: string;
}

async function staged(room: Room): Promise<Stage> {
  const origin = new Origin(room, ({ target }) => ok(bodyOf(target), "Cache-Control: max-age=600"));
  const sluice = await Sluice.start(room, {
    workers: 1,
    // Who was asked for last stays, however often others were asked for.
    caches: { pages: { size: "4mb", objectSize: "1mb", policy: "lru" } },
    pools: { app: { servers: [origin.address], cache: "pages" } },
  });
  const [worker = 0] = await sluice.workers();
  const file = /^.* (\/\S+\/caches\/pages\.[0-9a-f]{16})$/m.exec(readFileSync(`/proc/${worker}/maps`, "utf8"))![1]!;
  return { room, sluice, file };
}

async function asked({ sluice }: Stage, path: string): Promise<void> {
  const response = await fetch(`${sluice.url}${path}`);
  expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(path))).toBe(true);
}

/** A client that has asked for it and reads nothing. */
async function stalled({ room, sluice }: Stage, path: string): Promise<Client> {
  const client = await Client.connect(room, sluice.port);
  client.socket.pause();
  // Of the same host as whom `asked` names: the key has it.
  client.send(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${sluice.port}\r\n\r\n`);
  return client;
}

/** How many of its pages stand in the file, of those in the middle of pieces. */
function pagesOf({ file }: Stage, path: string): number {
  const [whole, body] = [readFileSync(file), bodyOf(path)];
  let count = 0;
  for (let at = 0; at + 1024 <= body.length; at += 16_384) if (whole.includes(body.subarray(at, at + 1024))) count++;
  return count;
}

/** Others take its room, all of it and many times. */
async function fill(stage: Stage): Promise<void> {
  for (let number = 100; number < 140; number++) await asked(stage, `/${number}`);
}

function received(client: Client): Buffer {
  const { bytes } = client;
  return bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
}

test.if(isLent).each(["purged", "evicted"])(
  "who reads slowly what is %s meanwhile gets all of it as it was, and nothing of what stands there now",
  async (how) => {
    await using room = new Room();
    const stage = await staged(room);
    for (let turn = 0; turn < 12; turn++) await asked(stage, "/5");
    const clients = await Promise.all(Array.from({ length: 4 }, () => stalled(stage, "/5")));
    await until("all to be given", async () => (await stage.sluice.metric("sluice_requests_total")) >= 16);
    if (how === "purged") {
      expect(pagesOf(stage, "/5")).toBeGreaterThan(lengthOf("/5") / 20_000);
      const { code } = await stage.sluice.cli("cache", "purge", "--url", `${stage.sluice.url}/5`);
      expect(code).toBe(0);
      // Its pages were taken out of the file, by control: others stand there, of zeros.
      expect(pagesOf(stage, "/5")).toBeLessThan(3);
    }
    await fill(stage);
    for (const client of clients) client.socket.resume();
    await until("all to have it", () => clients.every((client) => received(client).length >= lengthOf("/5")));
    for (const client of clients) expect(received(client).equals(bodyOf("/5"))).toBe(true);
    await asked(stage, "/5");
  },
);

test.if(isLent)("who is sent what a killed worker has lent gets the bytes that were asked for, or fewer", async () => {
  await using room = new Room();
  const stage = await staged(room);
  for (let turn = 0; turn < 12; turn++) await asked(stage, "/6");
  const [worker = 0] = await stage.sluice.workers();
  const clients = await Promise.all(Array.from({ length: 6 }, () => stalled(stage, "/6")));
  // Some have it all on its way, some may have been asking.
  await until("some to be given", async () => (await stage.sluice.metric("sluice_requests_total")) >= 14);
  process.kill(worker, "SIGKILL");
  await until("its end", () => !isAlive(worker));
  await stage.sluice.cli("cache", "purge", "--url", `${stage.sluice.url}/6`);
  await until("another worker", async () => {
    const { workers } = await stage.sluice.status();
    return workers.every(({ state, pid }) => state === "up" && pid !== worker);
  });
  await fill(stage);
  for (const client of clients) client.socket.resume();
  await until("all to be over", () => clients.every(({ isEnded, isClosed }) => isEnded || isClosed));
  const whole = bodyOf("/6");
  const gotten = clients.filter((client) => client.length > 0).map(received);
  for (const body of gotten) expect(body.equals(whole.subarray(0, body.length))).toBe(true);
  expect(gotten.some((body) => body.length > 100_000)).toBe(true);
});
