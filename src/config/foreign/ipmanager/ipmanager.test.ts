// Each NAME.json of golden/ is a config.json of ipmanager, and beside it, in NAME.out, the config that is made from it and what
// `sluice check` says. After a wanted change: GOLDEN=write bun test src/config/foreign/ipmanager, and read the diff.

import { describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examplesFolder } from "../../../../test/examples.ts";
import { compile } from "../../compile.ts";
import { type Loaded, loadConfig } from "../../load.ts";
import type { Plan } from "../../plan.ts";
import { printConfig, skins } from "../../print.ts";
import { inOrder, keyText, problemLine } from "../../problem.ts";
import { Slots } from "../../slots.ts";
import { readJson } from "../../yaml.ts";
import { type ForeignJudgement, judgeForeign } from "../foreign.ts";
import { reportOf } from "../report.ts";
import { isIpmanager } from "./ipmanager.ts";

const folder = join(import.meta.dir, "golden");
const sluice = join(import.meta.dir, "..", "..", "define.ts");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

function judged(tree: object, environment: Readonly<Record<string, string>> = {}): ForeignJudgement {
  return judgeForeign({ proxy_port: "127.0.0.1:9096", ...tree }, environment)!; // It is one.
}

function told(name: string): string {
  const document = readJson(readFileSync(join(folder, name), "utf8"));
  if (!document.ok || !isIpmanager(document.value)) throw new Error(`${name} is no config of ipmanager`);
  const judgement = judgeForeign(document.value, {})!; // It is one, as was asked just now.
  const problems = judgement.findings.map(({ severity, path, part, message }) => {
    const place = document.places.find(path, part);
    return { severity, file: name, place, key: keyText(path), message, source: null };
  });
  const report = reportOf(judgement, document.places).map(
    ({ line, verdict, keyword, remarks }) =>
      `${line} ${verdict} ${keyword}${remarks.map((each) => `\n    ${each}`).join("")}`,
  );
  return [
    ...inOrder(problems).map(problemLine),
    ...report,
    JSON.stringify(judgement.origin()),
    JSON.stringify(judgement.translation.input, null, 2),
    "",
  ].join("\n");
}

describe("what becomes of a config.json", () => {
  for (const name of names)
    test(`${name} becomes what it always became`, () => {
      const output = told(name);
      const file = join(folder, name.replace(/json$/, "out"));
      if (process.env["GOLDEN"] === "write") writeFileSync(file, output);
      expect(output).toBe(readFileSync(file, "utf8"));
    });
});

test("a config of ipmanager is known by its keys, and nothing of others or ours is taken for one", () => {
  for (const one of [{ proxy_port: "1" }, { Upstream_Conf_Path: "x", mode: "parse" }, { cool_down_min: 5 }])
    expect([one, isIpmanager(one)]).toEqual([one, true]);
  for (const other of [null, [], "proxy_port", {}, { mode: "parse", next: "x" }, { proxy_port: "1", listeners: {} }])
    expect([other, isIpmanager(other)]).toEqual([other, false]);
});

test("each address is judged by itself, by logs, as its documentation says", () => {
  const { config } = judged({ consecutive_failure: 4, cool_down_min: 7 });
  expect(config?.egress["ips"]).toMatchObject({
    choose: "random",
    evidence: "logs",
    whenNone: "refuse",
    judge: {
      per: "member",
      failures: 4,
      within: "5m",
      statuses: { "200-399": "success", "400-599": "failure" },
      coolDown: { time: "7m", growth: 1, trial: false },
    },
    logs: [{ path: "/var/log/nginx/host.access.log", mode: "serve", every: "5m", format: "ipmanager" }],
  });
});

test("options come before the file", () => {
  // What they come before is read all the same, and not told to be no keyword.
  expect(
    judged({ probe_port: "9095" }, { IPMANAGER_PORT: "9999" }).findings.map(({ message }) => message),
  ).not.toContainEqual(expect.stringContaining("no keyword"));
  const environment = { IPMANAGER_PORT: "9999", IPMANAGER_MODE: "parse", SLUICE_ADMIN: "127.0.0.1:2999" };
  const { config } = judged({ mode: "serve", probe_port: "9095" }, environment);
  expect(config?.ipmanager).toMatchObject({ listen: ":9999", settings: { mode: "parse", probe_port: "9999" } });
  expect(config?.egress["ips"]?.logs[0]?.mode).toBe("parse");
  expect(config?.admin.listen).toBe("127.0.0.1:2999");
});

test("its proxy is on this machine only, unless who may use it is said", () => {
  const findings = (tree: object): string[] =>
    judged(tree).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
  expect(findings({})).toEqual([]);
  expect(findings({ proxy_port: "9096" })).toEqual([
    expect.stringMatching(
      /^warning proxy_port is approximated: it listens on 127\.0\.0\.1:9096 only, .* "allow_from": \["10\.0\.0\.0\/8"\]/,
    ),
  ]);
  expect(findings({ proxy_port: "0.0.0.0:9096" })).toEqual([
    expect.stringMatching(/^error proxy_port needs allow_from beside it/),
  ]);
  expect(findings({ proxy_port: "0.0.0.0:9096", allow_from: ["10.0.0.0/8"] })).toEqual([]);
  expect(findings({ proxy_port: "0.0.0.0:9096", allow_from: ["10.0.0"] })).toEqual([
    expect.stringMatching(/^error allow_from /),
  ]);
});

test("the token is no part of what its page of settings shows", () => {
  const { config } = judged({ token: "0123456789abcdef" });
  expect(config?.admin.token).toBe("0123456789abcdef");
  expect(JSON.stringify(config?.ipmanager)).not.toContain("0123456789abcdef");
});

test("the example is understood, and what is made of it is the same in every skin", async () => {
  const place = mkdtempSync(join(tmpdir(), "sluice-ipmanager-"));
  try {
    cpSync(join(examplesFolder, "ipmanager"), place, { recursive: true });
    const own = await loadConfig(join(place, "config.json"), {});
    expect((own.ok ? own.warnings : own.problems).map(({ key }) => key)).toEqual([
      "proxy_port",
      "max_connection_timeout",
    ]);
    const plan = (loaded: Loaded): Plan => {
      if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join("\n"));
      return compile(loaded.config, new Slots(), () => undefined, 1, loaded.materials);
    };
    const first = plan(own);
    expect(first.egresses[0]?.members.map(({ id }) => id)).toEqual(["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
    for (const skin of skins) {
      const path = join(place, `printed.${skin === "ts" ? "sluice.config.ts" : skin}`);
      writeFileSync(path, printConfig(own.conversion!.input, skin).replace('from "sluice"', `from "${sluice}"`));
      const loaded = await loadConfig(path, {});
      expect([skin, plan(loaded)]).toEqual([skin, first]);
    }
  } finally {
    rmSync(place, { recursive: true });
  }
});

test("what ipmanager does not have is among the settings that its page shows where it is written; the token never", () => {
  const settings = (tree: object): object =>
    judged({ upstream_conf_path: "x", ...tree }).translation.input.ipmanager!.settings!;
  expect(
    settings({ allow_private: false, allow_from: ["10.0.0.0/8", "::1"], token: "0123456789abcdef" }),
  ).toMatchObject({
    ...{ allow_private: false, allow_from: "10.0.0.0/8, ::1" },
  });
  expect(JSON.stringify(settings({ token: "0123456789abcdef" }))).not.toMatch(/allow_|0123456789abcdef/);
});
