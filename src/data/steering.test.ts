import { afterAll, expect, test } from "bun:test";
import { descriptorOf } from "./backlog.ts";
import { libc } from "./libc.ts";
import { filterBytes } from "./socketfilter.ts";
import { program, steer } from "./steering.ts";

const workers = 3;
const stops: (() => void)[] = [];
afterAll(() => {
  for (const stop of stops) stop();
});

interface Group {
  readonly port: number;
  readonly descriptor: number;
}

/** Sockets that share a port, as those of so many workers do; each says its own number to who connects. */
function group(hostname: string): Group {
  let port = 0;
  let descriptor = -1;
  for (let worker = 0; worker < workers; worker++) {
    const socket = { open: (line: Bun.Socket) => void line.end(String(worker)), data() {} };
    const listener = Bun.listen({ hostname, port, reusePort: true, socket } as Bun.TCPSocketListenOptions<undefined>);
    port = listener.port;
    descriptor = descriptorOf(listener);
    stops.push(() => listener.stop(true));
  }
  return { port, descriptor };
}

function workerOf({ port }: Group, hostname: string, localAddress: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = { data: (_: Bun.Socket, bytes: Buffer) => resolve(bytes.toString()), connectError: reject };
    Bun.connect({ hostname, port, localAddress, socket } as Bun.TCPSocketConnectOptions<undefined>).catch(reject);
  });
}

async function workersOf(of: Group, client: string, times: number): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let time = 0; time < times; time++) seen.add(await workerOf(of, "127.0.0.1", client));
  return seen;
}

const isLinux = process.platform === "linux";

test.if(isLinux)("all connections of one client go to one worker, those of many to all of them", async () => {
  const shared = group("127.0.0.1");
  steer(libc()!, shared.descriptor, true, workers);
  const all = new Set<string>();
  for (let client = 2; client < 26; client++) {
    const seen = await workersOf(shared, `127.0.0.${client}`, 6);
    expect(seen.size).toBe(1);
    for (const worker of seen) all.add(worker);
  }
  expect(all.size).toBe(workers);
});

test.if(isLinux)("an IPv6 client as well, and IPv4 on a socket for both", async () => {
  const shared = group("::");
  steer(libc()!, shared.descriptor, true, workers);
  const own = new Set<string>();
  for (let time = 0; time < 12; time++) own.add(await workerOf(shared, "::1", "::1"));
  expect(own.size).toBe(1);
  expect((await workersOf(shared, "127.0.0.1", 12)).size).toBe(1);
});

test.if(isLinux)("what a plan has changed is taken back", async () => {
  const shared = group("127.0.0.1");
  steer(libc()!, shared.descriptor, true, workers);
  steer(libc()!, shared.descriptor, false, workers);
  expect((await workersOf(shared, "127.0.0.1", 60)).size).toBe(workers);
});

test("a program ends in an answer that is below the number of workers", () => {
  const view = new DataView(filterBytes(program(5)).buffer);
  const last = view.byteLength - 8;
  expect([view.getUint16(last - 8, true), view.getUint32(last - 4, true)]).toEqual([0x94, 5]);
  expect(view.getUint16(last, true)).toBe(0x16);
});
