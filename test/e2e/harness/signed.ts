// Certificates in a test's folder, where a config names them, of an authority that is gone with the test.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Authority, type Issued } from "../../authority.ts";
import type { Room } from "./room.ts";

/** Its own certificate is ca.pem in the folder, unless it has another name. */
export function authorityIn(room: Room, file = "ca.pem", name = "Test CA"): Authority {
  const authority = new Authority(name);
  room.ending(() => authority[Symbol.dispose]());
  room.write(file, authority.cert);
  return authority;
}

/** Writes FILE.crt and FILE.key. */
export function put(room: Room, file: string, { cert, key }: Issued): Issued {
  mkdirSync(dirname(room.path(file)), { recursive: true });
  room.write(`${file}.crt`, cert);
  room.write(`${file}.key`, key);
  return { cert, key };
}
