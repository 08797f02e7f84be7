import { afterEach, expect, test } from "bun:test";
import { until } from "../../test/e2e/harness/wait.ts";
import type { SentinelPlan } from "../config/compileregistry.ts";
import { MemoryRegistry } from "../registry/memory.ts";
import { type Ballot, type Outcome, RegistryError } from "../registry/registry.ts";
import { openLog } from "./log.ts";
import { Names } from "./names.ts";
import { Sentinel } from "./sentinel.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Somebody who accepts connections. */
function accepting(): { port: number; stop: () => void } {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const stop = (): void => server.stop(true);
  ends.push(stop);
  return { port: server.port, stop };
}

function planOf(targets: readonly string[], more: Partial<SentinelPlan> = {}): SentinelPlan {
  return {
    set: "s",
    id: "me",
    targets: targets.map((target) => {
      const [host = "", port] = target.split(":");
      return { target, member: `http://${target}`, name: target, address: { kind: "tcp", host, port: Number(port) } };
    }),
    check: {
      kind: "tcp",
      everyMs: 50,
      timeoutMs: 50,
      rise: 1,
      fall: 1,
      http: null,
      send: null,
      receive: null,
      exec: null,
      tls: null,
      port: null,
    },
    leaseMs: 60_000,
    quorum: "majority",
    ...more,
  };
}

function stage(registry: MemoryRegistry = new MemoryRegistry(), lookup?: (host: string) => Promise<readonly string[]>) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = openLog({ level: "info", format: "json", isColored: false, write });
  const sentinel = new Sentinel({ registry, log, names: new Names(log, lookup) });
  ends.push(
    () => registry.close(),
    () => sentinel.close(),
  );
  const members = async (): Promise<string[]> =>
    (await registry.members("s")).members.filter(({ isMember }) => isMember).map(({ member }) => member);
  const said = (): unknown[] => lines.map(({ msg }) => msg);
  return { registry, sentinel, members, lines, said };
}

test("when it has begun, those that are well stand in the set, and it says who", async () => {
  const { port, stop } = accepting();
  const { sentinel, members, lines } = stage();
  await sentinel.adopt(planOf([`127.0.0.1:${port}`, "127.0.0.1:1"]));
  expect(await members()).toEqual([`http://127.0.0.1:${port}`]);
  expect(lines).toMatchObject([{ level: "info", msg: "backend registered (UP)", target: `127.0.0.1:${port}` }]);
  stop();
  await until("it to go", async () => (await members()).length === 0);
  expect(lines.at(-1)).toMatchObject({ level: "warn", msg: "backend deregistered (DOWN)" });
  expect(sentinel.status()).toMatchObject({
    set: "s",
    voter: "me",
    problem: null,
    targets: [{ state: "down" }, { target: "127.0.0.1:1", state: "down" }],
    counts: { votesFailed: 0, added: 1, removed: 1 },
  });
  const { lastVote, counts } = sentinel.status()!;
  expect(Math.min(counts.probesPassed, counts.probesFailed - 1, counts.votesTaken - 1)).toBeGreaterThan(0);
  expect(Date.parse(lastVote!)).toBeGreaterThan(Date.now() - 60_000);
});

test("a name that has no address is down, and up when it has one", async () => {
  const { port } = accepting();
  let addresses: string[] = [];
  const { sentinel, members } = stage(new MemoryRegistry(), async () => addresses);
  await sentinel.adopt(planOf([`app:${port}`]));
  expect(sentinel.status()?.targets).toMatchObject([{ state: "down", reason: "it has no address" }]);
  addresses = ["127.0.0.1"];
  await until("it to come", async () => (await members()).length === 1);
});

test("other targets take the place of the former ones without an end in between; no plan is the end", async () => {
  const [one, two] = [accepting(), accepting()];
  const { sentinel, members, said } = stage();
  await sentinel.adopt(planOf([`127.0.0.1:${one.port}`]));
  await sentinel.adopt(planOf([`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`]));
  expect((await members()).length).toBe(2);
  await sentinel.adopt(null);
  expect([sentinel.status(), (await members()).length]).toEqual([null, 2]);
  expect(said()).toEqual(["backend registered (UP)", "backend registered (UP)"]);
});

class Refusing extends MemoryRegistry {
  isAway = false;

  override async vote(set: string, ballot: Ballot): Promise<Outcome> {
    if (this.isAway) throw new RegistryError("connection refused");
    return super.vote(set, ballot);
  }
}

test("a registry that is away is told of once, and once when it is back", async () => {
  const { port } = accepting();
  const registry = new Refusing();
  const { sentinel, members, said } = stage(registry);
  registry.isAway = true;
  await sentinel.adopt(planOf([`127.0.0.1:${port}`]));
  await until("several votes", () => sentinel.status()?.problem === "connection refused");
  expect(sentinel.status()!.counts.votesFailed).toBeGreaterThan(0);
  registry.isAway = false;
  await until("it to be there", async () => (await members()).length === 1);
  await until("it to be said", () => said().length === 3);
  expect(said()).toEqual([
    "the registry cannot be written: it is tried again",
    "backend registered (UP)",
    "the registry can be written again",
  ]);
});

test("that another one has its name is said once", async () => {
  class Doubled extends MemoryRegistry {
    override async vote(set: string, ballot: Ballot): Promise<Outcome> {
      return { ...(await super.vote(set, ballot)), hasTwin: true };
    }
  }
  const { sentinel, said } = stage(new Doubled());
  await sentinel.adopt(planOf(["127.0.0.1:1"], { check: { ...planOf([]).check, everyMs: 5 } }));
  await until("it to be said", () => said().some((line) => String(line).includes("has the same id")));
  await Bun.sleep(30);
  expect(said().filter((line) => String(line).includes("has the same id"))).toHaveLength(1);
});
