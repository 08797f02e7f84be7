import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { judge } from "../config/judge.ts";
import type { Config } from "../config/types.ts";
import { acmeShown, acmeSummary } from "./checkacme.ts";

function configOf(acme: object | undefined, names: readonly string[]): Config {
  const { config, findings } = judge({
    ...(acme === undefined ? {} : { acme: { agreeToTerms: true, folder: "/var/lib/acme", ...acme } }),
    listeners: {
      plain: { listen: ":80", redirect: "https" },
      ...(names.length === 0 ? {} : { web: { listen: ":443", use: "app", tls: { acme: names } } }),
    },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

test("how many there are, of whom, and where they are kept", () => {
  const folder = tmpdir();
  expect(acmeSummary(configOf({ folder }, ["a.example", "b.example"]))).toEqual([
    `acme     2 certificates of acme-v02.api.letsencrypt.org, kept in ${folder}`,
  ]);
  expect(acmeSummary(configOf({ directory: "https://ca.internal:9000/acme/dir" }, ["a.example"]))[0]).toContain(
    "1 certificate of ca.internal:9000",
  );
  expect([...acmeSummary(configOf({}, [])), ...acmeSummary(configOf(undefined, []))]).toEqual([]);
});

test("what is in the way of the folder is told", () => {
  const file = join(mkdtempSync(join(tmpdir(), "sluice-acme-")), "file");
  try {
    writeFileSync(file, "");
    for (const folder of [file, join(file, "acme"), join(file, "a", "b")])
      expect(acmeSummary(configOf({ folder }, ["a.example"]))[0]).toEndWith(
        `kept in ${folder}: but ${file} is no folder`,
      );
    const folder = join(dirname(file), "a", "b");
    expect(acmeSummary(configOf({ folder }, ["a.example"]))[0]).toEndWith(`kept in ${folder}`);
  } finally {
    rmSync(dirname(file), { recursive: true, force: true });
  }
});

test("the key of an account is not shown", () => {
  const { acme } = configOf({ externalAccount: { id: "kid-1", hmacKey: "correct-horse-battery" } }, ["a.example"]);
  const told = acmeShown(acme!);
  expect(told.externalAccount).toEqual({ id: "kid-1", hmacKey: "(set)" });
  expect(acmeShown(configOf({}, ["a.example"]).acme!).externalAccount).toBeUndefined();
});
