import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { table } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { sampleServer } from "../balance/sample.fixture.ts";
import type { ServerPlan, StickyPlan } from "../config/plan.ts";
import type { Table } from "../memory/table.ts";
import type { Key } from "../rules/expression/compiled.ts";
import type { Scene } from "../rules/scene.ts";
import { Sticking } from "./sticking.ts";

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

test("a key keeps the server that it was given, while that is up", () => {
  const options: PlanOptions = {
    servers: ["one", "two"],
    tables: [table("seen", ["server_id"])],
    pool: { stick: { table: 0, key: "src" } },
  };
  const play = new Playbook(options);
  const ask = (address: string, ...fields: string[]): string => {
    const client = play.connect(address);
    client.sends(get("/", ...fields));
    const said = play.take();
    play.accept().sends(answer);
    client.closes();
    play.take();
    return said.find((line) => line.startsWith("dial")) ?? "";
  };
  expect([ask("192.0.2.1"), ask("192.0.2.2"), ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.2")]).toEqual([
    "dial one:80",
    "dial two:80",
    "dial one:80",
    "dial one:80",
    "dial two:80",
  ]);
  play.setServer(0, false);
  expect(ask("192.0.2.1")).toBe("dial two:80");
  play.setServer(0, true);
  expect(ask("192.0.2.1")).toBe("dial two:80");
  // The table names servers by what they are, not by where they stand.
  play.reload({ ...options, servers: ["zero", "two"] });
  expect([ask("192.0.2.1"), ask("192.0.2.1")]).toEqual(["dial two:80", "dial two:80"]);
});

test("a key is not bound to a server that refuses, nor to one that does not answer", () => {
  for (const redispatch of [true, false]) {
    const play = new Playbook({
      servers: ["one", "two"],
      tables: [table("seen", ["server_id"])],
      pool: { stick: { table: 0, key: "src" }, retries: 0, redispatch },
    });
    play.connect().sends(get("/"));
    play.expect("dial one:80");
    play.refuse();
    play.connect().sends(get("/"));
    expect(play.take()).toContain("dial two:80");
    play.accept().closes();
    play.connect().sends(get("/"));
    expect(play.take()).toContain("dial one:80");
    play.accept().sends(answer);
    play.connect().sends(get("/"));
    expect(play.take()).toContain("dial one:80");
  }
});

const cookie: StickyPlan = {
  cookie: "srv",
  isPrefix: false,
  maxAgeS: null,
  secure: false,
  httpOnly: false,
  sameSite: null,
  path: "/",
};

test("a cookie comes before the table, which remembers what it chose", () => {
  const play = new Playbook({
    servers: ["one", "two"],
    tables: [table("seen", ["server_id"])],
    pool: { stick: { table: 0, key: "src" } },
    balance: { sticky: cookie },
  });
  for (const [fields, dialed] of [
    [[], "dial one:80"],
    [["Cookie: srv=two"], "dial two:80"],
    [[], "dial two:80"],
  ] as const) {
    const client = play.connect();
    client.sends(get("/", ...fields));
    play.expect(dialed);
    play.accept().sends(answer);
    client.closes();
    play.take();
  }
});

test("a stream keeps its server by the same means; a key that is absent keeps none", () => {
  const options = {
    servers: ["one", "two"],
    tables: [table("seen", ["server_id"])],
    listener: { mode: "tcp" },
  } as const;
  const play = new Playbook({ ...options, pool: { stick: { table: 0, key: "src" } } });
  for (const [address, dialed] of [
    ["192.0.2.1", "dial one:80"],
    ["192.0.2.2", "dial two:80"],
    ["192.0.2.2", "dial two:80"],
    ["192.0.2.1", "dial one:80"],
    ["unix", "dial one:80"],
    ["unix", "dial two:80"],
  ] as const) {
    const client = play.connect(address);
    play.expect(dialed);
    play.accept();
    client.closes();
    play.take();
  }
});

test("what was stored while a pool had the table alone, or while it had not, still holds", () => {
  let stored = 0;
  const seen = {
    plan: { name: "seen" },
    columnOf: () => 0,
    read: () => stored,
    assign: (_column: number, _index: number, number: number) => {
      stored = number;
    },
  } as unknown as Table;
  const key = { lay: () => true, needsHello: false } as unknown as Key;
  const scene = { sharedMs: 0 } as unknown as Scene;
  /** The pool's servers, as it knows them now. */
  const sticking = (...own: readonly Partial<ServerPlan>[]): Sticking => {
    const servers = own.map((each, index) => sampleServer(index, { id: `app/${"xyz"[index]}`, ...each }));
    return new Sticking({ servers, stick: { table: 0, key: "src" } }, seen, key);
  };
  const alone = sticking({ formerStickId: "|seen/x" }, { formerStickId: "|seen/y" });
  const together = sticking({ stickId: "|seen/x" }, { stickId: "|seen/y" });
  for (const [before, now] of [
    [alone, together],
    [together, alone],
  ] as const) {
    before.store(scene, 1);
    expect([before.find(scene), now.find(scene)]).toEqual([1, 1]);
  }
  // What it is called by the config comes first.
  stored = 0;
  sticking({ stickId: "app/y" }).store(scene, 0);
  expect(sticking({}, { stickId: "other" }, { stickId: "app/y" }).find(scene)).toBe(2);
});
