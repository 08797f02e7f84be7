import { expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";

function script(room: Room, body: string): string {
  const path = room.write("servers.sh", `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("there is no shell: words are taken as they are", async () => {
  await using room = new Room();
  const exec = [script(room, 'printf "%s\\n" "$@"'), "10.0.0.1:80 weight=2", "$HOME:80", "10.0.0.2:80;"];
  const listening = new Listening(room, { exec }).start();
  await until("an answer", () => listening.last !== undefined);
  expect(listening.found).toEqual([{ address: "10.0.0.1:80", weight: 2 }]);
  expect(listening.last).toMatchObject({ remarks: ["line 2 is no host:port", "line 3 is no host:port"] });
  expect(listening.source.name).toBe("exec servers.sh");
});

test("why there is no answer: its exit code, its signal, or that it is not there", async () => {
  await using room = new Room();
  for (const [body, problem] of [
    ["echo 10.0.0.1:80; exit 7", "fails with exit code 7"],
    ["kill -KILL $$", "is ended by SIGKILL"],
  ] as const) {
    const listening = new Listening(room, { exec: [script(room, body)] }).start();
    await until(problem, () => listening.problem === problem);
    listening.source.stop();
  }
  const missing = new Listening(room, { exec: ["no-such-program-here"] }).start();
  await until("a problem", () => missing.problem === "cannot be started: it is not found");
  const barred = new Listening(room, { exec: [room.write("plain.txt", "x")] }).start();
  await until("another", () => barred.problem === "cannot be started: permission denied");
});

test("what it leaves running holds up no answer", async () => {
  await using room = new Room();
  const exec = [script(room, "sleep 60 &\necho 10.0.0.1:80")];
  const listening = new Listening(room, { exec, timeout: "10s" }).start();
  await listening.tells("10.0.0.1:80");
});
