import { expect, test } from "bun:test";
import type { Asked } from "./asker.ts";
import { frontendCommands } from "./frontendcommands.ts";
import { sample } from "./sample.ts";
import { serverCommands } from "./servercommands.ts";

function stage(problem: string | null = null) {
  const made = sample();
  const asked: [string, string, unknown][] = [];
  const ask = async ({ method, path, body }: Asked) => {
    asked.push([method, path, body]);
    return { status: problem === null ? 200 : 409, problem, body: {} };
  };
  const parts = { ask, services: made.services, weights: made.weights, config: () => made.config };
  const commands = [...serverCommands(parts), ...frontendCommands(parts)];
  const say = async (text: string): Promise<unknown> => {
    const found = commands.find(({ name }) => text === name || text.startsWith(`${name} `))!;
    return found.answer({ words: text.split(" "), level: "admin", actor: "a test" });
  };
  return { ...made, asked, say };
}

const ofA = "/api/v1/pools/app/servers/10.0.0.1%3A80";

test("servers are drained, maintained and enabled by the admin API", async () => {
  const { say, asked } = stage();
  for (const words of ["disable server app/a", "set server app/a state maint", "set server app/a state drain"])
    expect(await say(words)).toBe("");
  for (const words of ["enable server #3/#1", "set server app/a state ready"]) expect(await say(words)).toBe("");
  expect(asked.map(([method, path]) => `${method} ${path}`)).toEqual(
    ["maintain", "maintain", "drain", "enable", "enable"].map((order) => `POST ${ofA}/${order}`),
  );
});

test("a weight is a number or a share of the first one; 0 is one too, and no order about the server", async () => {
  const { say, asked } = stage();
  expect(await say("get weight app/a")).toBe("10 (initial 10)\n");
  for (const words of ["set server app/a weight 50%", "set weight app/a 0", "set weight app/a 0%"])
    expect(await say(words)).toBe("");
  expect(await say("set weight app/a 7")).toBe("");
  expect(asked).toEqual([5, 0, 0, 7].map((weight) => ["PATCH", ofA, { weight }]));
});

test("weights that there are not are told, and nothing is asked", async () => {
  const { say, asked } = stage();
  const told = await Promise.all(["set weight app/a", "set weight app/a 257", "set server app/a weight x"].map(say));
  expect(told).toEqual([
    "Require <weight> or <weight%>.\n",
    "Absolute weight can only be between 0 and 256 inclusive.\n",
    "Empty weight string empty or preceded by garbage",
  ]);
  expect(asked).toEqual([]);
});

test("who is meant is told as HAProxy tells it", async () => {
  const { say } = stage();
  const told = await Promise.all(
    ["disable server app", "disable server none/a", "disable server app/none", "set server app/a"].map(say),
  );
  expect(told.slice(0, 3)).toEqual(["Require 'backend/server'.\n", "No such backend.\n", "No such server.\n"]);
  expect(told[3]).toStartWith("usage: set server <backend>/<server> ");
  expect(await say("set server app/a state x")).toBe(
    "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n",
  );
});

test("what the admin API refuses is told in its words", async () => {
  const { say } = stage("another change is under way");
  expect(await say("set server app/a state maint")).toBe("another change is under way\n");
  expect(await say("set weight app/a 9")).toBe("another change is under way\n");
});

test("limits are changes of the config: a server's, and those of all listeners of a frontend", async () => {
  const { say, asked } = stage();
  expect(await say("set maxconn server app/a 40")).toBe("");
  expect(await say("set maxconn frontend web 90")).toBe("");
  const server = {
    op: "replace",
    path: "/pools/app/servers/0",
    value: { address: "10.0.0.1:80^10", maxConnections: 40 },
  };
  expect(asked).toEqual([
    ["PATCH", "/api/v1/config", [server]],
    [
      ...(["PATCH", "/api/v1/config"] as const),
      ["web", "web-2"].map((name) => ({ op: "add", path: `/listeners/${name}/maxConnections`, value: 90 })),
    ],
  ]);
  const wrong = [
    "set maxconn server app/a",
    "set maxconn server app/a x",
    "set maxconn frontend web",
    "set maxconn global",
  ];
  expect(await Promise.all(wrong.map(say))).toEqual([
    "Require <maxconn>.\n",
    "maxconn string empty or preceded by garbage",
    "Integer value expected.\n",
    "Expects an integer value.\n",
  ]);
});

test("what cannot be had says so and does nothing", async () => {
  const { say, asked } = stage();
  for (const text of [
    ...[
      "disable frontend web",
      "shutdown sessions server app/a",
      "set maxconn global 9",
      "set server app/a health down",
    ],
    ...["set server app/a addr 10.0.0.9", "disable health app/a"],
  ])
    expect(await say(text)).toMatch(/ here|^Not in Sluice/);
  expect(await say("disable frontend none")).toBe("No such frontend.\n");
  expect(await say("enable health mail/10.0.0.3:25")).toStartWith("Health check was not configured");
  expect(asked).toEqual([]);
});
