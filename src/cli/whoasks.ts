// Who uses the command line, by the name that changes are put down to: in the audit log, and as who has made a ban. It knows the
// environment and the system's users, and how a name goes into a header.

import { userInfo } from "node:os";

/** "" where nobody can be named. */
export function whoAsks(): string {
  // Under sudo it is the person who is of interest.
  const sudoer = process.env["SUDO_USER"];
  if (sudoer !== undefined && sudoer !== "") return sudoer;
  try {
    const { username, uid } = userInfo();
    // Bun takes the name from the environment, where services and cron jobs have none.
    return username === "unknown" || username === "" ? `uid ${uid}` : username;
  } catch {
    return ""; // A user id without a name, as in containers.
  }
}

/** As Sluice-Actor says it: a field holds ASCII for certain (RFC 9110, section 5.5), and a name may be anything. */
export function actorField(name: string): Record<string, string> {
  if (name === "") return {};
  return {
    "sluice-actor": /^[ -~]*$/.test(name) && !name.includes("%") ? name : encodeURIComponent(name.toWellFormed()),
  };
}
