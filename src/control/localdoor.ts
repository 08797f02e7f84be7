// The admin interface once more, on a unix socket in the state folder: commands that name a config's file (-c) ask there, whatever stands
// in the file by now, or whoever may read what it names. It wants no token. Its folder lets only this user and root in, and who is one of these
// can do as Sluice's user does anyway. Nothing hangs on it: where it cannot be opened such commands go by the file.

import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Admin, type AdminOptions, openAdmin } from "./admin.ts";

/** In the state folder. */
export const localDoorName = "admin.sock";

/** Of a folder that is held: a socket that is there is left by a run that has crashed. Null where none can be opened. */
export function openLocalDoor(folder: string, common: Omit<AdminOptions, "address" | "tls">): Admin | null {
  const path = join(folder, localDoorName);
  try {
    rmSync(path, { force: true });
    const admin = openAdmin({
      ...{ ...common, token: undefined, credentials: null, hosts: null },
      address: { kind: "unix", path },
    });
    chmodSync(path, 0o600);
    return admin;
  } catch (error) {
    common.log.warn(`commands with -c go by the config's file alone: ${(error as Error).message}`);
    return null;
  }
}
