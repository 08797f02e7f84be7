// Whether an access log can be opened where the config says, before anything is started or put in force: it asks the system, makes
// nothing, and answers in words what is wrong and with which key. Workers open it as the same user; if that changes in between, they say so.

import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

// As workers open it, but that it is not made.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

/** A sentence for the operator; null when it can be opened, or is "-". `path` is absolute. */
export function logPathProblem(path: string): string | null {
  if (path === "-") return null;
  const code = openingCode(path);
  if (code === null) return null;
  return `the access log ${path} (accessLog.path) cannot be opened: ${whyOf(code, path)}`;
}

/** What opening would fail with; null: with nothing. */
function openingCode(path: string): string | null {
  // To open a pipe and to close it again is the end of the file to who reads it, who goes then: workers find out whether there is one.
  if (isPipe(path)) return failureOf(() => accessSync(path, constants.W_OK));
  const code = failureOf(() => closeSync(openSync(path, flags)));
  if (code !== "ENOENT") return code;
  const folder = dirname(path);
  const folderCode = failureOf(() => accessSync(folder, constants.W_OK | constants.X_OK));
  // Its own folder is made where it is not there; those above it are not.
  if (folderCode !== "ENOENT") return folderCode;
  const aboveCode = failureOf(() => accessSync(dirname(folder), constants.W_OK | constants.X_OK));
  return aboveCode === null ? null : "ENOENT";
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
