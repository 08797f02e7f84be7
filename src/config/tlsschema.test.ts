import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";
import { tlsOrNot } from "./tlsschema.ts";

const told = (tls: object): string[] =>
  judge({
    listeners: { w: { listen: ":80", use: "a", tls: { certificates: "c", ...tls } } },
    pools: { a: { servers: ["s:1"] } },
  }).findings.map(
    ({ severity, path, message }) => `${severity} ${keyText(path).replace("listeners.w.tls.", "")} ${message}`,
  );

test("a version is a text, as TOML and YAML would have it a number", () => {
  expect(told({ minVersion: 1.2 })[0]).toBe('error minVersion must be the text "1.2" in quotes, not 1.2');
  expect(told({ minVersion: 1 })[0]).toBe('error minVersion must be the text "1.0" in quotes, not 1');
  expect(told({ minVersion: "TLSv1.3" })[0]).toBe('error minVersion must be the text "1.3" in quotes, not "TLSv1.3"');
  expect(told({ minVersion: "tls1_1" })[0]).toContain('the text "1.1"');
  for (const minVersion of ["1.4", "SSLv3", 2, true, ["1.2"]])
    expect(told({ minVersion })[0]).toContain('must be one of "1.0", "1.1", "1.2", "1.3"');
});

test("certificates are paths, or pairs of paths, and never none", () => {
  for (const certificates of ["a", ["a", { certificate: "b", key: "c" }]]) expect(told({ certificates })).toEqual([]);
  expect(told({ certificates: [] })).toEqual(["error certificates must not be empty: name its certificates"]);
  expect(told({ certificates: [{ certificate: "b" }] })).toEqual([
    "error certificates[0].key is missing; it must be the path of a PEM file with the key",
  ]);
  expect(told({ certificates: [{ crt: "b", key: "c" }] })).toContain(
    'error certificates[0].crt is not a known key; did you mean "certificate"?',
  );
});

test("TLS towards servers is off, on, or on with more words, and nothing is filled in before the pool's own keys", () => {
  for (const value of [true, false, {}, { ca: "a", serverName: "b" }]) expect(tlsOrNot.parse(value)).toEqual(value);
  for (const value of ["yes", 1, null, []]) expect(tlsOrNot.safeParse(value).success).toBe(false);
});
