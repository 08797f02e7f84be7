// Reads the answers that a config names files for, and looks whether its lists' files can be read. Read again later with what was
// read before, an answer whose file has become bad stays as it was. What stands in a list's file is for whoever makes the list:
// it is read each time it changes, while the config stays.

import { resolve } from "node:path";
import { quote } from "../base/reading.ts";
import { listedOf } from "./compiletable.ts";
import { type HttpFile, readHttpFile } from "./httpfile.ts";
import type { Finding } from "./issues.ts";
import { keptText } from "./loadcertificates.ts";
import { type Files, faultOf } from "./loadfiles.ts";
import type { Materials } from "./materials.ts";
import type { ListPlan } from "./plan.ts";
import type { Path } from "./problem.ts";
import { isBodiless } from "./reviewreply.ts";
import { allRules, listedPhase, rulesOf } from "./rulewalk.ts";
import { sectionOf } from "./section.ts";
import type { Config, Reply } from "./types.ts";

/** What a list is made of: the values that are written in the config, or the file that holds them. */
export interface ListSource {
  readonly kind: ListPlan["kind"];
  /** A line each; of a map its key, a space and its value. Null when they are in a file. */
  readonly values: readonly string[] | null;
  /** As an absolute path. */
  readonly file: string | null;
}

export interface Responses {
  /** By the file as the config names it. */
  readonly responses: Map<string, HttpFile>;
  readonly findings: Finding[];
}

interface Named {
  readonly path: Path;
  readonly file: string;
  /** What the config says beside it; null when it says nothing. */
  readonly status: number | null;
  /** It stands in place of an error. */
  readonly isError: boolean;
}

export function loadResponses(config: Config, folder: string, files: Files, before: Materials | undefined): Responses {
  const responses = new Map<string, HttpFile>();
  const findings: Finding[] = [];
  const say = (severity: Finding["severity"], path: Path, message: string): void =>
    void findings.push({ severity, path, part: "value", message });
  const judged = new Map<string, ReturnType<typeof readHttpFile>>();
  for (const { path, file, status, isError } of namedIn(config)) {
    let reading = judged.get(file);
    if (reading === undefined) {
      const bytes = files.latin1(resolve(folder, file));
      reading = bytes.ok ? readHttpFile(bytes.text) : bytes;
      judged.set(file, reading);
    }
    const former = before?.response(file);
    if (!reading.ok && former === undefined) say("error", path, `names ${quote(file)}, which ${reading.message}`);
    else if (!reading.ok) say("warning", path, `names ${quote(file)}, which ${reading.message}${keptText}`);
    const response = reading.ok ? reading.value : former;
    if (response === undefined) continue;
    responses.set(file, response);
    if (status !== null && status !== response.status)
      say("error", path, `names ${quote(file)}, whose status is ${response.status}, where it must be ${status}`);
    else if (isError && isBodiless(response.status))
      say(
        "error",
        path,
        `names ${quote(file)}, whose status is ${response.status}, which never has a body, and an error is to be told`,
      );
  }
  return { responses, findings };
}

/** Every answer with a file, at the key that names it. */
function namedIn(config: Config): Named[] {
  const found: Named[] = [];
  const add = (path: Path, reply: unknown, isError = false): void => {
    const { file, status } = sectionOf(reply) as Partial<Reply>; // Of a checked config.
    if (file !== undefined) found.push({ path: [...path, "file"], file, status: status ?? null, isError });
  };
  const addErrors = (path: Path, errors: Config["errors"]): void => {
    for (const [key, answer] of Object.entries(errors)) {
      const at = [...path, "errors", key];
      if (typeof answer === "string") found.push({ path: at, file: answer, status: null, isError: true });
      else add(at, answer, true);
    }
  };
  const addRules = (path: Path, owner: object): void => {
    for (const { rule, path: at } of allRules(rulesOf(sectionOf(owner), path, listedPhase(new Set()))))
      for (const key of ["deny", "reply", "tarpit"]) add([...at, key], rule[key]);
  };
  addErrors([], config.errors);
  add(["bans", "answer"], config.bans.answer);
  for (const [name, listener] of Object.entries(config.listeners)) {
    addRules(["listeners", name], listener);
    addErrors(["listeners", name], listener.errors);
  }
  for (const [name, pool] of Object.entries(config.pools)) {
    add(["pools", name, "reply"], pool.reply);
    addRules(["pools", name], pool);
    addErrors(["pools", name], pool.errors);
  }
  return found;
}

export function listSources(config: Config, folder: string): Record<string, ListSource> {
  return Object.fromEntries(
    Object.entries(config.lists).map(([name, list]) => {
      const { kind, values, file } = listedOf(list);
      return [name, { kind, values, file: file === null ? null : resolve(folder, file) }];
    }),
  );
}

/** Which files of lists cannot be read. Their stamps are of no account: a changed list changes no plan. */
export function reviewListFiles(config: Config, folder: string): Finding[] {
  return Object.entries(config.lists).flatMap(([name, list]): Finding[] => {
    const { file } = listedOf(list);
    if (file === null) return [];
    const key = Object.entries(list).find(([, written]) => written === file)![0];
    const fault = faultOf(resolve(folder, file));
    if (fault === null) return [];
    const message = `names ${quote(file)}, which ${fault}`;
    return [{ severity: "error", path: ["lists", name, key], part: "value", message }];
  });
}
