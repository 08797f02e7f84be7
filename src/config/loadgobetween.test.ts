import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "./judge.ts";
import { gobetweenFrom, reviewGobetweenFiles } from "./loadgobetween.ts";
import type { Config } from "./types.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-loadgobetween-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function config(tls?: { certificate: string; key: string }): Config {
  const api = tls === undefined ? {} : { tls: { listen: "127.0.0.1:8443", ...tls } };
  return judge({ listeners: {}, pools: {}, gobetween: { api } }).config!;
}

test("relative paths start at the folder of the config", () => {
  const { gobetween } = gobetweenFrom(config({ certificate: "a.pem", key: "/b.key" }), folder);
  expect(gobetween?.api?.tls).toEqual({
    ...{ listen: "127.0.0.1:8443", certificate: join(folder, "a.pem"), key: "/b.key" },
  });
  expect(gobetweenFrom(config(), folder)).toEqual(config());
});

test("a file that is not there, or is no certificate, is told at its key", () => {
  writeFileSync(join(folder, "bad.pem"), "no certificate");
  const told = (certificate: string, key: string): string[] =>
    reviewGobetweenFiles(config({ certificate, key }), folder).map(({ path, message }) => `${path.at(-1)} ${message}`);
  expect(told("bad.pem", "away.key")).toEqual([expect.stringMatching(/^key /)]);
  expect(told("bad.pem", "bad.pem")).toEqual(["certificate and key are no certificate in PEM and its private key"]);
  expect(reviewGobetweenFiles(config(), folder)).toEqual([]);
});
