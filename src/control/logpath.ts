// Whether an access log can be opened where the config says, before anything is started or put in force: it asks the system, makes
// nothing, and answers in words what is wrong and with which key. Workers open it as the same user; if that changes in between, they say so.

import { accessSync, closeSync, constants, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { standardInstead } from "../base/standardstream.ts";

// As workers open it, but that it is not made.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

/** PROC_SUPER_MAGIC and SYSFS_MAGIC (linux/magic.h). */
const kernelTypes: readonly number[] = [0x9fa0, 0x6265_6572];

/** What stands in the way of an access log. */
export interface LogFault {
  readonly why: string;
  /** For this user: another may be let in. */
  readonly isOfUser: boolean;
}

/** A sentence for the operator; null when it can be opened, or is "-". `path` is absolute. */
export function logPathProblem(path: string): string | null {
  const fault = logPathFault(path);
  return fault === null ? null : `the access log ${path} (accessLog.path) cannot be opened: ${fault.why}`;
}

/** The same without the file's name. */
export function logPathFault(path: string): LogFault | null {
  const failure = path === "-" ? null : failureAt(path);
  if (failure === null) return null;
  return { why: whyOf(failure.code, path), isOfUser: isDenied(failure.cause) };
}

function isDenied(code: string): boolean {
  return code === "EACCES" || code === "EPERM";
}

interface Failure {
  readonly code: string;
  /** Why a folder that is not there cannot be made; else the same. */
  readonly cause: string;
}

/** What opening would fail with; null: with nothing. */
function failureAt(path: string): Failure | null {
  // To open a pipe and to close it again is the end of the file to who reads it, who goes then: workers find out whether there is one.
  if (isPipe(path)) return alike(failureOf(() => accessSync(path, constants.W_OK)));
  const code = failureOf(() => closeSync(openSync(path, flags)));
  // Workers have the same for standard output and errors, and write to these themselves.
  if (standardInstead(path, code ?? undefined) !== null) return null;
  if (code !== "ENOENT") return alike(code);
  const folder = dirname(path);
  const folderCode = failureOf(() => accessSync(folder, constants.W_OK | constants.X_OK));
  // Its own folder is made where it is not there; those above it are not.
  if (folderCode !== "ENOENT") return alike(folderCode);
  const above = dirname(folder);
  const cause = failureOf(() => accessSync(above, constants.W_OK | constants.X_OK)) ?? systemsOwn(above);
  return cause === null ? null : { code: "ENOENT", cause };
}

/** Root may write to what only shows the kernel's own state, says the system, and yet nothing can be made there. */
function systemsOwn(folder: string): string | null {
  return process.platform === "linux" && kernelTypes.includes(statfsSync(folder).type) ? "EROFS" : null;
}

function alike(code: string | null): Failure | null {
  return code === null ? null : { code, cause: code };
}

function isPipe(path: string): boolean {
  try {
    return statSync(path).isFIFO();
  } catch {
    return false; // Opening says what is wrong.
  }
}

function failureOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error); // Files fail with nothing else.
  }
}

function whyOf(code: string, path: string): string {
  const folder = dirname(path);
  const user = `this user (uid ${process.getuid?.() ?? "unknown"})`;
  const whys: Readonly<Record<string, string>> = {
    ENOENT: `its folder ${folder} is not there and cannot be made: make it, and let ${user} write there`,
    ENOTDIR: `${folder} is no folder`,
    EISDIR: "that is a folder: write the name of a file",
    EACCES: `${user} may not write there`,
    EPERM: `${user} may not write there`,
    ENXIO: 'that is a socket: for standard output write "-"',
    EROFS: "the file system is read-only",
  };
  return whys[code] ?? code;
}
