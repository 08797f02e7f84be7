// A config under test whose proxy goes out by an egress pool: members are chosen and judged as in service, and time is the test's.

import { expect, test } from "bun:test";
import { defineConfig } from "../config/define.ts";
import { TestProxy } from "./proxy.ts";
import { subjectOf } from "./subject.ts";

const config = defineConfig({
  egress: {
    out: {
      members: [{ addresses: ["203.0.113.1-2"], tags: { country: "de" } }],
      judge: { statuses: { 429: "ban" }, coolDown: { time: "10m" } },
      tell: true,
    },
  },
  listeners: { out: { listen: "127.0.0.1:3128", proxy: { egress: "out" } } },
});

test("a request goes out by a member, which is told, and one that is banned somewhere makes room for the other", async () => {
  let isSlow = true;
  const answer = (): { status: number } => ({ status: isSlow ? 429 : 200 });
  const proxy = await TestProxy.open(await subjectOf(config), { servers: { "a.example:80": answer } });
  const ask = async (): Promise<[number, string]> => {
    const { status, headers } = await proxy.request("http://a.example/");
    return [status, headers["x-egress-ip"] ?? ""];
  };
  const [first, second] = [await ask(), await ask()];
  expect([first[0], second[0]]).toEqual([429, 429]);
  expect([first[1], second[1]].sort()).toEqual(["203.0.113.1", "203.0.113.2"]);
  expect((await ask())[0]).toBe(503);
  isSlow = false;
  proxy.pass("11m");
  expect((await ask())[0]).toBe(200);
});
