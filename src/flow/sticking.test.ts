import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { table } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { StickyPlan } from "../config/plan.ts";

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
