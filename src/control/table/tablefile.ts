// The file of one table on tmpfs: where it lies, how it is made, and how one of another shape is found to be taken over from. It
// knows files and that a table is bytes; what stands in them is memory/'s. A file is named by its table and the shape of it, so
// that a plan and its files belong together whatever happens in between: a file is complete from the moment it has its name,
// workers map it by that name, and one of another shape is another file.
//
//   tables/marked.0f3a6c1e9b2d4857           of the plan in force
//   tables/marked.0f3a6c1e9b2d4857.draft     being made

import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { TablePlan } from "../../config/plan.ts";
import { formatTable, isTableOf, planOf, shapeOf, tableBytes } from "../../memory/sticktable/layout.ts";

export interface TableFile {
  readonly name: string;
  readonly path: string;
}

export function pathOf(folder: string, plan: TablePlan): string {
  return join(folder, `${encodeURIComponent(plan.name)}.${shapeOf(plan)}`);
}

/** Every file of a table that lies there. */
export function filesIn(folder: string): TableFile[] {
  return readdirSync(folder).flatMap((entry) => {
    const name = nameOf(/^(.+)\.[0-9a-f]{16}$/.exec(entry)?.[1] ?? "");
    return name === "" ? [] : [{ name, path: join(folder, entry) }];
  });
}

/** "" for what no table can be called. */
function nameOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return "";
  }
}

/** What a crash has left half made. Before the first file is made. */
export function removeDrafts(folder: string): void {
  for (const entry of readdirSync(folder))
    if (entry.endsWith(".draft")) rmSync(join(folder, entry), { recursive: true, force: true });
}

/** Null when there is none, or it is no table of this plan: then it is removed. */
export function mapTable(path: string, plan: TablePlan): Uint8Array | null {
  if (!existsSync(path)) return null;
  // What lies beyond the end of a file cannot be touched: a file that was cut short is no table.
  const stat = statSync(path);
  if (stat.isFile() && stat.size >= tableBytes(plan)) {
    const bytes = Bun.mmap(path, { shared: true });
    if (isTableOf(bytes, plan)) return bytes;
  }
  rmSync(path, { recursive: true });
  return null;
}

/** A table of whatever plan, with that plan; null when it is of another layout, or none. */
export function mapAny(path: string): { plan: TablePlan; bytes: Uint8Array } | null {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size === 0) return null;
  const bytes = Bun.mmap(path, { shared: true });
  const plan = planOf(bytes);
  return plan === null ? null : { plan, bytes };
}

/** A new table, filled by `fill` before it has its name. */
export function makeTable(path: string, plan: TablePlan, fill: (bytes: Uint8Array) => void): Uint8Array {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const file = openSync(draft, "wx+", 0o600);
  ftruncateSync(file, tableBytes(plan));
  closeSync(file);
  const bytes = Bun.mmap(draft, { shared: true });
  // Of chance, so that nobody outside can choose keys that meet in one bucket.
  formatTable(bytes, plan, crypto.getRandomValues(new Int32Array(1))[0]!);
  fill(bytes);
  renameSync(draft, path);
  return bytes;
}

/** Memory that a file takes: pages that nobody has touched take none. */
export function bytesTaken(path: string): number {
  try {
    return statSync(path).blocks * blockBytes;
  } catch {
    return 0;
  }
}

/** Of the file system that holds the folder. */
export function bytesFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** The unit of st_blocks, whatever the file system's own. */
const blockBytes = 512;
