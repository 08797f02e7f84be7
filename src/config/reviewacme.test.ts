import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const plain = { listen: ":80", redirect: "https" };

const told = (acme: unknown, names: unknown, others: object = { plain }): string[] =>
  judge({
    ...(acme === undefined ? {} : { acme }),
    listeners: {
      ...others,
      web: { listen: ":443", use: "app", ...(names === undefined ? {} : { tls: { acme: names } }) },
    },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);

const good = { agreeToTerms: true };

test("a section that agrees, names, and a listener on port 80 are all there is to it", () => {
  expect(told(good, ["a.example", ["B.example", "www.b.example"]])).toEqual([]);
});

test("the terms are agreed to in so many words", () => {
  for (const acme of [{}, { agreeToTerms: false }, { agreeToTerms: "yes" }])
    expect(told(acme, ["a.example"])).toEqual([
      expect.stringMatching(/^error acme.agreeToTerms .*must be true, .*https:\/\/letsencrypt.org\/repository\//),
    ]);
});

test("names need the section, and the section names", () => {
  expect(told(undefined, ["a.example"])).toEqual([
    expect.stringContaining("error listeners.web.tls.acme needs the section acme"),
  ]);
  expect(told(good, undefined)).toEqual([expect.stringContaining("warning acme has nothing to ask for")]);
});

test("who cannot be asked on port 80 is warned, and who cannot be asked at all is refused", () => {
  const forwarded = { plain: { ...plain, listen: ":8080" } };
  expect(told(good, ["a.example"], forwarded)).toEqual([
    expect.stringContaining("warning listeners.web.tls.acme finds no listener"),
  ]);
  const { findings } = judge({
    acme: good,
    listeners: { web: { listen: ":443", mode: "tcp", use: "app", tls: { acme: ["a.example"] } } },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  expect(findings.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
    expect.stringContaining("error needs a listener of mode http"),
  ]);
});

test("a folder that a restart of the machine empties is warned of", () => {
  for (const folder of ["/tmp", "/tmp/acme", "/run/sluice", "/var/run/x", "/dev/shm/", "/var/../tmp/acme"])
    expect(told({ ...good, folder }, ["a.example"])).toEqual([
      expect.stringContaining("warning acme.folder is emptied when the machine restarts"),
    ]);
  for (const folder of ["acme", "/var/lib/sluice/acme", "/tmpfiles", "/var/tmp/acme", "/srv/run"])
    expect(told({ ...good, folder }, ["a.example"])).toEqual([]);
});

test("a name is in one certificate, which several listeners may show", () => {
  const other = { listen: ":8443", use: "app", tls: { acme: [["b.example", "A.example"]] } };
  expect(told(good, [["a.example", "b.example"]], { plain, other })).toEqual([]);
  expect(told(good, ["a.example"], { plain, other })).toEqual([
    expect.stringContaining('error listeners.web.tls.acme[0] is the name "a.example", which stands in another'),
  ]);
});

test("what no authority can be asked for in this way is refused, with the reason", () => {
  expect(told(good, ["*.a.example"])[0]).toContain("DNS-01");
  expect(told(good, ["10.0.0.1"])[0]).toContain("must be a DNS name, not the address");
  expect(told(good, ["a.example."])[0]).toContain("no dot at its end");
  expect(told(good, ["bücher.example"])[0]).toContain('"xn--bcher-kva.example"');
  expect(told(good, ["a b"])[0]).toContain("must be a DNS name such as");
  expect(told(good, [])[0]).toContain("must not be empty");
  expect(told(good, [Array.from({ length: 101 }, (_, index) => `a${index}.example`)])[0]).toContain(
    "at most 100, not 101",
  );
});

test("a directory is a word or an address with https, and what is secret is not repeated", () => {
  for (const directory of ["letsencrypt", "letsencrypt-staging", "https://ca.internal:9000/acme/acme/directory"])
    expect(told({ ...good, directory }, ["a.example"])).toEqual([]);
  for (const directory of ["staging", "http://ca.internal/dir", "https://a:b@ca.internal/dir"])
    expect(told({ ...good, directory }, ["a.example"])).toEqual([
      expect.stringMatching(/^error acme.directory must be/),
    ]);
  const externalAccount = { id: "kid-1", hmacKey: "not a key, but secret" };
  const [message] = told({ ...good, externalAccount }, ["a.example"]);
  expect(message).toMatch(/^error acme.externalAccount.hmacKey must be a text/);
  expect(message).not.toContain("but secret");
});

test("without certificates and without names there is nothing to show", () => {
  const { findings } = judge({
    listeners: { web: { listen: ":443", use: "app", tls: {} } },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  expect(findings.map(({ path, message }) => `${keyText(path)} ${message}`)).toEqual([
    expect.stringContaining("listeners.web.tls needs certificates"),
  ]);
});
