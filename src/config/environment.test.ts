// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as a password may hold them.
import { expect, test } from "bun:test";
import { fromEnvironment } from "./environment.ts";

test("of the environment only what is GopherProxy's is read", () => {
  const loaded = fromEnvironment({ REDIS_URL: "r:1", PROXY_PORT: "81", PATH: "/bin", HOME: undefined });
  expect(loaded).toMatchObject({ ok: true, file: "environment", warnings: [], origin: { program: "GopherProxy" } });
  expect(loaded.ok && loaded.config.listeners["proxy"]?.listen).toBe(":81");
  expect(fromEnvironment({}).ok).toBe(true);
});

test("values are taken as they are: a password may hold what stands for a variable in files", () => {
  const loaded = fromEnvironment({ REDIS_URL: "redis://:a${b}c@r:1" });
  expect(loaded.ok && loaded.config.registry).toMatchObject({ redis: "redis://:a${b}c@r:1" });
});

test("what is wrong is told by its variable, without a place", () => {
  const loaded = fromEnvironment({ PROXY_PORT: "x", METRICS_PORT: "y" });
  expect(loaded.ok ? [] : loaded.problems).toMatchObject([
    { file: "environment", key: "PROXY_PORT", place: null, source: null },
    { file: "environment", key: "METRICS_PORT", place: null, source: null },
  ]);
});
