// Around a source of servers: who is asked, as far as a test of all kinds of sources has to do with it. Each kind has a world that can
// be told what servers there are, break down, talk nonsense and fall silent; what is asked there is the real protocol.

import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { DiscoverInput } from "../../../src/config/input.ts";
import { Consul } from "./consul.ts";
import { Docker } from "./docker.ts";
import { DocumentServer } from "./document.ts";
import { Kubernetes } from "./kubernetes.ts";
import { NameServer } from "./nameserver.ts";
import type { Room } from "./room.ts";

/** `garbage` and `huge` are answers that are no servers, `cut` one that ends in the middle, `silence` is none at all. */
export type Nonsense = "garbage" | "huge" | "cut" | "silence";

export interface World {
  /** Interval and timeout are the test's. */
  readonly settings: DiscoverInput;
  /** From now on these, as "10.0.0.1:80". */
  tell(servers: readonly string[]): void;
  breakDown(): void;
  repair(): void;
  /** Until it is repaired; null where the kind has nothing of it. */
  readonly nonsense: { readonly [kind in Nonsense]?: () => void };
  /** What must be gone when the source has stopped. */
  left(): number;
}

/** In every place where a kind has one. */
export const secret = "Hush-4711-secret";
const large = "10.0.0.1:80 # a comment that is repeated\n".repeat(60_000);

export function fileWorld(room: Room): World {
  const path = room.path("servers.txt");
  const write = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  let last = "";
  return {
    settings: { file: path },
    tell: (servers) => write((last = `${servers.join("\n")}\n`)),
    breakDown: () => rmSync(path),
    repair: () => write(last),
    nonsense: { garbage: () => write(`<html>${secret}</html>\n`), huge: () => write(large) },
    left: () => 0,
  };
}

export async function httpWorld(room: Room): Promise<World> {
  const server = await DocumentServer.start(room);
  let last = "";
  const repair = (): void => void Object.assign(server, { mood: "well", status: 200, body: last });
  return {
    settings: {
      http: {
        url: `http://user:${secret}@${server.address}/servers?key=${secret}`,
        headers: { "X-Token": secret },
      },
    },
    tell: (servers) => {
      last = JSON.stringify(servers);
      repair();
    },
    breakDown: () => void Object.assign(server, { status: 500, body: secret }),
    repair,
    nonsense: {
      garbage: () => void (server.body = `{"servers": "${secret}"}`),
      huge: () => void (server.body = large),
      cut: () => void (server.mood = "cut"),
      silence: () => void (server.mood = "silent"),
    },
    left: () => server.open,
  };
}

export function execWorld(room: Room): World {
  const script = room.path("servers.sh");
  const output = room.path("output");
  const pids = room.path("pids");
  const write = (body: string): void => {
    writeFileSync(`${script}.new`, `#!/bin/sh\necho $$ >> ${pids}\n${body}\n`);
    chmodSync(`${script}.new`, 0o755);
    renameSync(`${script}.new`, script);
  };
  const repair = (): void => write(`cat ${output}`);
  return {
    settings: { exec: [script, secret] },
    tell: (servers) => {
      writeFileSync(`${output}.new`, `${servers.join("\n")}\n`);
      renameSync(`${output}.new`, output);
      repair();
    },
    breakDown: () => write(`cat ${output}; echo ${secret} >&2; exit 3`),
    repair,
    nonsense: {
      garbage: () => write(`echo ${secret}`),
      huge: () => write("yes 10.0.0.1:80"),
      silence: () => write(`sleep 60 & echo $! >> ${pids}; sleep 60`),
    },
    left: () => (existsSync(pids) ? readFileSync(pids, "utf8").trim().split("\n").filter(isRunning).length : 0),
  };
}

function isRunning(pid: string): boolean {
  try {
    return !/ Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Sockets of this process, for what is asked without a connection. */
function socketsOpen(): number {
  return readdirSync("/proc/self/fd").length;
}

export async function dnsWorld(room: Room, record: "address" | "srv"): Promise<World> {
  const server = await NameServer.start(room);
  server.ttlSeconds = 0;
  const before = socketsOpen();
  const tell = (servers: readonly string[]): void => {
    const places = servers.map((each) => each.split(":") as [string, string]);
    if (record === "address") server.set("app.test", ...places.map(([address]) => ({ type: "A", address }) as const));
    else {
      server.set(
        "_http._tcp.app.test",
        ...places.map(
          ([, port], index) =>
            ({ type: "SRV", priority: 1, weight: 1, port: Number(port), target: `n${index}.app.test` }) as const,
        ),
      );
      for (const [index, [address]] of places.entries()) server.set(`n${index}.app.test`, { type: "A", address });
    }
  };
  const name = record === "address" ? "app.test" : "_http._tcp.app.test";
  return {
    settings: { dns: { name, record, servers: [server.address], ...(record === "address" ? { port: 80 } : {}) } },
    tell,
    breakDown: () => void (server.misbehaviour = 2),
    repair: () => void (server.misbehaviour = null),
    nonsense: {
      garbage: () => void (server.misbehaviour = new Uint8Array(40).fill(255)),
      silence: () => void (server.misbehaviour = "silent"),
    },
    left: () => Math.max(socketsOpen() - before, 0),
  };
}

/** What every orchestrator's stand-in has. */
interface Standin {
  status: number;
  body: string | null;
  mood: "well" | "silent" | "cut";
  readonly open: number;
}

function trouble(standin: Standin): Pick<World, "breakDown" | "repair" | "nonsense" | "left"> {
  return {
    breakDown: () => void Object.assign(standin, { status: 503, body: secret }),
    repair: () => void Object.assign(standin, { status: 200, body: null, mood: "well" }),
    nonsense: {
      garbage: () => void (standin.body = `{"message": "${secret}"}`),
      huge: () => void (standin.body = `[${large.repeat(8)}]`),
      cut: () => void Object.assign(standin, { body: "[]", mood: "cut" }),
      silence: () => void (standin.mood = "silent"),
    },
    left: () => standin.open,
  };
}

function placesOf(servers: readonly string[]): [address: string, port: number][] {
  return servers.map((each) => [each.split(":")[0]!, Number(each.split(":")[1])]);
}

export async function dockerWorld(room: Room): Promise<World> {
  const docker = await Docker.start(room);
  return {
    settings: { docker: { endpoint: `unix:${docker.path}`, label: "app=web" } },
    tell: (servers) =>
      docker.run(
        placesOf(servers).map(([address, port]) => ({
          id: Buffer.from(address).toString("hex"),
          labels: { app: "web" },
          addresses: { bridge: address },
          ports: [{ own: port }],
          environment: [`KEY=${secret}`],
        })),
      ),
    ...trouble(docker),
  };
}

export async function kubernetesWorld(room: Room): Promise<World> {
  const kubernetes = await Kubernetes.start(room, secret);
  return {
    settings: { kubernetes: { service: "shop/web", endpoint: `http://${kubernetes.address}`, token: secret } },
    tell: (servers) => {
      const endpoints = placesOf(servers).map(([address]) => ({ addresses: [address] }));
      kubernetes.set({ name: "web-abcde", service: "web", endpoints, ports: [{ port: 80 }] });
    },
    ...trouble(kubernetes),
  };
}

export async function consulWorld(room: Room): Promise<World> {
  const consul = await Consul.start(room, secret);
  return {
    settings: {
      consul: { service: "web", endpoint: `http://${consul.address}`, token: secret, user: "sluice", password: secret },
    },
    tell: (servers) => consul.set(placesOf(servers).map(([address, port]) => ({ address, port }))),
    ...trouble(consul),
  };
}
