// `sluice cert`: the certificates that a running Sluice shows, the soonest to expire first, and which files it could not use and
// why. A table for people, or the JSON of the admin interface. Exit code 1 when no Sluice answers. What it shows of a certificate
// anyone who connects can see; of keys nothing ever reaches this side.

import { dirname, join, relative } from "node:path";
import type { CertificateStatus, CertificatesStatus } from "../control/certificatestatus.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";
import { table } from "./table.ts";

export async function cert(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", "/api/v1/certificates");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const found = answer.body as CertificatesStatus; // What our own admin interface answers.
  writer.out(options.json === true ? JSON.stringify(found, null, 2) : certText(found));
  return 0;
}

/** Below this the state says so; as long as the warnings of control. */
const expiringDays = 14;

export function certText({ certificates, problems }: CertificatesStatus): string {
  const lines = certificates.length === 0 ? ["no listener shows a certificate"] : [certificateTable(certificates)];
  if (problems.length > 0) lines.push("", "not as they should be:", ...problems.map((problem) => `  ${problem}`));
  return lines.join("\n");
}

function certificateTable(certificates: readonly CertificateStatus[]): string {
  const folder = commonFolder(certificates.map(({ file }) => file));
  const sorted = [...certificates].sort((a, b) => a.daysLeft - b.daysLeft || (a.file < b.file ? -1 : 1));
  const rows = sorted.map((each) => [
    namesText(each.names),
    listenersText(each),
    String(each.daysLeft),
    stateOf(each.daysLeft),
    each.notAfter.slice(0, 10),
    // An elliptic curve is never anything else here.
    each.keyType.replace("ECDSA ", ""),
    each.isSelfSigned ? "itself" : each.issuer,
    relative(folder, each.file),
  ]);
  const head = ["NAME", "LISTENER", "DAYS", "STATE", "UNTIL", "KEY", "ISSUER", "FILE"];
  return `files in ${folder}\n${table(head, rows, [2])}`;
}

/** In capitals what needs somebody to do something now. */
function stateOf(daysLeft: number): string {
  if (daysLeft < 0) return "EXPIRED";
  return daysLeft < expiringDays ? "EXPIRES" : "ok";
}

/** A certificate for a hundred names is known by its first. */
function namesText(names: readonly string[]): string {
  if (names.length === 0) return "-";
  return names.length === 1 ? names[0]! : `${names[0]} +${names.length - 1}`;
}

/** Where it is the default one, with a star. */
function listenersText({ listeners, defaultOf }: CertificateStatus): string {
  return listeners.map((listener) => `${listener}${defaultOf.includes(listener) ? "*" : ""}`).join(",");
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (folder !== "/" && !files.every((file) => file.startsWith(join(folder, "/")))) folder = dirname(folder);
  return folder;
}
