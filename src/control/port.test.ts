import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { busyAddresses, busyDatagramAddresses, holderOfPort, listenProblem } from "./port.ts";

const open: { stop(force: boolean): void }[] = [];
afterEach(() => {
  for (const listener of open.splice(0)) listener.stop(true);
});

function listen(options: { hostname: string; port: number; reusePort?: boolean }): number {
  const listener = Bun.listen({ ...options, socket: { data() {} } });
  open.push(listener);
  return listener.port;
}

test("a free address is no problem, and is free again afterwards", async () => {
  const port = listen({ hostname: "127.0.0.1", port: 0 });
  for (const listener of open.splice(0)) listener.stop(true);
  const address = { kind: "tcp", host: "127.0.0.1", port } as const;
  expect(await busyAddresses([address])).toEqual([]);
  expect(await busyAddresses([address])).toEqual([]);
});

test("a port that another one shares with reusePort is still in use, and the process is named", async () => {
  const port = listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
  const [problem, ...others] = await busyAddresses([{ kind: "tcp", host: "127.0.0.1", port }]);
  expect(others).toEqual([]);
  expect(problem).toStartWith(`cannot listen on 127.0.0.1:${port}: the address is in use`);
  if (process.platform === "linux") expect(problem).toContain(`(process ${process.pid})`);
});

test.skipIf(process.platform !== "linux")(
  "who has a state folder open is a Sluice, and so are its workers",
  async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "sluice-port-")), "sluice-0-0123456789ab");
    mkdirSync(folder);
    const worker = `console.log(Bun.listen({ hostname: "127.0.0.1", port: 0, reusePort: true, socket: { data() {} } }).port);
    process.stdin.on("end", () => process.exit()).resume();`;
    const control = `require("node:fs").openSync(${JSON.stringify(folder)}, "r");
    const child = Bun.spawn([process.execPath, "-e", ${JSON.stringify(worker)}], { stdin: "pipe", stdout: "inherit" });
    process.stdin.on("end", () => { child.stdin.end(); void child.exited.then(() => process.exit()); }).resume();`;
    const other = Bun.spawn([process.execPath, "-e", control], { stdin: "pipe", stdout: "pipe" });
    try {
      const { value } = await other.stdout.getReader().read();
      const port = Number(new TextDecoder().decode(value));
      expect(await busyAddresses([{ kind: "tcp", host: "127.0.0.1", port }])).toEqual([
        `cannot listen on 127.0.0.1:${port}: the address is in use by another Sluice (process ${other.pid})`,
      ]);
    } finally {
      other.stdin.end();
      await other.exited;
      rmSync(dirname(folder), { recursive: true });
    }
  },
);

test("an address that this machine does not have is said to be so", async () => {
  // 192.0.2.0/24 is reserved for documentation (RFC 5737).
  expect(await busyAddresses([{ kind: "tcp", host: "192.0.2.1", port: 65000 }])).toEqual([
    "cannot listen on 192.0.2.1:65000: this machine has no such address",
  ]);
  const loopback = { kind: "tcp", host: "127.0.0.1", port: 2112 } as const;
  expect(listenProblem(loopback, Object.assign(new Error(), { code: "EADDRNOTAVAIL" }))).toBe(
    "cannot listen on 127.0.0.1:2112: this machine has no such address; without IPv4 it is [::1]:2112",
  );
});

test("a low port without the right to it tells what is needed", () => {
  const error = Object.assign(new Error("no"), { code: "EACCES" });
  expect(listenProblem({ kind: "tcp", host: "::", port: 80 }, error)).toBe(
    "cannot listen on [::]:80: not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE",
  );
});

test("nobody holds a port that is not listened on", () => {
  const port = listen({ hostname: "127.0.0.1", port: 0 });
  for (const listener of open.splice(0)) listener.stop(true);
  expect(holderOfPort(port)).toBeNull();
});

test("a unix socket that is answered is in use; one that was left behind is removed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-port-"));
  try {
    const live = join(folder, "live.sock");
    const server = Bun.listen({ unix: live, socket: { data() {} } });
    expect(await busyAddresses([{ kind: "unix", path: live }])).toEqual([
      `cannot listen on unix:${live}: the socket is in use`,
    ]);
    // Moved away while it is open, the file stays behind when the socket is closed, as after a crash.
    const dead = join(folder, "dead.sock");
    renameSync(live, dead);
    server.stop(true);
    expect(await busyAddresses([{ kind: "unix", path: dead }])).toEqual([]);
    expect(existsSync(dead)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a file that is no socket is not taken for one that was left behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-port-"));
  try {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "keep me");
    expect(await busyAddresses([{ kind: "unix", path }])).toEqual([
      `cannot listen on unix:${path}: a file that is no socket stands there`,
    ]);
    expect(existsSync(path)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a UDP port that another one shares is in use, and nobody minds the TCP port of that number", async () => {
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
  const address = { kind: "tcp", host: "127.0.0.1", port: socket.port } as const;
  const [problem, ...others] = await busyDatagramAddresses([address]);
  expect(others).toEqual([]);
  expect(problem).toStartWith(`cannot listen on 127.0.0.1:${socket.port} (udp): the address is in use`);
  if (process.platform === "linux") expect(problem).toContain(`(process ${process.pid})`);
  socket.close();
  expect(await busyDatagramAddresses([address])).toEqual([]);
  expect(await busyDatagramAddresses([address])).toEqual([]);
});

test("a UDP port on which only sessions of a listener that was closed are left, is free", async () => {
  const peer = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
  const session = await Bun.udpSocket({ hostname: "127.0.0.1", connect: { hostname: "127.0.0.1", port: peer.port } });
  const problems = await busyDatagramAddresses([{ kind: "tcp", host: "127.0.0.1", port: session.port }]);
  session.close();
  peer.close();
  if (process.platform === "linux") expect(problems).toEqual([]);
  else expect(problems).toHaveLength(1);
});

/** Another process that listens, with the port shared. */
async function other(host: string, port: number): Promise<Bun.Subprocess> {
  const program = `Bun.listen({ hostname: ${JSON.stringify(host)}, port: ${port}, reusePort: true, socket: { data() {} } }); console.log("there");`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  open.push({ stop: () => child.kill("SIGKILL") });
  for await (const _ of child.stdout) break;
  return child;
}

test.skipIf(!existsSync("/proc/net/tcp"))(
  "a port is free for those who alone hold it, by whatever address",
  async () => {
    const port = listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
    const all = { kind: "tcp", host: "::", port } as const;
    const own = { kind: "tcp", host: "127.0.0.1", port } as const;
    const us = new Set([process.pid]);
    expect((await busyAddresses([all]))[0]).toContain(`(process ${process.pid})`);
    expect(await busyAddresses([all, own], us)).toEqual([]);
    const stranger = await other("127.0.0.2", port);
    expect(await busyAddresses([all], us)).toEqual([
      expect.stringMatching(
        new RegExp(`^cannot listen on \\[::\\]:${port}: the address is in use by \\S+ \\(process ${stranger.pid}\\)$`),
      ),
    ]);
    expect(await busyAddresses([all], new Set([process.pid, stranger.pid]))).toEqual([]);
  },
);

test.skipIf(!existsSync("/proc/net/udp"))("so is a port of datagrams", async () => {
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
  open.push({ stop: () => socket.close() });
  const all = { kind: "tcp", host: "::", port: socket.port } as const;
  expect(await busyDatagramAddresses([all], new Set([1]))).toEqual([
    expect.stringContaining(`(udp): the address is in use by `),
  ]);
  expect(await busyDatagramAddresses([all], new Set([process.pid]))).toEqual([]);
});
