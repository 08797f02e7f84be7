import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, linkSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CachePlan } from "../config/plan.ts";
import type { CacheKey } from "../memory/cache.ts";
import type { StorePages } from "../memory/cachestore/pages.ts";
import { body, found, put } from "../memory/cachestore/sample.fixture.ts";
import { CacheStore } from "../memory/cachestore.ts";
import type { Owner } from "../memory/owners.ts";
import { Caches, type LentPages } from "./caches.ts";
import { openLog } from "./log.ts";
import { Space } from "./space.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-caches-"));
let next = 0;
let folder = "";
beforeEach(() => {
  folder = join(root, String(next++));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const pages: CachePlan = {
  name: "pages",
  bytesMax: 2 ** 21,
  objectBytesMax: 2 ** 16,
  policy: "tinylfu",
  isShared: true,
  redis: null,
};

/** Processes by their ids; 1 is control. */
const living = new Set([1]);
const ownerOf = (id: number): Owner => ({
  id,
  startedAt: 7,
  isAlive: (other) => living.has(other),
  relax: () => {},
});

function stage(options: { boot?: string; isFresh?: boolean; pages?: LentPages } = {}) {
  const lines: string[] = [];
  const log = openLog({ level: "debug", format: "json", isColored: false, write: (line) => lines.push(line) });
  const caches = new Caches({
    folder,
    owner: ownerOf(1),
    machine: { boot: options.boot ?? "boot", uptimeS: () => 1000 },
    isFresh: options.isFresh ?? false,
    pages: options.pages,
    reserving: options.pages?.reserving,
    log,
  });
  const said = (): string[] => lines.splice(0).map((line) => (JSON.parse(line) as { msg: string }).msg);
  const adopt = (...plans: CachePlan[]): Readonly<Record<string, string>> => {
    const prepared = caches.prepare(plans);
    prepared.keep();
    return prepared.files;
  };
  return { caches, log, said, adopt };
}

test("where nothing can be lent of files that is said once, and where it can be what is purged is taken out of the file", () => {
  const detached: number[] = [];
  const of = (): StorePages => ({
    descriptor: -1,
    detach: (_, bytes) => detached.push(bytes) > 0,
    reserve: () => true,
  });
  const copying = stage({ pages: { of, canLend: () => false, canReserve: true } });
  expect(copying.said().filter((line) => line.includes("copied"))).toEqual([
    `long bodies are copied out of caches: pages of files in ${folder} cannot be given to sockets`,
  ]);
  const { caches, said, adopt } = stage({ pages: { of, canLend: () => true, canReserve: true } });
  expect(said()).toEqual([]);
  const { pages: path = "" } = adopt(pages);
  const lending = new CacheStore(Bun.mmap(path, { shared: true }), "pages", ownerOf(2), {
    descriptor: 3,
    detach: () => true,
    reserve: () => true,
  });
  put(lending, keyOf("/a"), body(60_000), { bodyBytes: 60_000 });
  const entry = found(lending, keyOf("/a"));
  expect([entry.run(0), entry.lend()]).toEqual([true, 3]);
  entry.release();
  caches.find("pages")!.store.purge(keyOf("/a"), false);
  expect(detached).toEqual([60 * 1024]);
});

/** As a worker opens it. */
function mapped(path: string, id: number): CacheStore {
  living.add(id);
  return new CacheStore(Bun.mmap(path, { shared: true }), "pages", ownerOf(id));
}

function keyOf(text: string): CacheKey {
  const bytes = new TextEncoder().encode(text);
  return { bytes, firstEnd: bytes.length, end: bytes.length };
}

const facts = {
  ...{ status: 200, flags: 0, bornMs: 0, storedMs: 0, freshForMs: 60_000, staleWhileRevalidateMs: 0 },
  ...{ staleIfErrorMs: 0, lastModifiedMs: 0, etagStart: 0, etagEnd: 0, reason: 0, bodyBytes: 2 },
};
const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
const none = new Uint8Array(0);

function store(cache: CacheStore, text: string): void {
  const draft = cache.lease(keyOf(text), 1000, 1000)!;
  draft.begin(facts, head, 0, head.length, none);
  draft.append(head, 0, 2);
  draft.finish();
}

function has(cache: CacheStore, text: string): boolean {
  const entry = cache.find(keyOf(text), 1000);
  entry?.release();
  return entry !== null;
}

describe("files", () => {
  test("a cache is there for workers before the plan is in force, and one for all of them", () => {
    const { caches } = stage();
    const prepared = caches.prepare([pages, { ...pages, name: "own", isShared: false }]);
    expect(Object.keys(prepared.files)).toEqual(["pages"]);
    const [one, other] = [2, 3].map((id) => mapped(prepared.files["pages"]!, id));
    prepared.keep();
    store(one!, "/a");
    expect(has(other!, "/a")).toBe(true);
    expect(has(caches.find("pages")!.store, "/a")).toBe(true);
    expect(caches.figures()).toMatchObject([{ name: "pages", entries: 1 }]);
  });

  test("a plan that is refused leaves what is stored, and no file of its own", () => {
    const { caches, adopt } = stage();
    adopt(pages);
    store(caches.find("pages")!.store, "/a");
    const prepared = caches.prepare([
      { ...pages, bytesMax: 2 ** 22 },
      { ...pages, name: "things" },
    ]);
    const made = Object.values(prepared.files);
    expect(made.every(existsSync)).toBe(true);
    prepared.undo();
    expect(made.some(existsSync)).toBe(false);
    expect(has(caches.find("pages")!.store, "/a")).toBe(true);
  });

  test("another size or policy makes another cache, which starts empty, and says so", () => {
    const { caches, adopt, said } = stage();
    adopt(pages);
    store(caches.find("pages")!.store, "/a");
    adopt({ ...pages, policy: "lru" });
    expect(has(caches.find("pages")!.store, "/a")).toBe(false);
    expect(said()).toEqual(["cache pages: it has another size or policy now, and starts empty"]);
    expect(readdirSync(folder).filter((entry) => entry.startsWith("pages"))).toHaveLength(1);
    adopt();
    expect(said()).toEqual(["cache pages: removed, for the config does not name it any more"]);
    caches.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("the former file gives its memory back as soon as its plan is past, and not when the next one is refused", () => {
  let detachedBytes = 0;
  const of = (): StorePages => ({
    descriptor: -1,
    detach: (_, bytes) => (detachedBytes += bytes) > 0,
    reserve: () => true,
  });
  const { caches, adopt } = stage({ pages: { of, canLend: () => true, canReserve: false } });
  adopt(pages);
  const { store: former } = caches.find("pages")!;
  put(former, keyOf("/a"), body(60_000), { bodyBytes: 60_000 });
  caches.prepare([{ ...pages, policy: "lru" }]).undo();
  expect(has(former, "/a")).toBe(true);
  detachedBytes = 0;
  const prepared = caches.prepare([{ ...pages, policy: "lru" }]);
  expect([has(former, "/a"), detachedBytes]).toEqual([true, 0]);
  prepared.keep();
  expect(detachedBytes).toBeGreaterThan(pages.bytesMax / 2);
});

describe("the next run", () => {
  function run(): void {
    const { caches, adopt } = stage();
    store(mapped(adopt(pages)["pages"]!, 2), "/a");
    caches.close();
  }

  test("finds what is stored, whether or not the run before ended well", () => {
    run();
    const { caches, said, adopt } = stage();
    adopt(pages);
    expect(said()).toEqual(["cache pages: 1 response found from the run before"]);
    expect(has(caches.find("pages")!.store, "/a")).toBe(true);
    const after = stage();
    after.adopt(pages);
    expect(has(after.caches.find("pages")!.store, "/a")).toBe(true);
  });

  test.each([
    ["after another start of the machine", { boot: "another" }, "they are from before this machine was started"],
    ["when asked for a fresh start", { isFresh: true }, "a fresh start was asked for"],
  ])("drops it %s", (_, options, reason) => {
    run();
    const { caches, said, adopt } = stage(options);
    adopt(pages);
    expect(said()).toEqual([`cache pages: what it stored is dropped: ${reason}`]);
    expect(has(caches.find("pages")!.store, "/a")).toBe(false);
  });

  test("does not read beyond the end of a file that was cut", () => {
    run();
    for (const entry of readdirSync(folder)) if (entry.startsWith("pages")) truncateSync(join(folder, entry), 100);
    const { caches, said, adopt } = stage();
    adopt(pages);
    expect(said()).toEqual([
      "cache pages: dropped, for its file is damaged or of another version of Sluice; it starts empty",
    ]);
    expect(has(caches.find("pages")!.store, "/a")).toBe(false);
  });
});

test("a fetch of a dead worker is under way no more", () => {
  const { caches, adopt } = stage();
  const worker = mapped(adopt(pages)["pages"]!, 4);
  worker.lease(keyOf("/a"), 1000, 1_000_000);
  const { store: cache } = caches.find("pages")!;
  caches.recover();
  expect(cache.figures().fetching).toBe(1);
  living.delete(4);
  caches.recover();
  expect(cache.figures().fetching).toBe(0);
});

test("what the run before has left is dropped where there is no memory for it", () => {
  const of = (): StorePages => ({ descriptor: -1, detach: () => true, reserve: () => true });
  const pagesOf = (hasRoom: boolean): LentPages => ({
    ...{ of, canLend: () => true, canReserve: true },
    reserving: () => () => hasRoom,
  });
  stage({ pages: pagesOf(true) }).adopt(pages);
  const kept = stage({ pages: pagesOf(true) });
  kept.adopt(pages);
  expect(kept.said()).toEqual(["cache pages: 0 responses found from the run before"]);
  const { said, adopt } = stage({ pages: pagesOf(false) });
  adopt(pages);
  expect(said()).toEqual([`cache pages: dropped, for there is no room in ${folder} for what it had; it starts empty`]);
});

test("a cache that gets no more memory says so once, until it does", () => {
  let hasRoom = true;
  const of = (): StorePages => ({ descriptor: -1, detach: () => true, reserve: () => hasRoom });
  const { caches, said, adopt } = stage({ pages: { of, canLend: () => true, canReserve: true } });
  const { pages: path = "" } = adopt(pages);
  const worker = new CacheStore(Bun.mmap(path, { shared: true }), "pages", ownerOf(4), of());
  put(worker, keyOf("/a"), body(900));
  hasRoom = false;
  for (let index = 0; index < 200; index++) put(worker, keyOf(`/${index}`), body(9000));
  caches.look();
  caches.look();
  expect(said()).toEqual([
    expect.stringMatching(
      /^cache pages: there is no more memory for it in .*, it goes on with 1\.0 MiB of \d\.\d MiB: /,
    ),
  ]);
});

test("a cache that a limit of memory keeps from growing says so, and one without a written size is made to fit it", () => {
  const limitBytes = (): number => 200 * 2 ** 20;
  const of = (): StorePages => ({ descriptor: -1, detach: () => true, reserve: () => true, mayGrow: () => false });
  const { caches, said, adopt } = stage({ pages: { of, canLend: () => true, canReserve: true, limitBytes } });
  const { pages: path = "" } = adopt(pages);
  const worker = new CacheStore(Bun.mmap(path, { shared: true }), "pages", ownerOf(4), of());
  put(worker, keyOf("/a"), body(900));
  caches.look();
  expect(said()).toEqual([
    expect.stringMatching(
      /^cache pages: there is no more memory for it within the memory limit of 200\.0 MiB, it goes on with 0\.0 MiB of \d\.\d MiB: raise that limit /,
    ),
  ]);
  const fits = { bytesMax: 2 ** 25, objectBytesMax: 2 ** 20, hasObjectSize: false };
  caches.prepare([{ ...pages, name: "free", bytesMax: 2 ** 25, fits }], 20 * 2 ** 20).keep();
  expect(said()).toContain(
    "cache free: it has 10.0 MiB and not 32.0 MiB, for half of what the memory limit of 200.0 MiB leaves beside processes and tables is no more; write its size, or raise that limit (docker run --memory, MemoryMax)",
  );
});

test("too little memory for caches is told before it is wanted", () => {
  const of = (): StorePages => ({ descriptor: -1, detach: () => true, reserve: () => true });
  const { caches, log, said, adopt } = stage({ pages: { of, canLend: () => true, canReserve: true } });
  adopt(pages);
  new Space({ folder, users: [caches], log, freeBytes: () => 0 }).check();
  expect(said()).toEqual([
    expect.stringMatching(/^caches may need \d\.\d MiB more memory and .* --shm-size.* stays as large as it is$/),
  ]);
});

test("somebody else's tidying up ends nobody: what is in use goes on, and the next plan has its files", () => {
  const { caches, adopt } = stage();
  adopt(pages);
  store(caches.find("pages")!.store, "/a");
  rmSync(folder, { recursive: true });
  caches.mark();
  expect(has(caches.find("pages")!.store, "/a")).toBe(true);
  rmSync(folder, { recursive: true });
  expect(existsSync(adopt({ ...pages, policy: "lfu" })["pages"]!)).toBe(true);
  rmSync(folder, { recursive: true });
  caches.close();
});

test("what the run before has left of a cache of another size gives its memory back at once, unless somebody still has it open", () => {
  for (const isOpen of [false, true]) {
    folder = join(root, String(next++));
    const former = stage();
    const { pages: path = "" } = former.adopt(pages);
    const same = `${path}.same`;
    linkSync(path, same);
    if (isOpen) {
      living.add(2);
      mapped(path, 2);
    }
    former.caches.close();
    const { caches, said } = stage();
    // Nothing is kept yet: the start may still fail for want of memory.
    const prepared = caches.prepare([{ ...pages, bytesMax: 2 ** 22 }]);
    expect([isOpen, existsSync(path), statSync(same).size > 0]).toEqual([isOpen, false, isOpen]);
    prepared.keep();
    expect(said()).toContain("cache pages: it has another size or policy now, and starts empty");
    living.delete(2);
  }
});
