import { expect, test } from "bun:test";
import { fromOptions, usageProblem } from "./run.ts";

test("each address is a listener of the one pool", () => {
  const loaded = fromOptions({ listen: ":8080, 127.0.0.1:9000", to: "a:1,b:2^3", balance: "p2c" });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(Object.entries(loaded.config.listeners).map(([name, { listen, use }]) => [name, listen, use])).toEqual([
    ["web", ":8080", "app"],
    ["web2", "127.0.0.1:9000", "app"],
  ]);
  expect(loaded.config.pools["app"]).toMatchObject({ servers: ["a:1", "b:2^3"], balance: "p2c" });
  expect(loaded.config.accessLog).toBeUndefined();
});

test("connections and datagrams have listeners of their own names", () => {
  const loaded = fromOptions({ mode: "tcp", listen: ":5432,:5433", to: "a:1" });
  expect(loaded.ok && Object.entries(loaded.config.listeners).map(([name, { mode }]) => [name, mode])).toEqual([
    ["tcp", "tcp"],
    ["tcp2", "tcp"],
  ]);
  expect(usageProblem("x.toml", { mode: "tcp" })).toStartWith("--mode stands in the config");
});

test("an access log is asked for by its path or its format", () => {
  const asked = fromOptions({ to: "a:1", logFormat: "combined" });
  expect(asked).toMatchObject({ ok: true, config: { accessLog: { path: "-", format: "combined" } } });
  expect(fromOptions({ to: "a:1", accessLog: "x.log" })).toMatchObject({
    ok: true,
    config: { accessLog: { path: "x.log", format: "json" } },
  });
});

test("every mistake is told, and once", () => {
  const loaded = fromOptions({ listen: "80,:8080,:x", to: "a", workers: "many" });
  if (loaded.ok) throw new Error("it was accepted");
  expect(loaded.problems.map((problem) => problem.key).toSorted()).toEqual([
    "--listen",
    "--listen",
    "--to",
    "--workers",
  ]);
});

test("what to run is said, and not twice", () => {
  expect(usageProblem(undefined, {})).toContain("say what to run");
  expect(usageProblem(undefined, { to: "a:1" })).toBeNull();
  expect(usageProblem("x.toml", {})).toBeNull();
  expect(usageProblem("config.json", { admin: ":1" })).toContain("SLUICE_ADMIN has");
  expect(usageProblem("x.toml", { accessLog: "-" })).toStartWith("--access-log stands in the config");
});
