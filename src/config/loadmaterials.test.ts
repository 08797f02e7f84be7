import { afterAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Authority } from "../../test/authority.ts";
import type { ListenerInput, PoolInput } from "./input.ts";
import { judge } from "./judge.ts";
import { loadConfig } from "./load.ts";
import { type FileMaterials, loadMaterials } from "./loadmaterials.ts";
import { keyText, problemLine } from "./problem.ts";
import type { Config } from "./types.ts";

const authority = new Authority();
const folder = mkdtempSync(join(tmpdir(), "sluice-materials-"));
afterAll(() => {
  authority[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});
const [a, b, expired] = [
  authority.issue(["DNS:a.test"]),
  authority.issue(["DNS:b.test"]),
  authority.issue(["DNS:old.test"], -1),
];

/** A folder of its own with these files; a name that ends in / is a folder, a text that begins with @ a link. */
function files(texts: Readonly<Record<string, string>>): string {
  const base = mkdtempSync(join(folder, "case-"));
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    if (text.startsWith("@")) symlinkSync(text.slice(1), join(base, name));
    else writeFileSync(join(base, name), text);
  }
  return base;
}

type Tls = NonNullable<ListenerInput["tls"]>;

function configOf(tls: Partial<Tls>, pool: Partial<PoolInput> = {}): Config {
  const { config, findings } = judge({
    listeners: { web: { listen: "127.0.0.1:0", use: "app", tls: { certificates: ".", ...tls } } },
    pools: { app: { servers: ["127.0.0.1:1"], ...pool } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

async function load(base: string, config: Config, before?: FileMaterials, nowMs = Date.now()) {
  const materials = await loadMaterials(config, base, nowMs, before);
  const found = [...materials.findings, ...materials.validity];
  const said = found.map(({ severity, path, message }) => `${severity}: ${keyText(path)} ${message}`);
  return { materials, said, names: materials.certificatesOf("web").map(({ names }) => names.join(" ")) };
}

test("a folder is read as certbot, Kubernetes and people leave it", async () => {
  const base = files({
    "both.pem": a.cert + a.key,
    "pair.crt": b.cert,
    "pair.key": b.key,
    "live/README": "This directory contains your keys",
    "live/site/fullchain.pem": "@../../archive/f1.pem",
    "live/site/privkey.pem": "@../../archive/k1.pem",
    "live/site/cert.pem": "@../../archive/f1.pem",
    "archive/f1.pem": expired.cert,
    "archive/k1.pem": expired.key,
    "ca.crt": authority.cert,
    "dhparam.pem": "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n",
    "request.csr": "x",
    ".hidden.pem": "x",
  });
  const nowMs = Date.now() - 3 * 86_400_000;
  const early = await load(base, configOf({ certificates: [".", "live"] }), undefined, nowMs);
  expect(early.materials.findings).toEqual([]);
  const { names, said } = await load(base, configOf({ certificates: [".", "live"] }));
  expect(names).toEqual(["a.test", "b.test", "old.test"]);
  expect(said).toEqual([
    expect.stringMatching(
      /^warning: listeners\.web\.tls\.certificates\[1\] has live\/site\/fullchain\.pem, which expired on .*; it is shown all the same/,
    ),
  ]);
});

test("one bad certificate among good ones is left out, with the reason and its place in the list", async () => {
  const base = files({ "good.pem": a.cert + a.key, "wrong.crt": a.cert, "wrong.key": b.key, "nokey.pem": b.cert });
  const { names, said } = await load(
    base,
    configOf({ certificates: ["good.pem", "wrong.crt", "nokey.pem", "gone.pem"] }),
  );
  expect(names).toEqual(["a.test"]);
  expect(said).toEqual([
    "warning: listeners.web.tls.certificates[1] names wrong.crt, which does not match its key: wrong.crt holds the certificate of a.test (ECDSA P-256), and wrong.key holds the key of another certificate (ECDSA P-256); it is left out",
    "warning: listeners.web.tls.certificates[2] names nokey.pem, which holds no private key, and there is none beside it (looked for nokey.key, nokey.pem.key, nokey-key.pem, nokey.key.pem); it is left out",
    "warning: listeners.web.tls.certificates[3] names gone.pem, which does not exist; it is left out",
  ]);
});

test("a certificate that TLS cannot use here is left out, and takes no other with it", async () => {
  const base = files({ "good.pem": a.cert + a.key });
  const subject = ["-subj", "/CN=odd.test", "-keyout", "a224.key", "-out", "a224.crt", "-nodes"];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-224"];
  spawnSync("openssl", ["req", ...kind, ...subject], { cwd: base });
  const { said, names } = await load(base, configOf({}));
  expect(names).toEqual(["a.test"]);
  expect(said).toEqual([
    "warning: listeners.web.tls.certificates has a224.crt, which cannot be used for TLS here: unsupported algorithm; it is left out",
  ]);
});

test("a listener that is left with none is an error, at the config's own line", async () => {
  const base = files({ "empty/.keep": "", "cut.pem": a.cert.slice(0, 100) });
  writeFileSync(
    join(base, "sluice.yaml"),
    'listeners:\n  web:\n    listen: ":0"\n    use: app\n    tls:\n      certificates: [empty, cut.pem]\npools:\n  app: { servers: ["127.0.0.1:1"] }\n',
  );
  const loaded = await loadConfig(join(base, "sluice.yaml"));
  expect(loaded.ok).toBe(false);
  const lines = loaded.ok ? [] : loaded.problems.map((problem) => problemLine(problem).replace(base, ""));
  expect(lines).toEqual([
    "/sluice.yaml:6:22: error: listeners.web.tls.certificates[0] names empty, which holds no certificate (files that end in .pem, .crt or .cer)",
    "/sluice.yaml:6:29: error: listeners.web.tls.certificates[1] names cut.pem, which is cut off: a BEGIN line has no END line",
  ]);
});

test("a folder of keys and authorities alone is an error too", async () => {
  const base = files({ "ca.pem": authority.cert, "a.pem": a.key });
  expect((await load(base, configOf({}))).said).toEqual([
    "error: listeners.web.tls.certificates names no certificate that has a key",
  ]);
  writeFileSync(join(base, "site.pem"), b.cert + b.key);
  const { materials } = await load(base, configOf({}));
  unlinkSync(join(base, "site.pem"));
  const { said, names } = await load(base, configOf({}), materials);
  expect(names).toEqual(["b.test"]);
  expect(said).toEqual([
    "warning: listeners.web.tls.certificates names no certificate that has a key; what was read before stays in use",
  ]);
});

test("a config that names another file, which is not there, is an error whatever was in use before", async () => {
  const base = files({ "a.pem": a.cert + a.key });
  const { materials } = await load(base, configOf({ certificates: "a.pem" }));
  expect((await load(base, configOf({ certificates: "typo.pem" }), materials)).said).toEqual([
    "error: listeners.web.tls.certificates names typo.pem, which does not exist",
  ]);
});

test("paths start at the config's folder, the access log's too", async () => {
  const base = files({ "certs/a.pem": a.cert + a.key });
  const config = {
    accessLog: { path: "logs/access.log" },
    listeners: { web: { listen: ":0", use: "app", tls: { certificates: "certs/a.pem" } } },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  };
  writeFileSync(join(base, "sluice.json"), JSON.stringify(config));
  const loaded = await loadConfig(join(base, "sluice.json"));
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join("\n"));
  expect(loaded.folder).toBe(base);
  expect(loaded.config.accessLog?.path).toBe(join(base, "logs/access.log"));
  expect(loaded.materials.certificatesOf("web").map(({ file }) => file)).toEqual([join(base, "certs/a.pem")]);
});

test("the default one goes first; one that cannot be used is stood in for, and a typing error is told", async () => {
  const base = files({ "a.pem": a.cert + a.key, "b.pem": b.cert + b.key, "bad.pem": "x" });
  const of = async (wanted: string) => load(base, configOf({ certificates: ".", default: wanted }));
  expect((await of("b.test")).names).toEqual(["b.test", "a.test"]);
  expect((await of("b.pem")).names).toEqual(["b.test", "a.test"]);
  expect((await of("bad.pem")).said).toContain(
    "warning: listeners.web.tls.default names bad.pem, which cannot be used; a.pem stands in for it",
  );
  expect((await of("c.test")).said).toContain(
    "error: listeners.web.tls.default names c.test, which is neither the file of a certificate of this listener nor a name that one is for",
  );
});

test("a certificate with its key named beside it, and what is shown to servers", async () => {
  const base = files({ "a.crt": a.cert, "secret/k": a.key, "b.crt": b.cert, "b.key": b.key, "ca.pem": authority.cert });
  const tls = { certificates: [{ certificate: "a.crt", key: "secret/k" }], clientCertificate: { ca: "ca.pem" } };
  const own = { ca: "ca.pem", certificate: "b.crt", key: "b.key" };
  const { materials, said, names } = await load(base, configOf(tls, { tls: own }));
  expect(said).toEqual([]);
  expect(names).toEqual(["a.test"]);
  expect(materials.authorities("ca.pem")?.text).toBe(authority.cert);
  expect(materials.own("b.crt", "b.key")?.key.text).toBe(b.key);
  expect(materials.own("b.crt", "other")).toBeUndefined();
});

test("authorities and certificates for servers that cannot be used are errors, told once", async () => {
  const base = files({ "a.pem": a.cert + a.key, "b.key": b.key });
  const tls = { certificates: "a.pem", clientCertificate: { ca: "none.pem" } };
  const own = { ca: "b.key", certificate: "a.pem", key: "b.key" };
  const { said } = await load(base, configOf(tls, { servers: ["127.0.0.1:1", "127.0.0.1:2"], tls: own }));
  expect(said).toEqual([
    "error: listeners.web.tls.clientCertificate.ca names none.pem, which does not exist",
    "error: pools.app.tls.ca names b.key, which holds no certificate of an authority",
    "error: pools.app.tls.certificate names a.pem, which does not match its key: a.pem holds the certificate of a.test (ECDSA P-256), and b.key holds the key of another certificate (ECDSA P-256)",
  ]);
});

test("read again, what has become bad stays as it was, and what is gone from a folder goes", async () => {
  const base = files({ "certs/a.pem": a.cert + a.key, "certs/b.pem": b.cert + b.key, "ca.pem": authority.cert });
  const config = configOf({ certificates: "certs", clientCertificate: { mode: "required", ca: "ca.pem" } });
  const before = (await load(base, config)).materials;
  writeFileSync(join(base, "certs/a.pem"), "");
  unlinkSync(join(base, "ca.pem"));
  const bad = await load(base, config, before);
  expect(bad.names).toEqual(["a.test", "b.test"]);
  expect(bad.said).toEqual([
    "warning: listeners.web.tls.certificates has certs/a.pem, which is empty; what was read before stays in use",
    "warning: listeners.web.tls.clientCertificate.ca names ca.pem, which does not exist; what was read before stays in use",
  ]);
  unlinkSync(join(base, "certs/b.pem"));
  expect((await load(base, config, bad.materials)).names).toEqual(["a.test"]);
  rmSync(join(base, "certs"), { recursive: true });
  const gone = await load(base, config, bad.materials);
  expect(gone.names).toEqual(["a.test", "b.test"]);
  expect(gone.said[0]).toContain("names certs, which does not exist; what was read before stays in use");
});

test("a certificate that has expired does not replace one that is valid", async () => {
  const fresh = authority.issue(["DNS:old.test"]);
  const base = files({ "old.pem": fresh.cert + fresh.key });
  const config = configOf({ certificates: "old.pem" });
  const before = (await load(base, config)).materials;
  writeFileSync(join(base, "old.pem"), expired.cert + expired.key);
  const { materials, said } = await load(base, config, before);
  expect(materials.certificatesOf("web")[0]!.chain.text).toBe(fresh.cert);
  expect(said[0]).toMatch(/names old\.pem, which expired on .* ago; what was read before stays in use$/);
});

test("files that stay as they are are parsed once, however often they are named and looked at", async () => {
  const base = files({ "a.pem": a.cert + a.key });
  const config = configOf({ certificates: ["a.pem", "./a.pem", "."] });
  const first = (await load(base, config)).materials;
  expect(first.certificatesOf("web")).toHaveLength(1);
  expect(first.memory.size).toBe(1);
  const second = (await load(base, config, first)).materials;
  expect(second.certificatesOf("web")[0]).toBe(first.certificatesOf("web")[0]!);
});

test.skipIf(process.getuid?.() === 0)("a file that may not be read says so", async () => {
  const base = files({ "a.pem": a.cert + a.key });
  chmodSync(join(base, "a.pem"), 0);
  expect((await load(base, configOf({ certificates: "a.pem" }))).said[0]).toMatch(
    /may not be read by this user \(uid \d+\)$/,
  );
});

test("what is no plain file is never opened", async () => {
  const base = files({});
  Bun.spawnSync(["mkfifo", join(base, "pipe.pem")]);
  const { said } = await load(base, configOf({ certificates: "pipe.pem" }));
  expect(said).toEqual(["error: listeners.web.tls.certificates names pipe.pem, which is not a plain file"]);
});
