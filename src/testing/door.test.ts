import { expect, test } from "bun:test";
import { testConfig, testHook } from "../sluice.ts";
import * as engine from "./engine.ts";

test("the door leads to the engine", async () => {
  expect(Object.keys(engine).sort()).toEqual(["testConfig", "testHook"]);
  expect((await testHook({ onRequest: () => ({ status: 204 }) }, "/")).status).toBe(204);
  const proxy = await testConfig({
    listeners: { web: { listen: ":80", use: "app" } },
    pools: { app: { servers: ["a:1"] } },
  });
  expect(await proxy.request("/")).toMatchObject({ status: 200, server: "a:1" });
});
