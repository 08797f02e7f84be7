// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// Each NAME.toml of golden/ is a cfg.toml of goproxy, and beside it, in NAME.out, the config that is made from it and what
// `sluice check` says. After a wanted change: GOLDEN=write bun test src/config/foreign/goproxy, and read the diff.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examplesFolder } from "../../../../test/examples.ts";
import { compile } from "../../compile.ts";
import { type Loaded, loadConfig } from "../../load.ts";
import { printConfig, skins } from "../../print.ts";
import { inOrder, keyText, problemLine } from "../../problem.ts";
import { Slots } from "../../slots.ts";
import { readToml } from "../../toml.ts";
import { judgeForeign } from "../foreign.ts";
import { reportOf } from "../report.ts";
import { isGoproxy } from "./goproxy.ts";

const folder = join(import.meta.dir, "golden");
const names = readdirSync(folder).filter((name) => name.endsWith(".toml"));

function told(name: string): string {
  const document = readToml(readFileSync(join(folder, name), "utf8"));
  if (!document.ok || !isGoproxy(document.value)) throw new Error(`${name} is no config of goproxy`);
  const judgement = judgeForeign(document.value, {})!; // It is one, as was asked just now.
  const problems = judgement.findings.map(({ severity, path, part, message }) => {
    const place = document.places.find(path, part);
    return { severity, file: name, place, key: keyText(path), message, source: null };
  });
  const report = reportOf(judgement, document.places).map(
    ({ line, verdict, keyword, remarks }) =>
      `${line} ${verdict} ${keyword}${remarks.map((each) => `\n    ${each}`).join("")}`,
  );
  const { input } = judgement.translation;
  return [
    ...inOrder(problems).map(problemLine),
    ...report,
    JSON.stringify(judgement.origin()),
    JSON.stringify(input, null, 2),
    "",
  ].join("\n");
}

describe("what becomes of a cfg.toml", () => {
  for (const name of names)
    test(`${name} becomes what it always became`, () => {
      const output = told(name);
      const file = join(folder, `${name}.out`);
      if (process.env["GOLDEN"] === "write") writeFileSync(file, output);
      expect(output).toBe(readFileSync(file, "utf8"));
    });
});

test("a config of goproxy is known by its [server], and nothing of others or ours is taken for one", () => {
  expect(isGoproxy({ server: { port: ":80", reverse: true } })).toBe(true);
  expect(isGoproxy({ Server: { Port: ":80", Proxy_Pass: ["a:1"] }, MEM: {} })).toBe(true);
  expect(isGoproxy({ title: "x", server: { inverse_mode: 2, prot: ":80" } })).toBe(true);
  expect(isGoproxy({ server: { port: ":80" } })).toBe(true);
  for (const other of [
    null,
    [],
    "server",
    {},
    { server: {} },
    { server: [] },
    { server: "x" },
    { server: { port: 80, host: "x" } },
    { server: { listen: ":80" } },
    { server: { port: ":80", reverse: true }, listeners: {} },
    { server: { port: ":80", reverse: true }, pools: {} },
    { server: { port: ":80", reverse: true }, servers: {} },
    { servers: { web: { bind: ":3000", discovery: {} } } },
  ])
    expect([other, isGoproxy(other)]).toEqual([other, false]);
});

test("what our own judgement finds is told at goproxy's key", () => {
  const server = { port: "gateway:1", reverse: true, proxy_pass: ["a:1"] };
  const found = judgeForeign({ server }, {})?.findings.filter(({ severity }) => severity === "error");
  expect(found?.map(({ path }) => keyText(path))).toEqual(["server.port"]);
});

test("a variable may stand for any value, and one that is not set is told", () => {
  const server = { port: "${BIND}", reverse: "${REVERSE}", proxy_pass: "${TO}", inverse_mode: "${MODE:-1}" };
  const config = judgeForeign({ server }, { BIND: ":3000", REVERSE: "true", TO: "a:1 b:2^3" })?.config;
  expect(config?.listeners["proxy"]?.listen).toBe(":3000");
  expect(config?.pools["servers"]).toMatchObject({ servers: ["a:1", "b:2^3"], balance: "weightedRoundRobin" });
  const missing = judgeForeign({ server }, { REVERSE: "true", TO: "a:1" });
  expect(missing?.config).toBeNull();
  expect(missing?.findings.find(({ severity }) => severity === "error")?.path).toEqual(["server", "port"]);
});

test("the admin interface is where those who ask for it look for it", () => {
  const server = { port: ":3000", reverse: true, proxy_pass: ["a:1"] };
  expect(judgeForeign({ server }, { SLUICE_ADMIN: " 127.0.0.1:2999\n" })?.config?.admin.listen).toBe("127.0.0.1:2999");
  expect(judgeForeign({ server }, {})?.config?.admin.listen).toBe("127.0.0.1:2112");
  const errorsFor = (admin: string): unknown =>
    judgeForeign({ server }, { SLUICE_ADMIN: admin })
      ?.findings.filter(({ severity }) => severity === "error")
      .map(({ path, message }) => `${keyText(path)} ${message}`);
  expect(errorsFor("x")).toEqual([
    expect.stringMatching(/^server cannot have its admin interface where SLUICE_ADMIN says: it must/),
  ]);
  // Outside of this machine it demands a token, for which there is no key.
  expect(errorsFor("0.0.0.0:2112")).toEqual([expect.stringMatching(/^server /)]);
});

function planOf(loaded: Loaded): unknown {
  if (!loaded.ok) throw new Error(loaded.problems.map(({ key, message }) => `${key} ${message}`).join("\n"));
  return compile(loaded.config, new Slots(), () => "127.0.0.1", 1, loaded.materials);
}

for (const name of names.filter((each) => each !== "wrong.toml"))
  test(`${name} converted makes the plan that it makes itself, in each skin`, async () => {
    const place = mkdtempSync(join(tmpdir(), "sluice-goproxy-"));
    try {
      const path = join(place, "cfg.toml");
      writeFileSync(path, readFileSync(join(folder, name)));
      const loaded = await loadConfig(path, {});
      const plan = planOf(loaded);
      for (const skin of skins) {
        const converted = join(place, `sluice.config.${skin}`);
        writeFileSync(converted, printConfig(loaded.conversion!.input, skin)); // A foreign file always has one.
        expect([skin, planOf(await loadConfig(converted, {}))]).toEqual([skin, plan]);
      }
    } finally {
      rmSync(place, { recursive: true });
    }
  });

test("the examples are configs of goproxy, with nothing in them that is refused or unknown", async () => {
  for (const name of ["config/cfg.toml", "forward.toml"]) {
    const loaded = await loadConfig(join(examplesFolder, "goproxy", name), {});
    expect([name, loaded.origin]).toMatchObject([name, { program: "goproxy", keywords: { refused: 0, unknown: 0 } }]);
    expect(planOf(loaded)).toMatchObject({ listeners: [{ name: "proxy" }] });
  }
});
