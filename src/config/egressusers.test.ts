import { expect, test } from "bun:test";
import { egressUsers, egressUsersMax, findCrowds } from "./egressusers.ts";
import { judge } from "./judge.ts";
import type { Config } from "./types.ts";

const members = [{ addresses: ["127.0.0.2"] }];

function configOf(listeners: object, more: object = { quota: { requests: 5 } }): Config {
  const egress = { ips: { members, ...more }, other: { members } };
  const judgement = judge({ listeners, egress });
  if (judgement.config === null) throw new Error(judgement.findings.map(({ message }) => message).join("\n"));
  return judgement.config;
}

const listener = (port: number, egress: unknown, auth: object | undefined): object => ({
  listen: `127.0.0.1:${port}`,
  proxy: { egress },
  auth,
});

const files = {
  users: (file: string): readonly (readonly [string, string])[] =>
    Array.from({ length: file === "many" ? egressUsersMax : 3 }, (_, index) => [`u${index}`, "{PLAIN}x"] as const),
};

test("a quota is for the users of all listeners that ask by the pool", () => {
  const config = configOf({
    one: listener(3128, "ips", { users: { ann: "x", bob: "x" } }),
    two: listener(3129, { https: "ips", http: "other" }, { users: { ann: "x", cid: "x" }, file: "few" }),
    three: listener(3130, { http: "ips" }, { file: "few" }),
    four: listener(3131, "other", { users: { dan: "x" } }),
    five: listener(3132, "ips", undefined),
  });
  expect(egressUsers("ips", config, files)).toBe(3 + 3);
  expect(egressUsers("other", config, files)).toBe(0);
});

test("without a quota nobody is counted", () => {
  const config = configOf({ one: listener(3128, "ips", { file: "few" }) }, {});
  expect(egressUsers("ips", config, files)).toBe(0);
});

test("more users than can be counted are told", () => {
  expect(findCrowds(configOf({ one: listener(3128, "ips", { file: "many" }) }), files)).toEqual([]);
  const found = findCrowds(configOf({ one: listener(3128, "ips", { file: "many", users: { ann: "x" } }) }), files);
  expect(found).toMatchObject([{ severity: "warning", path: ["egress", "ips", "quota"] }]);
  expect(found[0]?.message).toContain("is for 400001 users, and is kept of 400000");
});
