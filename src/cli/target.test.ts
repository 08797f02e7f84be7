import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { localDoorName } from "../control/localdoor.ts";
import { stateFolderOf } from "../control/state.ts";
import { findTarget, type RemoteOptions } from "./target.ts";

const names = ["SLUICE_ADMIN", "SLUICE_ADMIN_TOKEN"] as const;
const former: readonly (string | undefined)[] = names.map((name) => process.env[name]);
beforeEach(() => {
  for (const name of names) delete process.env[name];
});
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  for (const [index, name] of names.entries())
    if (former[index] === undefined) delete process.env[name];
    else process.env[name] = former[index];
});

const good =
  "admin: { listen: '127.0.0.1:4', token: sixteencharacters }\nlisteners: { web: { listen: '127.0.0.1:5', use: app } }\npools: { app: { servers: ['127.0.0.1:6'] } }\n";
const bad: string = good.replace("use: app", "use: nowhere");
const unreadable: string = good.replace("}", "");

function stage(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "target-"));
  ends.push(() => rmSync(folder, { recursive: true }));
  const config = join(folder, "s.yaml");
  writeFileSync(config, text);
  const run = (): string => {
    const state = join(folder, basename(stateFolderOf(config)));
    mkdirSync(state, { mode: 0o700 });
    const path = join(state, localDoorName);
    const server = Bun.serve({ unix: path, fetch: () => new Response("") });
    ends.push(() => server.stop(true));
    return path;
  };
  const find = async (options: RemoteOptions = {}) => {
    const found = await findTarget({ config, ...options }, folder);
    if (!found.ok) return found.message;
    const { address, token, otherwise } = found;
    const at = address.kind === "unix" ? address.path : address.port;
    return { at, token, ...(otherwise === null ? {} : { otherwise }) };
  };
  return { config, run, find };
}

test.each([
  ["good", good],
  ["with errors", bad],
  ["that cannot be read", unreadable],
  ["of another address", good.replace(":4", ":7")],
])("who runs a file is asked there, whatever the file is: %s; no token is sent there", async (_, text) => {
  const { run, find } = stage(text);
  const path = run();
  expect(await find()).toEqual({ at: path, token: undefined });
  process.env["SLUICE_ADMIN_TOKEN"] = "of-somebody";
  expect(await find({ token: "given" })).toEqual({ at: path, token: undefined });
});

test("an address that is given comes first", async () => {
  const { run, find } = stage(good);
  run();
  expect(await find({ admin: "127.0.0.1:8" })).toEqual({ at: 8, token: "sixteencharacters" });
  process.env["SLUICE_ADMIN"] = "127.0.0.1:9";
  expect(await find({ token: "given" })).toEqual({ at: 9, token: "given" });
  expect(await find({ admin: "127.0.0.1:8" })).toEqual({ at: 8, token: "sixteencharacters" });
});

test("where none is seen to run the file says where, as far as it can be read; its errors are told when nobody answers", async () => {
  expect(await stage(good).find()).toEqual({ at: 4, token: "sixteencharacters" });
  const { config, find } = stage(bad);
  const otherwise = expect.stringMatching(new RegExp(`^${config} has errors:\n.*nowhere`));
  expect(await find()).toEqual({ at: 4, token: "sixteencharacters", otherwise });
  expect(await stage(unreadable).find()).toMatch(/ has errors:\n/);
  expect(await find({ config: config.replace("s.yaml", "gone.yaml") })).toMatch(/has errors:\n.*there is no such file/);
});
