import { expect, test } from "bun:test";
import { type Candidate, chooseCertificates, defaultOf, reviewOthers, reviewShown } from "./certificatechoice.ts";

const day = 86_400_000;

function candidate(file: string, names: readonly string[], fromDay: number, toDay: number, keyKind = "ec"): Candidate {
  const name = `certs/${file}`;
  const pem = (text: string) => ({ id: text, text: `${text} -----END CERTIFICATE-----` });
  const certificate = {
    file: `/etc/certs/${file}`,
    names,
    keyKind,
    chain: pem(`chain of ${file}`),
    key: pem("key"),
    notBeforeMs: fromDay * day,
    notAfterMs: toDay * day,
  };
  return { certificate, name, subject: `has ${name}`, path: ["certificates"] };
}

function filesOf(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ name }) => name.replace("certs/", ""));
}

function told(candidates: readonly Candidate[], nowMs: number): string[] {
  const chosen = chooseCertificates(candidates, nowMs);
  return [...reviewOthers(candidates, chosen, nowMs), ...reviewShown(chosen, nowMs)].map(({ message }) => message);
}

const a = candidate("a.pem", ["a.test"], 0, 100);
const renewed = candidate("a2.pem", ["a.test"], 0, 200);
const wild = candidate("wild.pem", ["*.a.test", "b.test"], 0, 100);
const old = candidate("old.pem", ["old.test"], 0, 10);

test("of two for the same names the one that is valid longer is shown", () => {
  expect(filesOf(chooseCertificates([a, wild, renewed], 50 * day))).toEqual(["a2.pem", "wild.pem"]);
  expect(told([a, renewed], 50 * day)).toEqual([
    "has certs/a.pem, which is for the same names as certs/a2.pem, which is valid longer; it is left out",
  ]);
});

test("for the same names an RSA and an ECDSA certificate stand side by side, each the one of its kind that is valid longest", () => {
  const rsa = candidate("rsa.pem", ["a.test"], 0, 90, "rsa");
  const older = candidate("rsa-old.pem", ["a.test"], 0, 80, "rsa");
  const all = [a, older, rsa, renewed];
  expect(filesOf(chooseCertificates(all, 50 * day))).toEqual(["a2.pem", "rsa.pem"]);
  expect(told(all, 50 * day)).toEqual([
    "has certs/a.pem, which is for the same names as certs/a2.pem, which is valid longer; it is left out",
    "has certs/rsa-old.pem, which is for the same names as certs/rsa.pem, which is valid longer; it is left out",
  ]);
  // Who cannot read the other is refused rather than shown what has expired.
  expect(filesOf(chooseCertificates(all, 95 * day))).toEqual(["a2.pem"]);
});

test("one that has expired is shown where no other has its names, after the others", () => {
  expect(filesOf(chooseCertificates([old, a], 20 * day))).toEqual(["a.pem", "old.pem"]);
  expect(told([old], 20 * day)).toEqual([
    "has certs/old.pem, which expired on 1970-01-11 00:00 UTC, 10 days ago; it is shown all the same, for no other has its names",
  ]);
});

test("one that has expired is left out where a wildcard has its name", () => {
  const www = candidate("www.pem", ["www.a.test"], 0, 10);
  expect(filesOf(chooseCertificates([www, wild], 20 * day))).toEqual(["wild.pem"]);
  expect(told([www, wild], 20 * day)[0]).toEndWith("10 days ago; it is left out, for others have its names");
});

test("one that is not valid yet waits while another has its names", () => {
  const early = candidate("early.pem", ["a.test"], 60, 300);
  expect(filesOf(chooseCertificates([early, a], 50 * day))).toEqual(["a.pem"]);
  expect(filesOf(chooseCertificates([early, a], 70 * day))).toEqual(["early.pem"]);
});

test("the default is a file, a name, or what a wildcard stands for", () => {
  const of = (wanted: string) => defaultOf(wanted, [a, wild])?.name ?? null;
  expect([of("wild.pem"), of("certs/wild.pem"), of("./certs/wild.pem"), of("/etc/certs/wild.pem")]).toEqual(
    Array<string>(4).fill("certs/wild.pem"),
  );
  expect([of("B.test"), of("x.a.test"), of("a.test")]).toEqual(["certs/wild.pem", "certs/wild.pem", "certs/a.pem"]);
  expect([of("y.x.a.test"), of("c.test")]).toEqual([null, null]);
});
