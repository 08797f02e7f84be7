// Puts changes that came over the API into the config file, so that the next reload or start knows them. The text is changed as little as
// may be, read again as a file would be, and written only when it then says just what is in force. What cannot be written, a program in
// TypeScript or a config of another program, is told as changes to make by hand. The file is replaced whole; the former stays beside it.

import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { loadText } from "../../config/load.ts";
import type { Materials } from "../../config/materials.ts";
import { readToml } from "../../config/toml.ts";
import { readYaml } from "../../config/yaml.ts";
import { unloadable } from "../configorigin.ts";
import { differences } from "./difference.ts";
import { changesShown } from "./outlook.ts";
import type { Written } from "./service.ts";
import type { ConfigSource, Version } from "./source.ts";
import { type TextChange, textChanges } from "./writing/change.ts";
import { changeJson } from "./writing/jsontext.ts";
import { changeToml } from "./writing/tomltext.ts";
import { sharedReason } from "./writing/yamlshared.ts";
import { changeYaml } from "./writing/yamltext.ts";

type Change = (text: string, changes: readonly TextChange[]) => string | null;

const formats: Readonly<Record<string, Change>> = {
  ".yaml": changeYaml,
  ".yml": changeYaml,
  ".json": changeJson,
  ".toml": changeToml,
};

/** Why nothing can ever be written to where this config is from; null when it can. */
export function writeProblem(source: ConfigSource, { foreign }: Pick<Version, "foreign">): string | null {
  if (source.path === null) return unloadable(source).replace("to load again", "to write to");
  if (foreign !== null) return `the config is one of ${foreign}, which Sluice does not write`;
  const extension = extname(source.path).toLowerCase();
  if (formats[extension] !== undefined) return null;
  return `the config is ${/^\.m?[jt]s$/.test(extension) ? "a program" : `a file ${basename(source.path)}`}, which Sluice does not write`;
}

/** `inUse`: of files that the config names. */
export async function writeChanges(source: ConfigSource, version: Version, inUse: Materials): Promise<Written> {
  const { config, configured } = version;
  const edits = differences(configured, config);
  const { path } = source;
  const refused = (message: string, status: 409 | 422 = 422): Written => {
    return { ok: false, status, message, byHand: byHand(version) };
  };
  const problem = writeProblem(source, version);
  if (problem !== null || path === null) return refused(problem ?? "there is no file");
  if (edits.length === 0) return { ok: true, answer: { file: path, changes: 0, backup: null } };
  const now = await source.load(inUse);
  if (!now.ok) return refused(`there are errors in ${path} now: mend them first`, 409);
  if (!Bun.deepEquals(now.config, configured))
    return refused(`${path} says something else than when it was loaded: reload it, or write by hand`, 409);
  const raw = readFileSync(path, "utf8"); // With its BOM.
  const text = raw.replace(/^\ufeff/, "");
  const read = readTree(path, text);
  const changes = read === null ? [] : textChanges(read, configured, config);
  const changed = read === null ? null : changeText(path, text, changes);
  const shared = formats[extname(path).toLowerCase()] === changeYaml ? sharedReason(text, changes) : null;
  const why = shared === null ? "" : `: ${shared}`;
  if (changed === null) return refused(`${path} is written in a way in which no place for a change is found${why}`);
  const again = await loadText(path, changed, process.env, inUse);
  if (!again.ok || !Bun.deepEquals(again.config, config))
    return refused(`${path}, with the changes in it, would not say what is in force${why}`);
  try {
    return {
      ok: true,
      answer: {
        file: path,
        changes: edits.length,
        backup: replaceFile(
          path,
          raw,
          raw.replace(text, () => changed),
        ),
      },
    };
  } catch (error) {
    return refused(`${path} cannot be written: ${whyOf(error as NodeJS.ErrnoException, path)}`);
  }
}

/** Without secrets, a line for each change. */
export function byHand({ configured, config }: Pick<Version, "configured" | "config">): string {
  const lines = changesShown(differences(configured, config)).map(({ kind, path, after }) =>
    kind === "removed" ? `remove ${path}` : `${kind === "added" ? "add" : "set"} ${path}: ${JSON.stringify(after)}`,
  );
  return lines.join("\n");
}

/** As its keys stand in it, variables not yet replaced. */
function readTree(path: string, text: string): unknown {
  const extension = extname(path).toLowerCase();
  if (extension === ".json") return JSON.parse(text);
  const document = extension === ".toml" ? readToml(text) : readYaml(text);
  return document.ok ? document.value : null;
}

function changeText(path: string, text: string, changes: readonly TextChange[]): string | null {
  const changed = formats[extname(path).toLowerCase()]!(text, changes); // One of them, as was asked before.
  // Lines end as they all do in the file.
  return /\r\n/.test(text) && !/(?<!\r)\n/.test(text) ? (changed?.replaceAll(/\r?\n/g, "\r\n") ?? null) : changed;
}

/** The path of what was there before. `text`: what was read. Throws when the file is another meanwhile, or cannot be written as it was. */
function replaceFile(path: string, text: string, changed: string): string {
  // A link stays one: it is what it leads to that is written.
  const file = realpathSync(path);
  if (readFileSync(file, "utf8") !== text) throw new Error("it was changed just now");
  const { mode, uid, gid } = statSync(file);
  const [draft, backup] = [join(dirname(file), `.${basename(file)}.${process.pid}.new`), `${path}.bak`];
  try {
    // One that a crash has left: in a container the next process may have the same number.
    removeDraft(draft);
    const descriptor = openSync(draft, "wx", 0o600);
    writeFileSync(descriptor, changed);
    fsyncSync(descriptor);
    closeSync(descriptor);
    own(draft, uid, gid);
    chmodSync(draft, mode & 0o7777);
    copyFileSync(file, backup);
    own(backup, uid, gid);
    chmodSync(backup, mode & 0o7777);
    renameSync(draft, file);
  } catch (error) {
    removeDraft(draft);
    throw error;
  }
  return backup;
}

/** Only one that is there: to remove nothing fails too where nothing may be written, and is not what is to be told. */
function removeDraft(draft: string): void {
  if (lstatSync(draft, { throwIfNoEntry: false }) !== undefined) rmSync(draft);
}

/** It is the file that its user knows of, and not the draft beside it that could not be made. */
function whyOf({ code, message }: NodeJS.ErrnoException, path: string): string {
  const folder = dirname(realpathSync(path));
  const whys: Readonly<Record<string, string>> = {
    EROFS: "its file system is read-only",
    EACCES: `this user (uid ${process.getuid?.() ?? "unknown"}) may not make a file in ${folder}`,
    ENOSPC: `there is no room in ${folder}`,
  };
  return whys[code ?? ""] ?? message;
}

/** It must not change hands: who may read it may read its secrets. */
function own(file: string, uid: number, gid: number): void {
  const now = statSync(file);
  if (now.uid !== uid || now.gid !== gid) chownSync(file, uid, gid);
}
