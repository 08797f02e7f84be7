import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type ConfigTest, testConfig, testHook } from "sluice";
import { checkSignature, signed } from "./signature.ts";

const key = "an example of a key: 32 characters or more";
const now = Date.UTC(2026, 0, 1);
const inAnHour = now / 1000 + 3600;
let proxy: ConfigTest;

beforeAll(async () => {
  process.env["SIGNING_KEY"] = key;
  const files = { files: ({ path }: { readonly path: string }) => `the file ${path}` };
  proxy = await testConfig(join(import.meta.dir, "signed.sluice.config.ts"), { now, servers: files });
});

test("a signed link leads to its file, without what signed it", async () => {
  const answer = await proxy.request(`http://files.test${signed("/a.zip", inAnHour, key)}`);
  expect([answer.status, answer.body]).toEqual([200, "the file /a.zip"]);
});

test("a link to another file, for another time, or without a signature leads nowhere", async () => {
  const link = signed("/a.zip", inAnHour, key);
  for (const wrong of [link.replace("a.zip", "b.zip"), link.replace(/expires=\d+/, "expires=9999999999"), "/a.zip"]) {
    const answer = await proxy.request(`http://files.test${wrong}`);
    expect([answer.status, answer.calls.length]).toEqual([403, 0]);
  }
});

test("a link ends at its time", async () => {
  const link = `http://files.test${signed("/late.zip", inAnHour, key)}`;
  proxy.pass("59m");
  expect((await proxy.request(link)).status).toBe(200);
  proxy.pass("2m");
  expect(await proxy.request(link)).toMatchObject({ status: 410, body: "This link has expired.\n" });
});

test("the hook alone", async () => {
  const outcome = await testHook({ onRequest: checkSignature(key) }, signed("/a.zip", inAnHour, "another key"), {
    now,
  });
  expect([outcome.isReplied, outcome.status, outcome.request]).toEqual([true, 403, null]);
});
