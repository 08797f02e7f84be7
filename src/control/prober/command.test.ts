import { afterEach, expect, test } from "bun:test";
import type { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckPlan, ExecPlan, ServerPlan } from "../../config/plan.ts";
import type { ProbeResult } from "../../health/probe/result.ts";
import { CommandProbing } from "./command.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const server: ServerPlan = {
  id: "app/app.test:5432",
  name: "app.test:5432",
  slot: 0,
  address: { kind: "tcp", host: "10.0.0.7", port: 5432 },
  weight: 1,
  backup: false,
  isDrained: false,
  connectionsMax: 0,
  cookie: "",
  tls: null,
  isHttp2: false,
  proxyProtocol: 0,
  source: "",
};

interface Asked {
  readonly output?: string;
  readonly timeoutMs?: number;
  readonly port?: number;
  readonly at?: ServerPlan["address"];
}

function checkOf(exec: ExecPlan, asked: Asked = {}): CheckPlan {
  return {
    kind: "exec",
    everyMs: 2000,
    timeoutMs: asked.timeoutMs ?? 10_000,
    rise: 2,
    fall: 3,
    http: null,
    send: null,
    receive: null,
    exec,
    tls: null,
    port: asked.port ?? null,
  };
}

function begin(command: string[], asked: Asked, done: (result: ProbeResult) => void): CommandProbing {
  const exec = { command, output: asked.output ?? null };
  const check = checkOf(exec, asked);
  return new CommandProbing({ ...server, address: asked.at ?? server.address }, check, exec, done);
}

function probe(command: string[], asked: Asked = {}): Promise<string> {
  return new Promise((resolve) => {
    begin(command, asked, ({ isHealthy, reason }) => resolve(`${isHealthy ? "up" : "down"}: ${reason}`));
  });
}

const shell = (script: string): string[] => ["sh", "-c", script];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "sluice-command-"));
  folders.push(path);
  return path;
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(`never came true: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The numbers that a script has written into a file, line by line. */
async function pidsIn(path: string, count: number): Promise<number[]> {
  const read = (): number[] =>
    (existsSync(path) ? (readFileSync(path, "utf8").match(/\d+(?=\n)/g) ?? []) : []).map(Number);
  await until(() => read().length === count);
  return read();
}

/** A zombie that nobody has asked after yet counts as gone: it runs nothing. */
function isGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

test("the exit code decides, and stderr says why", async () => {
  expect(await probe(["true"])).toBe("up: the command succeeded");
  expect(await probe(["false"])).toBe("down: the command failed with exit code 1");
  expect(await probe(shell("echo lost >&2; exit 7"))).toBe('down: the command failed with exit code 7: "lost"');
  expect(await probe(shell("kill -SEGV $$"))).toBe("down: the command was ended by SIGSEGV");
});

test("the time that this process stood still is not the command's", async () => {
  const told = probe(["sleep", "1.5"], { timeoutMs: 700 });
  Bun.sleepSync(1400);
  expect(await told).toBe("up: the command succeeded");
});

test("an expected output decides beside it", async () => {
  expect(await probe(["echo", "1"], { output: "1" })).toBe('up: the command said "1"');
  expect(await probe(["echo", "0"], { output: "1" })).toBe('down: the command said "0", not "1"');
  expect(await probe(shell("echo 1; exit 1"), { output: "1" })).toBe("down: the command failed with exit code 1");
});

test("there is no shell, and the server's place is in the words and in the environment", async () => {
  expect(await probe(["echo", "{host}:{port}", "$HOST;", "*"], { output: "10.0.0.7:5432 $HOST; *" })).toStartWith("up");
  expect(await probe(shell('echo "$HOST $PORT"'), { output: "10.0.0.7 5432" })).toStartWith("up");
  expect(await probe(["echo", "{port}"], { output: "8008", port: 8008 })).toStartWith("up");
  const at = { kind: "unix", path: "/run/app.sock" } as const;
  expect(await probe(shell('echo "{host} $HOST-$PORT-"'), { at, output: "/run/app.sock /run/app.sock--" })).toStartWith(
    "up",
  );
});

test("a command that cannot be started is a failure that says so", async () => {
  expect(await probe(["/no/such/command"])).toBe("down: the command cannot be started: it is not found");
  expect(await probe(["no-such-command"])).toBe("down: the command cannot be started: it is not found");
  const path = join(folder(), "script");
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o600 });
  expect(await probe([path])).toBe("down: the command cannot be started: permission denied");
});

test("a command that says too much is ended; what is not asked for is not held", async () => {
  expect(await probe(["yes"], { output: "y" })).toBe("down: the command says more than 64 KiB");
  expect(await probe(shell("yes | head -c 300000; yes no | head -c 300000 >&2"))).toBe("up: the command succeeded");
});

test("the timeout ends a command and all that it has started, also when it does not want to", async () => {
  const path = join(folder(), "pids");
  const willing = probe(shell(`echo $$ >> ${path}; sleep 60 & echo $! >> ${path}; wait`), { timeoutMs: 1500 });
  const pids = await pidsIn(path, 2);
  expect(await willing).toBe("down: the command did not end in time");
  await until(() => pids.every(isGone));
  const stubborn = join(folder(), "pids");
  const script = `trap '' TERM; echo $$ >> ${stubborn}; (while :; do sleep 1; done) & echo $! >> ${stubborn}; wait`;
  const unwilling = probe(shell(script), { timeoutMs: 1500, output: "1" });
  const others = await pidsIn(stubborn, 2);
  expect(await unwilling).toBe("down: the command did not end in time");
  await until(() => others.every(isGone));
});

test("what a command leaves running is ended with it", async () => {
  const path = join(folder(), "pids");
  expect(await probe(shell(`sleep 60 & echo $! >> ${path}; echo 1`), { output: "1" })).toBe('up: the command said "1"');
  const pids = await pidsIn(path, 1);
  await until(() => pids.every(isGone));
});

test("what has left the group and holds the output delays the verdict to the timeout, and changes it not", async () => {
  const path = join(folder(), "pids");
  const script = `setsid sh -c 'echo $$ >> ${path}; exec sleep 60' & while ! test -s ${path}; do :; done; echo 1`;
  expect(await probe(shell(script), { output: "1", timeoutMs: 1000 })).toBe('up: the command said "1"');
  for (const pid of await pidsIn(path, 1)) process.kill(pid, "SIGKILL");
});

test("a probe that is given up is killed at once with all that it has started, and tells nothing", async () => {
  const told: ProbeResult[] = [];
  const path = join(folder(), "pids");
  const script = `trap '' TERM; echo $$ >> ${path}; sleep 60 & echo $! >> ${path}; wait; sleep 60`;
  const probing = begin(shell(script), { output: "1" }, (result) => told.push(result));
  const pids = await pidsIn(path, 2);
  probing.abort();
  probing.abort();
  await until(() => pids.every(isGone));
  begin(["no-such-command"], {}, (result) => told.push(result)).abort();
  expect(await probe(["true"])).toStartWith("up");
  expect(told).toEqual([]);
});

test("what cannot be started for want of processes, memory or descriptors is no failure of the server", async () => {
  const exec = { command: ["true"], output: null };
  const told = (code: string): Promise<[string, boolean]> =>
    new Promise((resolve) => {
      const start = (() => {
        throw Object.assign(new Error(code), { code });
      }) as typeof spawn;
      new CommandProbing(server, checkOf(exec), exec, ({ reason }, isShort) => resolve([reason, isShort]), start);
    });
  for (const code of ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]) expect((await told(code))[1]).toBe(true);
  expect(await told("EAGAIN")).toEqual(["the command cannot be started: no process is left", true]);
  expect(await told("EACCES")).toEqual(["the command cannot be started: permission denied", false]);
});
