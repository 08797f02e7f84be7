// Reads everything that a checked config names: certificates and keys of listeners, authorities, what we show to servers, answers.
// One bad certificate does not take the others down: among several it is a warning and left out, alone it is an error. Read
// again later with what was read before, nothing that was good is lost: whatever is bad now stays as it was. It reads files
// and nothing else; what stands in them is judged by certificate.ts, chosen by certificatechoice.ts.

import { resolve } from "node:path";
import { nameSetsOf, setKey } from "./acmenames.ts";
import { judgeAuthorities } from "./certificate.ts";
import {
  type Candidate,
  chooseCertificates,
  defaultOf,
  isFile,
  reviewOthers,
  reviewShown,
} from "./certificatechoice.ts";
import { momentText, validityOf } from "./certificatevalidity.ts";
import { serverTls } from "./compiletls.ts";
import { findCrowds } from "./egressusers.ts";
import type { Users } from "./htpasswd.ts";
import type { HttpFile } from "./httpfile.ts";
import type { Finding } from "./issues.ts";
import { CertificateReader, type Found, keptText, type Memory } from "./loadcertificates.ts";
import { loadGateways } from "./loadegress.ts";
import type { Stamps } from "./loadfiles.ts";
import { loadResponses } from "./loadreplies.ts";
import { loadUsers } from "./loadusers.ts";
import type { Certificate, Challenge, Materials, OwnCertificate, Pem, Program } from "./materials.ts";
import type { Gateway } from "./nginx/gateways.ts";
import { placeholderFor } from "./placeholder.ts";
import type { Path } from "./problem.ts";
import type { Config, ListenerTls, ServerTls } from "./types.ts";

/** Materials that know where they come from. */
export class FileMaterials implements Materials {
  readonly certificates: Map<string, readonly Certificate[]> = new Map();
  readonly authority: Map<string, Pem> = new Map();
  readonly owned: Map<string, OwnCertificate & { readonly notBeforeMs: number; readonly notAfterMs: number }> =
    new Map();
  readonly responses: Map<string, HttpFile> = new Map();
  readonly htpasswd: Map<string, Users> = new Map();
  readonly nginx: Map<string, readonly Gateway[]> = new Map();
  /** What is wrong with the files, errors and warnings. */
  readonly findings: Finding[] = [];
  /** Of those in use: what expires soon, or is not valid now. Time changes it, the files do not. */
  readonly validity: Finding[] = [];
  /** What each file and folder looked like that was read, or looked for. */
  readonly stamps: Stamps;
  readonly memory: Memory;
  /** What named the files. */
  readonly config: Config;
  readonly program: Program | null;
  /** Of the authority nothing stands in files that a config names; who runs it puts the real ones in their place. */
  readonly placeholders: Map<string, Certificate> = new Map();
  readonly challenges: readonly Challenge[] = [];

  constructor(config: Config, reader: CertificateReader, program: Program | null) {
    this.program = program;
    this.config = config;
    this.stamps = reader.files.stamps;
    this.memory = reader.memory;
  }

  certificatesOf(listener: string): readonly Certificate[] {
    return this.certificates.get(listener) ?? [];
  }

  issued(names: readonly string[]): readonly Certificate[] {
    const found = this.placeholders.get(setKey(names));
    return found === undefined ? [] : [found];
  }

  authorities(file: string): Pem | undefined {
    return this.authority.get(file);
  }

  own(certificate: string, key: string): OwnCertificate | undefined {
    return this.owned.get(`${certificate}\0${key}`);
  }

  response(file: string): HttpFile | undefined {
    return this.responses.get(file);
  }

  users(file: string): Users | undefined {
    return this.htpasswd.get(file);
  }

  gateways(file: string): readonly Gateway[] | undefined {
    return this.nginx.get(file);
  }
}

/**
 * `folder`: where relative paths start. The result can be used when no finding is an error. `before`: what is in use now; where it
 * is of the same config, the result can always be used.
 */
export async function loadMaterials(
  config: Config,
  folder: string,
  nowMs: number,
  before?: Materials,
  program?: Program,
): Promise<FileMaterials> {
  const former = before instanceof FileMaterials ? before.memory : new Map();
  const reader = new CertificateReader(folder, former, nowMs);
  const materials = new FileMaterials(config, reader, program ?? programOf(config, before));
  const load: Load = { folder, nowMs, before, reader, materials };
  for (const [name, { tls }] of Object.entries(config.listeners)) {
    if (tls === undefined) continue;
    await loadListener(load, name, tls);
    const { clientCertificate } = tls;
    if (clientCertificate !== undefined)
      loadAuthorities(load, clientCertificate.ca, ["listeners", name, "tls", "clientCertificate", "ca"]);
  }
  if (config.acme?.ca !== undefined) loadAuthorities(load, config.acme.ca, ["acme", "ca"]);
  loadServers(load, config);
  const { responses, findings } = loadResponses(config, folder, reader.files, before);
  for (const [file, response] of responses) materials.responses.set(file, response);
  const named = loadUsers(config, folder, reader.files, before);
  for (const [file, users] of named.users) materials.htpasswd.set(file, users);
  const egress = loadGateways(config, folder, reader.files, before);
  for (const [file, gateways] of egress.gateways) materials.nginx.set(file, gateways);
  materials.findings.push(...findings, ...named.findings, ...egress.findings, ...findCrowds(config, materials));
  return materials;
}

/** Other certificates for a config change nothing of its code. */
function programOf(config: Config, before: Materials | undefined): Program | null {
  return before instanceof FileMaterials && before.config === config ? before.program : null;
}

interface Load {
  readonly folder: string;
  readonly nowMs: number;
  readonly before: Materials | undefined;
  readonly reader: CertificateReader;
  readonly materials: FileMaterials;
}

async function loadListener(load: Load, name: string, tls: ListenerTls): Promise<void> {
  const { nowMs, before, reader, materials } = load;
  for (const names of nameSetsOf(tls)) materials.placeholders.set(setKey(names), placeholderFor(names, nowMs));
  if (tls.certificates === undefined) return;
  const at: Path = ["listeners", name, "tls", "certificates"];
  const found = await reader.read(tls, at, before?.certificatesOf(name) ?? []);
  const chosen = chooseCertificates(found.candidates, nowMs);
  if (chosen.length === 0) {
    const former = isNamedAlike(before, name, tls) ? before.certificatesOf(name) : [];
    const severity = former.length > 0 ? "warning" : "error";
    materials.findings.push(...found.bad.map(({ finding }): Finding => ({ ...finding, severity })));
    // Folders in which there is nothing but keys and authorities.
    const nothing = "names no certificate that has a key";
    if (former.length > 0) {
      materials.certificates.set(name, former);
      say(materials, "warning", at, `${nothing}${keptText}`);
    } else if (found.bad.length === 0) say(materials, "error", at, nothing);
    return;
  }
  const ordered = withDefault(load, name, tls, chosen, found);
  materials.certificates.set(
    name,
    ordered.map(({ certificate }) => certificate),
  );
  const leftOut = found.bad.map(({ finding }) => ({ ...finding, message: `${finding.message}; it is left out` }));
  materials.findings.push(...leftOut, ...found.notes, ...reviewOthers(found.candidates, chosen, nowMs));
  materials.validity.push(...reviewShown(chosen, nowMs));
}

/** A config that names other files than before, and none that can be used, is a mistake; the same one has met with an accident. */
function isNamedAlike(before: Materials | undefined, name: string, tls: ListenerTls): before is FileMaterials {
  if (!(before instanceof FileMaterials)) return false;
  const former = before.config.listeners[name]?.tls?.certificates;
  return JSON.stringify(former) === JSON.stringify(tls.certificates);
}

/** The one for unknown names first. */
function withDefault(load: Load, name: string, tls: ListenerTls, chosen: Candidate[], found: Found): Candidate[] {
  const wanted = tls.default;
  if (wanted === undefined) return chosen;
  const first =
    defaultOf(wanted, chosen) ?? chosen.find((each) => each.certificate.file === resolve(load.folder, wanted));
  if (first !== undefined && first !== null) return [first, ...chosen.filter((each) => each !== first)];
  if (nameSetsOf(tls).some((names) => names.includes(wanted.toLowerCase()))) return chosen;
  const isBad = found.bad.some(({ name: each }) => isFile(each, wanted));
  const path: Path = ["listeners", name, "tls", "default"];
  load.materials.findings.push({
    severity: isBad ? "warning" : "error",
    path,
    part: "value",
    message: isBad
      ? `names ${wanted}, which cannot be used; ${chosen[0]!.name} stands in for it`
      : `names ${wanted}, which is neither the file of a certificate of this listener nor a name that one is for`,
  });
  return chosen;
}

function loadServers(load: Load, config: Config): void {
  for (const [name, { members }] of Object.entries(config.egress))
    for (const [index, { tls }] of members.entries())
      if (tls !== undefined) loadServerTls(load, tls, (key) => ["egress", name, "members", index, "tls", key]);
  for (const [name, pool] of Object.entries(config.pools)) {
    const above: Path = ["pools", name, "tls"];
    for (const [index, server] of pool.servers.entries()) {
      const tls = serverTls(pool, server);
      if (tls === null) continue;
      const own = typeof server === "object" && typeof server.tls === "object" ? server.tls : {};
      const at = (key: "ca" | "certificate"): Path =>
        own[key] === undefined ? [...above, key] : ["pools", name, "servers", index, "tls", key];
      loadServerTls(load, tls, at);
    }
  }
}

function loadServerTls(load: Load, tls: ServerTls, at: (key: "ca" | "certificate") => Path): void {
  if (tls.ca !== undefined) loadAuthorities(load, tls.ca, at("ca"));
  if (tls.certificate !== undefined && tls.key !== undefined)
    loadOwn(load, tls.certificate, tls.key, at("certificate"));
}

/** What is named twice is read and told once. */
function loadAuthorities({ folder, nowMs, before, reader, materials }: Load, file: string, path: Path): void {
  if (materials.authority.has(file) || isTold(materials, path)) return;
  const read = reader.files.text(resolve(folder, file));
  const judged = read.ok ? judgeAuthorities(read.text) : read;
  const former = before?.authorities(file);
  if (judged.ok) {
    materials.authority.set(file, judged.pem);
    if (judged.notAfterMs < nowMs)
      say(materials, "warning", path, `names ${file}, whose authorities expired on ${momentText(judged.notAfterMs)}`);
  } else if (former !== undefined) {
    materials.authority.set(file, former);
    say(materials, "warning", path, `names ${file}, which ${judged.message}${keptText}`);
  } else say(materials, "error", path, `names ${file}, which ${judged.message}`);
}

function loadOwn({ nowMs, before, reader, materials }: Load, certificate: string, key: string, path: Path): void {
  const name = `${certificate}\0${key}`;
  if (materials.owned.has(name) || isTold(materials, path)) return;
  const judged = reader.readOwn(certificate, key);
  const former = before instanceof FileMaterials ? before.owned.get(name) : undefined;
  if (judged.ok) {
    const { chain, key: secret, notBeforeMs, notAfterMs } = judged.certificate;
    materials.owned.set(name, { chain, key: secret, notBeforeMs, notAfterMs });
    const { message } = validityOf(judged.certificate, nowMs);
    if (message !== null)
      materials.validity.push({
        severity: "warning",
        path,
        part: "value",
        message: `names ${certificate}, which ${message}`,
      });
  } else if (former !== undefined) {
    materials.owned.set(name, former);
    say(materials, "warning", path, `names ${certificate}, which ${judged.message}${keptText}`);
  } else say(materials, "error", path, `names ${certificate}, which ${judged.message}`);
}

function isTold({ findings }: FileMaterials, path: Path): boolean {
  const key = JSON.stringify(path);
  return findings.some((each) => JSON.stringify(each.path) === key);
}

function say({ findings }: FileMaterials, severity: Finding["severity"], path: Path, message: string): void {
  findings.push({ severity, path, part: "value", message });
}
