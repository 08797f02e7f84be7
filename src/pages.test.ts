import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canLend, filePages, hasSmallPages, lendingPages } from "./pages.ts";

const isLinux = process.platform === "linux";
const shared = isLinux ? "/dev/shm" : tmpdir();

/** A file of zeros, and itself mapped, while `use` runs. */
function withFile(use: (bytes: Uint8Array, file: { path: string; inode: number }) => void): void {
  const folder = mkdtempSync(join(shared, "sluice-pages-"));
  try {
    const path = join(folder, "file");
    const file = openSync(path, "w");
    ftruncateSync(file, 2 ** 20);
    closeSync(file);
    use(Bun.mmap(path, { shared: true }), { path, inode: statSync(path).ino });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const mounts = [
  "22 1 0:21 / / rw,relatime - ext4 /dev/vda rw",
  "30 22 0:25 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw,size=8192k",
  "31 22 0:26 / /mnt/huge rw - tmpfs tmpfs rw,size=8192k,huge=within_size",
  "32 22 0:27 / /mnt/never rw - tmpfs tmpfs rw,huge=never,size=8192k",
  "33 22 0:28 / /mnt/a\\040b rw - tmpfs tmpfs rw",
  "34 22 0:29 / /mnt/twice rw - tmpfs tmpfs rw",
  "35 22 0:30 / /mnt/twice rw - ext4 /dev/vdb rw",
  "",
].join("\n");

test.each([
  { folder: "/dev/shm", isSmall: true },
  { folder: "/dev/shm/sluice/caches", isSmall: true },
  { folder: "/dev/shmother", isSmall: false },
  { folder: "/tmp", isSmall: false },
  { folder: "/mnt/huge/caches", isSmall: false },
  { folder: "/mnt/never/caches", isSmall: true },
  { folder: "/mnt/a b/caches", isSmall: true },
  { folder: "/mnt/twice", isSmall: false },
])("only tmpfs without huge pages has pages that can be lent: $folder is $isSmall", ({ folder, isSmall }) => {
  expect(hasSmallPages(mounts, folder)).toBe(isSmall);
});

test("what nothing is known of lends nothing", () => {
  expect(hasSmallPages("", "/dev/shm")).toBe(false);
});

test.if(isLinux)("pages that are taken out of a file are zeros there, and others stay as they are", () => {
  withFile((bytes, file) => {
    bytes.fill(7, 0, 5 * 4096);
    expect(filePages(bytes, file)!.detach(4096, 2 * 4096)).toBe(true);
    expect([0, 4095, 4096, 3 * 4096 - 1, 3 * 4096].map((at) => bytes[at])).toEqual([7, 7, 0, 0, 7]);
    expect(filePages(bytes, file)!.descriptor).toBe(-1);
    bytes.fill(8, 4096, 4097);
    expect(bytes[4096]).toBe(8);
  });
});

test.if(isLinux)("what cannot be taken out is said, and stays", () => {
  withFile((bytes, file) => {
    bytes.fill(7, 0, 4096);
    expect(filePages(bytes, file)!.detach(1, 4096)).toBe(false);
    expect(bytes[1]).toBe(7);
  });
});

test.if(isLinux)("a file is lent where a trial has shown that it can be, and the trial leaves nothing", () => {
  withFile((bytes, file) => {
    const folder = join(file.path, "..");
    const pages = lendingPages(bytes, file)!;
    expect(pages.descriptor >= 0).toBe(canLend(folder));
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

test.if(isLinux && canLend(realpathSync(shared)))("a name that has become another file's is not lent", () => {
  withFile((bytes, { path, inode }) => {
    expect(lendingPages(bytes, { path, inode: inode + 1 })!.descriptor).toBe(-1);
    expect(lendingPages(bytes, { path, inode })!.descriptor).toBeGreaterThan(2);
  });
});

test("nothing is lent from a folder that is not there", () => {
  expect(canLend(join(tmpdir(), "sluice-nowhere"))).toBe(false);
});
