// `sluice cert`: the certificates that a running Sluice shows, the soonest to expire first, and which files it could not use and
// why. A table for people, or the JSON of the admin interface. Exit code 1 when no Sluice answers. What it shows of a certificate
// anyone who connects can see; of keys nothing ever reaches this side.

import { dirname, join, relative } from "node:path";
import type { AcmeCertificateStatus } from "../control/acme/acme.ts";
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

/** An order takes seconds, and may fail: how it went is for `sluice cert` to say. */
export async function renew(name: string, options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "POST", `/api/v1/certificates/${encodeURIComponent(name)}/renew`);
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const asked = answer.body as AcmeCertificateStatus; // What our own admin interface answers.
  if (options.json === true) writer.out(JSON.stringify(asked, null, 2));
  else writer.out(`${namesText(asked.names)} is asked for next; \`sluice cert\` says how it went`);
  return 0;
}

/** Below this the state says so; as long as the warnings of control. */
const expiringDays = 14;

export function certText({ certificates, acme, problems }: CertificatesStatus): string {
  const lines = certificates.length === 0 ? ["no listener shows a certificate"] : [certificateTable(certificates)];
  if (acme.length > 0) lines.push("", acmeTable(acme));
  const failed = acme.filter(({ lastError }) => lastError !== null);
  if (failed.length > 0) lines.push("", "what the authority did not give:", ...failed.map(failureLine));
  if (problems.length > 0) lines.push("", "not as they should be:", ...problems.map((problem) => `  ${problem}`));
  return lines.join("\n");
}

function certificateTable(certificates: readonly CertificateStatus[]): string {
  // A placeholder stands in no file.
  const files = certificates.flatMap(({ file, source }) => (source === "placeholder" ? [] : [file]));
  const folder = commonFolder(files);
  const sorted = [...certificates].sort((a, b) => a.daysLeft - b.daysLeft || (a.file < b.file ? -1 : 1));
  const rows = sorted.map((each) => [
    namesText(each.names),
    listenersText(each),
    // That of a placeholder says nothing to anybody.
    each.source === "placeholder" ? "-" : String(each.daysLeft),
    each.source === "placeholder" ? "MISSING" : stateOf(each.daysLeft),
    each.source === "placeholder" ? "-" : each.notAfter.slice(0, 10),
    // An elliptic curve is never anything else here.
    each.keyType.replace("ECDSA ", ""),
    each.isSelfSigned ? "itself" : each.issuer,
    each.source === "placeholder" ? "placeholder" : relative(folder, each.file),
  ]);
  const head = ["NAME", "LISTENER", "DAYS", "STATE", "UNTIL", "KEY", "ISSUER", "FILE"];
  return `${files.length === 0 ? "" : `files in ${folder}\n`}${table(head, rows, [2])}`;
}

/** When each is asked for next, those first whose turn is next. */
function acmeTable(acme: readonly AcmeCertificateStatus[]): string {
  const sorted = [...acme].sort((a, b) => (a.nextAt < b.nextAt ? -1 : 1));
  const rows = sorted.map(({ names, state, nextAt, directory }) => [
    namesText(names),
    state === "failing" ? "FAILING" : state,
    `${nextAt.slice(0, 16).replace("T", " ")} UTC`,
    new URL(directory).host,
  ]);
  return `from an authority\n${table(["NAME", "STATE", "NEXT ORDER", "AUTHORITY"], rows, [])}`;
}

function failureLine({ names, lastError, lastErrorAt }: AcmeCertificateStatus): string {
  return `  ${namesText(names)}: ${lastError} (${lastErrorAt?.slice(0, 16).replace("T", " ")} UTC)`;
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
  if (files.length === 0) return "/";
  let folder = dirname(files[0]!);
  while (folder !== "/" && !files.every((file) => file.startsWith(join(folder, "/")))) folder = dirname(folder);
  return folder;
}
