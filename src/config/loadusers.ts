// Reads the files of users that a config names. Read again later with what was read before, a file that has become bad leaves its
// users as they were: nobody is let in that should not be, and nobody shut out, by half a file.

import { resolve } from "node:path";
import { quote } from "../base/reading.ts";
import { readHtpasswd, type Users, type UsersReading } from "./htpasswd.ts";
import type { Finding } from "./issues.ts";
import { keptText } from "./loadcertificates.ts";
import type { Files } from "./loadfiles.ts";
import type { Materials } from "./materials.ts";
import type { Config } from "./types.ts";

/** Of as many users as there may be (htpasswd.ts), with hashes of bcrypt and long names. */
const fileBytesMax = 16 << 20;

export interface LoadedUsers {
  /** By the file as the config names it. */
  readonly users: Map<string, Users>;
  readonly findings: Finding[];
}

export function loadUsers(config: Config, folder: string, files: Files, before: Materials | undefined): LoadedUsers {
  const users = new Map<string, Users>();
  const findings: Finding[] = [];
  const readings = new Map<string, UsersReading>();
  for (const [name, { auth }] of Object.entries(config.listeners)) {
    const file = auth?.file;
    if (file === undefined) continue;
    let reading = readings.get(file);
    if (reading === undefined) {
      const text = files.text(resolve(folder, file), fileBytesMax);
      reading = text.ok ? readHtpasswd(text.text) : text;
      readings.set(file, reading);
    }
    const former = before?.users(file);
    const found = reading.ok ? reading.users : former;
    if (found !== undefined) users.set(file, found);
    if (reading.ok) continue;
    const path = ["listeners", name, "auth", "file"];
    const kept = former === undefined ? "" : keptText;
    const severity = former === undefined ? "error" : "warning";
    findings.push({ severity, path, part: "value", message: `names ${quote(file)}, which ${reading.message}${kept}` });
  }
  return { users, findings };
}
