import { afterAll, afterEach, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "../../../test/authority.ts";
import { AcmeStore, emptyTrial } from "./store.ts";

const issuer = new Authority("Test CA");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(() => issuer[Symbol.dispose]());

const directory = "https://ca.test:9000/dir";

function stage() {
  const folder = join(mkdtempSync(join(tmpdir(), "sluice-acme-")), "acme");
  folders.push(join(folder, ".."));
  const told: string[] = [];
  const open = (of = directory): AcmeStore => new AcmeStore(folder, of, (problem) => told.push(problem));
  return { folder, told, open };
}

test("what is kept is there for the next run, in files that are the user's alone", () => {
  const { folder, told, open } = stage();
  const store = open();
  expect([store.account(), store.trial(["a"])]).toEqual([null, emptyTrial(["a"])]);
  const account = { key: "k", url: "https://ca.test/1", email: null };
  store.keepAccount(account);
  const trial = {
    ...emptyTrial(["b", "a"]),
    order: { url: null, key: "secret" },
    failures: 2,
    failedAtMs: [1],
    error: "no",
    errorAtMs: 3,
  };
  store.keepTrial(trial);
  const { cert, key } = issuer.issue(["DNS:a.test"]);
  const certificate = store.judge(["a.test"], cert, key);
  store.keepCertificate(["a.test"], certificate);
  const next = open();
  expect(next.account()).toEqual(account);
  expect(next.trial(["a", "b"])).toEqual({ ...trial, names: ["a", "b"] });
  expect(next.certificates()).toEqual([certificate]);
  expect(certificate).toMatchObject({ source: "acme", file: next.pathOf(["a.test"]) });
  for (const each of readdirSync(folder, { recursive: true })) {
    const stats = statSync(join(folder, String(each)));
    expect(stats.mode & 0o777).toBe(stats.isDirectory() ? 0o700 : 0o600);
  }
  expect(told).toEqual([]);
});

test("each authority has a folder of its own, and certificates of all are found", () => {
  const { open } = stage();
  const { cert, key } = issuer.issue(["DNS:a.test"]);
  const [one, other] = [open(), open("https://other.test/dir")];
  one.keepCertificate(["a.test"], one.judge(["a.test"], cert, key));
  one.keepAccount({ key: "k", url: null, email: null });
  expect(other.account()).toBeNull();
  expect(other.certificates().map(({ file }) => file)).toEqual([one.pathOf(["a.test"])]);
  expect(other.pathOf(["a.test"])).not.toBe(one.pathOf(["a.test"]));
});

test("what was not asked for is not kept", () => {
  const { open } = stage();
  const store = open();
  const { cert, key } = issuer.issue(["DNS:a.test"]);
  const other = issuer.issue(["DNS:b.test"]);
  expect(() => store.judge(["a.test", "b.test"], cert, key)).toThrow("is not for b.test");
  expect(() => store.judge(["a.test"], cert, other.key)).toThrow("what the authority gave");
  expect(() => store.judge(["a.test"], "<html>", key)).toThrow("what the authority gave");
});

test("half a file of a run that was killed is no file, and what is damaged is put aside and told", () => {
  const { told, open } = stage();
  const store = open();
  store.keepAccount({ key: "k", url: null, email: null });
  const path = store.pathOf(["a.test"]);
  const own = join(path, "..", "..");
  writeFileSync(join(own, "account.json.new"), "{");
  writeFileSync(path, "-----BEGIN");
  writeFileSync(join(own, "orders", "x.json.new"), "{");
  const next = open();
  expect(readdirSync(join(own, "orders"))).toEqual([]);
  expect(next.account()?.key).toBe("k");
  expect(next.certificates()).toEqual([]);
  expect(told).toEqual([expect.stringContaining("it is passed over")]);
  for (const text of ["{", "[]", '{"key":1}']) {
    writeFileSync(join(own, "account.json"), text);
    expect(open().account()).toBeNull();
  }
  expect(readdirSync(own)).toContain("account.json.damaged");
  writeFileSync(join(own, "account.json"), "");
});

test("a record with nonsense in it is one without", () => {
  const { open } = stage();
  const store = open();
  store.keepTrial({
    ...emptyTrial(["a"]),
    failures: -1,
    failedAtMs: ["x"] as never,
    issuedAtMs: "often" as never,
    nextAtMs: "soon" as never,
    order: { url: 5 } as never,
  });
  expect(store.trial(["a"])).toEqual({ ...emptyTrial(["a"]), failedAtMs: [0] });
});

test("a disk without room for all of a file leaves the former one whole", () => {
  const { folder, open } = stage();
  const store = open();
  store.keepAccount({ key: "good", url: null, email: null });
  // No file of that process may have more than one block: of what is written beyond it the system takes a part.
  const program = `
    const { AcmeStore } = await import(process.argv[1]);
    const store = new AcmeStore(process.argv[2], process.argv[3], () => {});
    process.on("SIGXFSZ", () => {});
    let message = "kept";
    try { store.keepAccount({ key: "K".repeat(30_000), url: null, email: null }); } catch (error) { message = error.code; }
    console.log(message);`;
  const { stdout, stderr } = Bun.spawnSync([
    ...["bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@"', "bash", process.execPath, "-e", program],
    ...[join(import.meta.dir, "store.ts"), folder, directory],
  ]);
  expect([stderr.toString(), stdout.toString().trim()]).toEqual(["", "EFBIG"]);
  expect(open().account()?.key).toBe("good");
  expect(readdirSync(join(store.pathOf(["a"]), "..", "..")).sort()).toEqual(["account.json", "certificates", "orders"]);
});

test("what others may have put there is not taken for ours, and holds up nothing", () => {
  const { folder, told, open } = stage();
  const { cert, key } = issuer.issue(["DNS:a.test"]);
  const one = open("https://one.test/dir");
  one.keepCertificate(["a.test"], one.judge(["a.test"], cert, key));
  const path = one.pathOf(["a.test"]);
  const own = join(path, "..", "..");
  const found = (): string[] =>
    open()
      .certificates()
      .map(({ file }) => file);
  expect(found()).toEqual([path]);
  // A name that no authority's folder has.
  cpSync(own, join(folder, "letters"), { recursive: true });
  // Others may write to it, or to the folder around it.
  for (const inner of ["", "certificates"]) {
    const open777 = join(folder, `x${inner}-00000000`);
    cpSync(own, open777, { recursive: true });
    chmodSync(join(open777, inner), 0o777);
  }
  expect(found()).toEqual([path]);
  expect(told.filter((each) => each.includes("others may write to it"))).toHaveLength(2);
  // No regular files: a pipe that nobody writes to, and a way to elsewhere.
  const pem = join(folder, "elsewhere.pem");
  renameSync(path, pem);
  symlinkSync(pem, path);
  expect(Bun.spawnSync(["mkfifo", path.replace("a.test", "b.test")]).exitCode).toBe(0);
  told.length = 0;
  expect(found()).toEqual([]);
  expect(told.filter((each) => each.includes("cannot be read"))).toHaveLength(2);
  expect(readFileSync(pem, "utf8")).toContain("BEGIN CERTIFICATE");
});

test("what was tried for certificates that nobody wants any more is found, too", () => {
  const { open } = stage();
  const store = open();
  const trial = { ...emptyTrial(["a", "b"]), failedAtMs: [5] };
  store.keepTrial(trial);
  writeFileSync(join(store.pathOf(["a"]), "..", "..", "orders", "x.json"), '{"names":5}');
  expect(open().trials()).toEqual([trial]);
});
