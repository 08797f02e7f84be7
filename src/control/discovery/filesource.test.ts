import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";

const [one, two] = ["10.0.0.1:80", "10.0.0.2:80"] as const;

test("the system tells of a change: nobody has to look again", async () => {
  await using room = new Room();
  const file = room.write("servers.txt", `${one}\n`);
  const listening = new Listening(room, { file, interval: "0s" }).start();
  await listening.tells(one);
  room.write("other", `${two}\n`);
  renameSync(room.path("other"), file);
  await listening.tells(two);
  rmSync(file);
  await listening.tells("no answer");
  expect(listening.problem).toBe("does not exist");
  writeFileSync(file, `${one}\n`);
  await listening.tells(one);
});

test("one that is emptied, and written in steps, is read when it stands still: no half of it is ever told", async () => {
  await using room = new Room();
  const file = room.write("servers.txt", `${one}\n`);
  const listening = new Listening(room, { file }).start();
  await listening.tells(one);
  truncateSync(file);
  for (const part of ["10.0", ".0.1:8", "0\n10.0.0.2:8", "0\n"]) {
    appendFileSync(file, part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await listening.tells(`${one} ${two}`);
  const texts = listening.told.map((answer) =>
    answer.ok ? answer.servers.map(({ address }) => address).join(" ") : "",
  );
  expect([...new Set(texts)]).toEqual([one, `${one} ${two}`]);
});

test("one that stays empty says nothing, and a comment says that there is no server", async () => {
  await using room = new Room();
  const file = room.write("servers.txt", `${one}\n`);
  const listening = new Listening(room, { file }).start();
  await listening.tells(one);
  truncateSync(file);
  await listening.tells("no answer");
  expect(listening.problem).toStartWith("tells nothing at all");
  writeFileSync(file, "# nobody\n");
  await listening.tells("");
  const bare = new Listening(room, { file: room.write("bare", ""), onNothing: "empty" }).start();
  await bare.tells("");
});

test("one that was empty is the same file when it is filled: it is read when it stands still", async () => {
  await using room = new Room();
  const file = room.write("servers.txt", `${one}\n`);
  const listening = new Listening(room, { file, interval: "0s" }).start();
  await listening.tells(one);
  truncateSync(file);
  await listening.tells("no answer");
  // A question that took long is followed by a rest, which would be taken for the wait.
  await Bun.sleep(270);
  const writtenMs = performance.now();
  appendFileSync(file, `${two}\n`);
  await listening.tells(two);
  expect(performance.now() - writtenMs).toBeGreaterThan(28);
});

test("a link that is turned to another folder is followed, as a ConfigMap is", async () => {
  await using room = new Room();
  for (const [folder, server] of [
    ["v1", one],
    ["v2", two],
  ] as const) {
    mkdirSync(room.path(folder));
    room.write(`${folder}/servers.txt`, `${server}\n`);
  }
  symlinkSync("v1", room.path("data"));
  symlinkSync("data/servers.txt", room.path("servers.txt"));
  const listening = new Listening(room, { file: room.path("servers.txt"), interval: "0s" }).start();
  await listening.tells(one);
  symlinkSync("v2", room.path("data.new"));
  renameSync(room.path("data.new"), room.path("data"));
  await listening.tells(two);
});

test("a folder, and a file that is too long, are no answers", async () => {
  await using room = new Room();
  const listening = new Listening(room, { file: room.folder }).start();
  await until("a problem", () => listening.problem === "is a folder, not a file");
  const long = new Listening(room, { file: room.write("long", "x".repeat(2 << 20)) }).start();
  await until("another", () => long.problem === "tells more than 1 MiB");
});
