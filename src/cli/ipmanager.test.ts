import { expect, test } from "bun:test";
import { environmentOf, ipmanager } from "./ipmanager.ts";

test("options come before what the environment says, and what nobody says stays", () => {
  const environment = { IPMANAGER_PORT: "1", SLUICE_ADMIN: "127.0.0.1:1", PATH: "/bin" };
  expect(environmentOf({}, environment)).toEqual(environment);
  expect(environmentOf({ port: "9095", parse: true, admin: "127.0.0.1:2" }, environment)).toEqual({
    IPMANAGER_PORT: "9095",
    IPMANAGER_MODE: "parse",
    SLUICE_ADMIN: "127.0.0.1:2",
    PATH: "/bin",
  });
  expect(environmentOf({ parse: false }, {})).toEqual({});
});

test("without a config it says how to name one", async () => {
  const said: string[] = [];
  const writer = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    note: (text: string) => void said.push(text),
  };
  expect(await ipmanager({}, writer)).toBe(2);
  expect(said.join("\n")).toContain("--config FILE");
});
