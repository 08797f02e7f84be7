import { expect, test } from "bun:test";
import { descriptorOf } from "./backlog.ts";
import { keepOut } from "./leaving.ts";
import { libc } from "./libc.ts";

type Options = Bun.TCPSocketListenOptions<undefined>;

/** A listener on a port that several may share, and how many connections it has taken. */
function listening(port: number) {
  const taken = { count: 0 };
  const socket = { open: () => void taken.count++, data() {} };
  const listener = Bun.listen({ hostname: "127.0.0.1", port, reusePort: true, socket } as Options);
  return { listener, taken };
}

const isLinux = process.platform === "linux";

test.if(isLinux)("who has connected is taken, and whoever comes later is the next one's", async () => {
  const first = listening(0);
  const { port } = first.listener;
  // Another process connects while this one cannot accept.
  const program = `await Bun.connect({ hostname: "127.0.0.1", port: ${port}, socket: { data() {} } }); process.exit(0);`;
  expect(Bun.spawnSync([process.execPath, "-e", program]).exitCode).toBe(0);
  expect(first.taken.count).toBe(0);
  keepOut(libc()!, descriptorOf(first.listener));
  const late = Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  // Its SYN is sent, and dropped, before this connection to the same machine is answered.
  const other = listening(0);
  const answered = await Bun.connect({ hostname: "127.0.0.1", port: other.listener.port, socket: { data() {} } });
  while (first.taken.count === 0) await Bun.sleep(1);
  const next = listening(port);
  first.listener.stop(false);
  const lateSocket = await late;
  while (next.taken.count === 0) await Bun.sleep(1);
  expect([first.taken.count, next.taken.count]).toEqual([1, 1]);
  lateSocket.end();
  answered.end();
  next.listener.stop(true);
  other.listener.stop(true);
});

test.if(isLinux)("what was taken works on after its listener has kept others out", async () => {
  const echo = { data: (socket: Bun.Socket, bytes: Buffer) => void socket.write(bytes) };
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: echo });
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = { data: (_: Bun.Socket, bytes: Buffer) => resolve(bytes.toString()) };
  const before = await Bun.connect({ hostname: "127.0.0.1", port: listener.port, socket });
  keepOut(libc()!, descriptorOf(listener));
  before.write("still there");
  expect(await promise).toBe("still there");
  before.end();
  listener.stop(true);
});
