// Which Sluice on this machine runs a config's file, found by its state folder (src/control/state.ts), and not by what the file says, which may have
// been changed since. It knows folders and the sockets in them (src/control/localdoor.ts). Anybody may make folders where these are: one counts
// only if it is its user's own and nobody else may write there, and, for who is not root, if it is the asker's own: a Sluice lets only its own user
// and root in, so another user's that can be entered is made to look like one. Who runs no Sluice could still pretend one to root; no token is sent there.

import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { localDoorName } from "../control/localdoor.ts";
import { stateFolderOf } from "../control/state.ts";

/** Where state folders are. */
export const stateRoot: string = dirname(stateFolderOf(""));

/** Names of the folders there, of every user; `config`: of those that run with it. */
export function stateFoldersIn(root: string, config: string | undefined): readonly string[] {
  const ending = config === undefined ? "" : basename(stateFolderOf(resolve(config))).replace(/^.*-/, "-");
  return namesIn(root).filter((name) => /^sluice-\d+-[0-9a-f]{12}$/.test(name) && name.endsWith(ending));
}

/** Sockets behind which a Sluice that runs with this config listens now. More than one where several users run it. */
export async function socketsOf(
  config: string,
  root: string = stateRoot,
  asker: number = process.getuid?.() ?? 0,
): Promise<readonly string[]> {
  const sockets = stateFoldersIn(root, config)
    .map((name) => ({ folder: join(root, name), user: Number(name.split("-")[1]) }))
    .filter(({ user }) => asker === 0 || user === asker)
    .filter(({ folder, user }) => isOwn(folder, user) && isOwnSocket(join(folder, localDoorName), user))
    .map(({ folder }) => join(folder, localDoorName));
  const listening = await Promise.all(sockets.map(isListenedOn));
  return sockets.filter((_, index) => listening[index]);
}

function isOwn(folder: string, user: number): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === user && (found.mode & 0o022) === 0;
}

/** A link would lead to the socket of another Sluice, whose user has not asked for that. */
function isOwnSocket(path: string, user: number): boolean {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found?.isSocket() === true && found.uid === user;
  } catch {
    // This user may not enter the folder.
    return false;
  }
}

/** One that was left by a crash is not; nor, to us, one in a folder that this user may not enter. One that is stopped is. */
async function isListenedOn(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
