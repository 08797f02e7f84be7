import { expect, test } from "bun:test";
import { meaning } from "./alias.ts";
import { balancePolicies } from "./poolschema.ts";
import { jsonSchema } from "./schema.ts";

test("words of HAProxy and nginx lead to ours, however they are spelt", () => {
  for (const [theirs, ours] of [
    ["leastconn", "leastConnections"],
    ["least_conn", "leastConnections"],
    ["static-rr", "weightedRoundRobin"],
    ["roundrobin", "roundRobin"],
    ["source", "ipHash"],
  ] as const)
    expect(meaning(theirs, balancePolicies)).toBe(`; did you mean "${ours}"?`);
  expect(meaning("uri", balancePolicies)).toBe('; write { policy: "consistentHash", key: "uri" }');
  expect(meaning("send-proxy-v2", ["proxyProtocol"])).toBe('; write proxyProtocol: "v2"');
});

test("a word leads to what is known at its place only", () => {
  expect(meaning("crt", ["certificates"])).toContain("certificates");
  expect(meaning("crt", ["certificate", "key"])).toContain('"certificate"');
  expect(meaning("backend", ["listeners", "pools"])).toContain("pools");
  expect(meaning("source", ["listen"])).toBe("");
  for (const word of ["constructor", "toString", "__proto__", ""]) expect(meaning(word, balancePolicies)).toBe("");
});

test("every meaning is a word that the schema has somewhere", async () => {
  const schema = JSON.stringify(jsonSchema());
  const source = await Bun.file(`${import.meta.dir}/alias.ts`).text();
  const table = source.slice(source.indexOf("Record<string"), source.indexOf("/** The end of a message"));
  const words = [...table.matchAll(/\["([A-Za-z]+)"/g)].map((match) => match[1]!);
  expect(words.length).toBeGreaterThan(40);
  for (const word of words) expect([word, schema.includes(JSON.stringify(word))]).toEqual([word, true]);
});
