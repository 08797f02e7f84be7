// One list, from what the config says it is made of to the file that workers map. It knows how values are read and where the bytes
// go, nothing of when. Long lists are made in slices.

import { rmSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { faultOf } from "../config/loadfiles.ts";
import type { ListSource } from "../config/loadreplies.ts";
import { ListDraft } from "../memory/listdraft.ts";
import { ListFile } from "../memory/listfile.ts";
import { addValue, readListText } from "../memory/listtext.ts";
import { readAddress } from "../wire/ipaddress.ts";
import { inSlices } from "./slices.ts";

/** Of an operator's file; ten times what a million addresses take. */
const fileBytesMax = 256 << 20;

/** How many entries there are in it; or what is wrong, in lines for the operator, and nothing is left at `path`. */
export async function makeList({ kind, values, file }: ListSource, path: string): Promise<number | string> {
  const draft = new ListDraft(kind);
  const problem = file === null ? fill(draft, values ?? []) : await read(draft, file);
  if (problem !== null) return problem;
  return writeList(draft, path);
}

/** The same for values that are in a draft already. */
export async function writeList(draft: ListDraft, path: string): Promise<number | string> {
  const bytes = await inSlices(draft.finish());
  try {
    await writeFile(path, bytes, { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    return `its file in the state folder cannot be written: ${(error as Error).message}`;
  }
  return new ListFile(bytes).size;
}

/** The config's own values were judged with it: what is wrong with one here is told all the same. */
function fill(draft: ListDraft, values: readonly string[]): string | null {
  for (const value of values) {
    const problem = addValue(value, draft, readAddress);
    if (problem !== null) return problem;
  }
  return null;
}

async function read(draft: ListDraft, file: string): Promise<string | null> {
  const fault = faultOf(file);
  if (fault !== null) return `${file} ${fault}`;
  let text: Uint8Array;
  try {
    if (statSync(file).size > fileBytesMax) return `${file} has more than ${fileBytesMax >> 20} MiB`;
    text = await readFile(file);
  } catch (error) {
    return `${file} cannot be read: ${(error as Error).message}`;
  }
  const { problems, problemCount } = await inSlices(readListText(text, draft, readAddress));
  if (problemCount === 0) return null;
  const lines = problems.map(({ line, message }) => `${basename(file)}:${line}: ${message}`);
  if (problemCount > problems.length) lines.push(`and ${problemCount - problems.length} more`);
  return [`${file} has ${problemCount === 1 ? "a bad line" : `${problemCount} bad lines`}:`, ...lines].join("\n");
}
