// One list, from what the config says it is made of to the file that workers map. It knows how values are read and where the bytes
// go, nothing of when. Long lists are made in slices.

import { rmSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { faultOf } from "../config/loadfiles.ts";
import type { ListSource } from "../config/loadreplies.ts";
import { ListDraft } from "../memory/listdraft.ts";
import { ListFile } from "../memory/listfile.ts";
import { addValue, type ListReading, readListText } from "../memory/listtext.ts";
import { readAddress } from "../wire/ipaddress.ts";
import { inSlices } from "./slices.ts";

/** Of an operator's file; ten times what a million addresses take. */
const fileBytesMax = 256 << 20;

/** The values of a list, and what is wrong with them. */
export interface Gathered extends ListReading {
  readonly draft: ListDraft;
  /** Why there are none; null when they could be read. */
  readonly fault: string | null;
}

/** Why there is no list; nothing is left at its path. */
export interface Unmade {
  /** In lines for the operator. */
  readonly text: string;
  /** The state folder does not take it, as one that is full: of the list nothing is wrong. */
  readonly isOfFolder: boolean;
}

const wrong = (text: string): Unmade => ({ text, isOfFolder: false });

/** How many entries there are in it. */
export async function makeList(source: ListSource, path: string): Promise<number | Unmade> {
  const { draft, fault, problems, problemCount } = await gatherList(source);
  if (fault !== null) return wrong(fault);
  if (problemCount === 0) return writeList(draft, path);
  const name = basename(source.file ?? "the config");
  const lines = problems.map(({ line, message }) => `${name}:${line}: ${message}`);
  if (problemCount > problems.length) lines.push(`and ${problemCount - problems.length} more`);
  const count = problemCount === 1 ? "a bad line" : `${problemCount} bad lines`;
  return wrong([`${source.file ?? name} has ${count}:`, ...lines].join("\n"));
}

/** The same for values that are in a draft already. */
export async function writeList(draft: ListDraft, path: string): Promise<number | Unmade> {
  const bytes = await inSlices(draft.finish());
  try {
    await writeFile(path, bytes, { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    // Without which call it was and its path, another one at each try.
    const [reason] = (error as Error).message.split(", ");
    return { text: `its file in the state folder cannot be written: ${reason}`, isOfFolder: true };
  }
  return new ListFile(bytes).size;
}

/** Reads the file of a list whole. Values that stand in the config were judged with it, and are still looked at. */
export async function gatherList({ kind, values, file }: ListSource): Promise<Gathered> {
  const draft = new ListDraft(kind);
  if (file === null) return { draft, fault: null, ...fill(draft, values ?? []) };
  const text = await textOf(file);
  if (typeof text === "string") return { draft, fault: `${file} ${text}`, problems: [], problemCount: 0 };
  return { draft, fault: null, ...(await inSlices(readListText(text, draft, readAddress))) };
}

function fill(draft: ListDraft, values: readonly string[]): ListReading {
  const problems = values.flatMap((value, index) => {
    const message = addValue(value, draft, readAddress);
    return message === null ? [] : [{ line: index + 1, message }];
  });
  return { problems, problemCount: problems.length };
}

/** Or why it cannot be read, as the rest of a sentence about it. */
async function textOf(file: string): Promise<Uint8Array | string> {
  const fault = faultOf(file);
  if (fault !== null) return fault;
  try {
    if (statSync(file).size > fileBytesMax) return `has more than ${fileBytesMax >> 20} MiB`;
    return await readFile(file);
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}
