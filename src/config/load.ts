// Reads a config file, whichever its format, and tells everything that is wrong with it in one go, each with its place. Format
// by extension; judgement by judge.ts; certificates and keys by loadmaterials.ts. Only the load files of this room touch the file
// system: control and the command line call them, workers never do.

import { readFileSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { didYouMean } from "../base/nearest.ts";
import { quote } from "../base/reading.ts";
import type { Document } from "./document.ts";
import { encodingFault } from "./encoding.ts";
import type { ForeignJudgement, Origin } from "./foreign/foreign.ts";
import type { ReportLine } from "./foreign/report.ts";
import type { ConfigInput } from "./input.ts";
import type { Finding } from "./issues.ts";
import { type Judgement, judge, judgeSubstituted } from "./judge.ts";
import { discoverFrom, reviewDiscoverFiles } from "./loaddiscover.ts";
import { egressFrom, reviewEgressMembers } from "./loadegress.ts";
import { gobetweenFrom, reviewGobetweenFiles } from "./loadgobetween.ts";
import { loadMaterials } from "./loadmaterials.ts";
import { readProgram } from "./loadprogram.ts";
import { type ListSource, listSources, reviewListFiles } from "./loadreplies.ts";
import { reviewCiphers } from "./loadtrial.ts";
import { masked, maskedSentence } from "./mask.ts";
import type { Materials, Program } from "./materials.ts";
import { Places } from "./place.ts";
import { inOrder, keyText, type Path, type Problem } from "./problem.ts";
import { reviewHooks } from "./reviewhooks.ts";
import { sectionOf } from "./section.ts";
import { type Environment, substitute } from "./substitute.ts";
import { readToml } from "./toml.ts";
import type { Config } from "./types.ts";
import { readJson, readYaml } from "./yaml.ts";

export type Loaded =
  | {
      readonly ok: true;
      readonly file: string;
      readonly config: Config;
      /** What the files hold that the config names. */
      readonly materials: Materials;
      /** What each list is made of, by name. */
      readonly lists: Readonly<Record<string, ListSource>>;
      /** Where their relative paths start. */
      readonly folder: string;
      readonly warnings: readonly Problem[];
      /** What is found out about it later, at its place; a config that is no file's has none. */
      readonly told?: (finding: Finding) => Problem;
      /** Of a config of another program: which one, and what became of its keywords. */
      readonly origin?: Origin;
      readonly conversion?: Conversion;
    }
  | {
      readonly ok: false;
      readonly file: string;
      readonly problems: readonly Problem[];
      /** False when there was nothing to judge: no such file, or not a config's. */
      readonly isRead: boolean;
      readonly origin?: Origin;
      readonly conversion?: Conversion;
    };

/** What a config of another program has become. */
export interface Conversion {
  /** As it would be written; with errors in it, as far as it goes. */
  readonly input: ConfigInput;
  readonly report: readonly ReportLine[];
  /** Where a key of ours comes from: the line in the other program's file, 0 when it comes from none of its own. */
  readonly lineOf: (path: Path) => number;
}

const textReaders: Record<string, (text: string) => Document> = {
  ".toml": readToml,
  ".yaml": readYaml,
  ".yml": readYaml,
  ".json": readJson,
};
const programs = [".ts", ".mts", ".js", ".mjs"];
const extensions = [".ts", ".toml", ".yaml", ".yml", ".json", ".mts", ".js", ".mjs", ".cfg"];

/** Readers of other programs' configs are a tenth of all that there is to load: only who has such a config does. */
const foreignDoor = (): Promise<typeof import("./foreign/foreign.ts")> => import("./foreign/foreign.ts");

/**
 * Never rejects: a file that is not there is a problem like any other. Problems say `path` as it was given. `before`: what is
 * in use now; a certificate whose file has become bad stays as it was there. `asked`: whose config it is said to be, where it has no sign of it.
 */
/** Of a line of HAProxy's, of variables too: what cannot be read (U+FFFD) stands behind a # only. */
const inComment = /^(?:[^"'\\#\ufffd]|\\[^\ufffd]|"(?:[^"\\\ufffd]|\\[^\ufffd])*"|'[^'\ufffd]*')*#/;

export async function loadConfig(
  path: string,
  environment: Environment = process.env,
  before?: Materials,
  asked?: "ipmanager",
): Promise<Loaded> {
  const extension = extname(path).toLowerCase();
  const byName = textReaders[extension];
  const isOther = byName === undefined && !programs.includes(extension) && extension !== ".cfg";
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isOther && extension !== "") return strange(path, extension);
    return refused(path, unreadable(error as NodeJS.ErrnoException)); // readFile rejects with nothing else.
  }
  const text = bytes.toString().replace(/^\ufeff/, "");
  // A haproxy.cfg and a file of variables may have any name.
  const door = isOther || extension === ".cfg" ? await foreignDoor() : null;
  const reader = byName ?? (isOther ? door?.variablesReader(text) : null) ?? undefined;
  if (isOther && reader === undefined && door?.isForeignText(text) !== true) return strange(path, extension);
  // What is a comment to another program may be in whatever its author has written it in.
  const fault = encodingFault(bytes, (line) => byName === undefined && door !== null && inComment.test(line));
  if (fault !== null)
    return { ok: false, file: path, problems: [{ severity: "error", file: path, key: "", ...fault }], isRead: true };
  if (text.trim() === "") return { ...refused(path, "the file is empty"), isRead: true } as Loaded;
  if (door !== null && reader === undefined) {
    const foreign = door.judgeForeignText(text, path, environment, (name) => heldBy(resolve(dirname(path), name)));
    return foreignLoaded(path, foreign, foreign.places, before);
  }
  const document = reader === undefined ? await readProgram(await realpath(path), text) : reader(text);
  if (!document.ok) return { ok: false, file: path, problems: syntaxProblems(path, text, document), isRead: true };
  // A program has variables of its own; in its texts ${ stands for itself.
  const isOurs = reader === undefined || isPlainlyOurs(document.value);
  const foreign = isOurs ? null : (await foreignDoor()).judgeForeign(document.value, environment, asked);
  if (foreign !== null) return foreignLoaded(path, foreign, document.places, before);
  const judgement =
    reader === undefined ? judge(document.value) : judgeSubstituted(substitute(document.value, environment));
  return withMaterials(path, judgement, null, document.places, before, document.program);
}

/** No other program has a section of that name; names in capitals are GopherProxy's, which is told what is not its own (foreign.ts). */
function isPlainlyOurs(tree: unknown): boolean {
  const keys = Object.keys(sectionOf(tree));
  return keys.includes("listeners") && !keys.some((key) => /^[A-Z]/.test(key));
}

async function foreignLoaded(
  path: string,
  foreign: ForeignJudgement,
  places: Places,
  before: Materials | undefined,
): Promise<Loaded> {
  const { reportOf } = await import("./foreign/report.ts");
  const loaded = await withMaterials(path, foreign, foreign, places, before);
  const { input, origins } = foreign.translation;
  const lineOf = (key: Path): number => {
    const origin = origins.own(key);
    return origin === null ? 0 : places.find(origin, "key").line;
  };
  return { ...loaded, origin: foreign.origin(), conversion: { input, report: reportOf(foreign, places), lineOf } };
}

/** Null when there is nothing to be read. */
function heldBy(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/**
 * A config that was changed in memory, without what is as it would be anyway (written.ts): judged as a file's, `before` what is in
 * use now. `name` stands for the file in what is said of it.
 */
export function loadTree(input: unknown, name: string, folder: string, before: Materials): Promise<Loaded> {
  return withMaterials(join(folder, "-"), judge(input), null, null, before, before.program ?? undefined, name);
}

/** A text as if it stood in that file; not of TypeScript, which is run where it stands. */
export async function loadText(
  path: string,
  text: string,
  environment: Environment,
  before: Materials,
): Promise<Loaded> {
  const reader = textReaders[extname(path).toLowerCase()];
  if (reader === undefined) return strange(path, extname(path));
  const document = reader(text);
  if (!document.ok) return { ok: false, file: path, problems: syntaxProblems(path, text, document), isRead: true };
  return withMaterials(path, judgeSubstituted(substitute(document.value, environment)), null, document.places, before);
}

/** A file whose name says nothing that is known here. */
function strange(path: string, extension: string): Loaded {
  const isCaddys = /(?:^|\/)caddy[^/]*$/i.test(path);
  const isOfOthers = isCaddys || extension === ".conf" || /(?:^|\/)nginx[^/]*$/i.test(path);
  const meant = extension === "" ? "" : didYouMean(extension, extensions);
  const words = isOfOthers
    ? `; a config of ${isCaddys ? "Caddy" : "nginx"} is not read: docs/README.md#${isCaddys ? "in-caddys-words" : "in-nginx-words"} has its words beside ours`
    : meant;
  return refused(path, `must be a haproxy.cfg, or end in ${extensions.slice(0, 5).join(", ")}${words}`);
}

/** Reads what the judged config of a file names, and gives all findings their places; a config of another program has its own. */
async function withMaterials(
  path: string,
  { config, shaped, findings }: Judgement,
  foreign: ForeignJudgement | null,
  places: Places | null,
  before: Materials | undefined,
  program?: Program,
  file: string = path,
): Promise<Loaded> {
  const folder = dirname(resolve(path));
  // Of one that is refused too, so that files that are not there are told along with what contradicts itself.
  const materials = shaped === null ? null : await loadMaterials(shaped, folder, Date.now(), before, program);
  const found =
    shaped === null || materials === null
      ? []
      : [
          ...reviewCiphers(shaped),
          ...reviewListFiles(shaped, folder),
          ...reviewDiscoverFiles(shaped, folder),
          ...reviewGobetweenFiles(shaped, folder),
          ...reviewEgressMembers(shaped, materials),
          ...(program === undefined ? [] : reviewHooks(shaped, program.names)),
          ...materials.findings,
          ...materials.validity,
        ];
  const brought = foreign === null ? found : found.flatMap((finding) => foreign.bringWhole(finding) ?? []);
  const all = [...findings, ...newAmong(brought, findings)];
  const told = (finding: Finding): Problem => {
    const { severity, path: key, part, inside } = finding;
    const exact = inside === undefined ? null : (places?.within(key, part, inside) ?? null);
    const place = exact ?? places?.find(key, part) ?? null;
    const message = maskedSentence(exact === null ? spelledOut(finding) : finding.message);
    return {
      severity,
      file,
      place,
      key: (foreign?.keyOf ?? keyText)(key),
      message,
      source: place === null || isSecret(key) ? null : places!.line(place.line),
    };
  };
  const problems = inOrder(all.map(told));
  if (config === null || materials === null || all.some(({ severity }) => severity === "error"))
    return { ok: false, file, problems, isRead: true };
  const lists = listSources(config, folder);
  return {
    ...{ ok: true, file, config: fromFolder(config, folder), materials, lists, folder, warnings: problems },
    told: (finding) => told(foreign === null ? finding : foreign.bring(finding)),
  };
}

/** Where a value is refused already, what its file holds is no news. */
function newAmong(found: readonly Finding[], before: readonly Finding[]): readonly Finding[] {
  const errors = before.filter(({ severity }) => severity === "error");
  const refused = new Set(errors.map(({ path }) => JSON.stringify(path)));
  return refused.size === 0 ? found : found.filter(({ path }) => !refused.has(JSON.stringify(path)));
}

/** Its line is not shown: there may be a password in it that nothing marks as one. */
function isSecret(key: Path): boolean {
  return key[0] === "egress" && key[4] === "proxies";
}

/** What no caret can stand under is told by its column in the text. */
function spelledOut({ message, inside }: Finding): string {
  return inside === undefined ? message : `${message} (column ${inside.offset + 1} of ${quote(masked(inside.text))})`;
}

/** Workers know no config and no folder of it: what they open has its whole path. */
function fromFolder(written: Config, folder: string): Config {
  const config = gobetweenFrom(acmeFrom(egressFrom(discoverFrom(written, folder), folder), folder), folder);
  const { accessLog } = config;
  if (accessLog?.path === undefined || accessLog.path === "-") return config;
  return { ...config, accessLog: { ...accessLog, path: resolve(folder, accessLog.path) } };
}

function acmeFrom(config: Config, folder: string): Config {
  const { acme } = config;
  return acme === undefined ? config : { ...config, acme: { ...acme, folder: resolve(folder, acme.folder) } };
}

function syntaxProblems(file: string, text: string, document: Document & { ok: false }): Problem[] {
  const places = new Places(text);
  const problems = document.faults.map(({ at, message }): Problem => {
    const place = at === null ? null : places.at(at);
    const source = place === null ? null : places.line(place.line);
    return { severity: "error", file, place, key: "", message, source };
  });
  return inOrder(problems);
}

function refused(file: string, message: string): Loaded {
  return {
    ok: false,
    file,
    problems: [{ severity: "error", file, place: null, key: "", message, source: null }],
    isRead: false,
  };
}

function unreadable(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "there is no such file";
  if (error.code === "EACCES") return "the file may not be read by this user";
  return error.code === "EISDIR" ? "this is a directory" : `the file cannot be read: ${error.message}`;
}
