// Where a command asks: --admin or SLUICE_ADMIN, or the Sluice that runs the file of -c on this machine, whatever the file looks like by now, or
// where the file says, as far as it can be read, or the usual place. It knows what goes with that: a token goes only to an address that somebody
// has named, and a file with errors is told as such when nobody answers.

import { readFileSync } from "node:fs";
import { readListenAddress } from "../base/address.ts";
import { adminSectionOf } from "../config/adminsection.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import type { Address } from "../config/plan.ts";
import { formatProblem } from "../config/problem.ts";
import { socketsOf, stateRoot } from "./running.ts";

export interface RemoteOptions {
  readonly admin?: string | undefined;
  readonly config?: string | undefined;
  readonly token?: string | undefined;
  readonly json?: boolean | undefined;
}

export type Target =
  | {
      readonly ok: true;
      readonly address: Address;
      readonly token: string | undefined;
      /** What it runs with, where its address was read from that. */
      readonly config: string | undefined;
      /** To be told instead when nobody answers. */
      readonly otherwise: string | null;
    }
  | { readonly ok: false; readonly message: string };

const usualListen = "127.0.0.1:2112";

export async function findTarget(options: RemoteOptions, root: string = stateRoot): Promise<Target> {
  const token = (options.token ?? process.env["SLUICE_ADMIN_TOKEN"])?.trim();
  // Not told as what it is: it is a secret, but for one character.
  const strange = /[^\x21-\x7e]/u.exec(token ?? "");
  if (strange !== null)
    return {
      ok: false,
      message: strangeToken(options.token === undefined ? "SLUICE_ADMIN_TOKEN" : "--token", strange),
    };
  const named = options.admin ?? (process.env["SLUICE_ADMIN"] || undefined);
  if (options.config === undefined) return targetAt(named ?? usualListen, { token, config: undefined });
  if (named !== undefined) {
    // A token that is given needs no file.
    const said = token === undefined ? await saidIn(options.config) : null;
    return targetAt(named, { token: token ?? (said?.ok === true ? said.token : undefined), config: undefined });
  }
  const sockets = await socketsOf(options.config, root);
  // What is there is no address that this user has named: it gets no token, and wants none.
  if (sockets.length === 1)
    return {
      ok: true,
      address: { kind: "unix", path: sockets[0]! },
      ...{ token: undefined, config: options.config, otherwise: null },
    };
  const said = await saidIn(options.config);
  if (!said.ok)
    return sockets.length === 0
      ? { ok: false, message: said.errors }
      : {
          ok: false,
          message: `${sockets.length} Sluices run with ${options.config}: --admin names one; ${said.errors}`,
        };
  return targetAt(said.listen, { token: token ?? said.token, config: options.config, otherwise: said.errors });
}

interface Rest {
  readonly token: string | undefined;
  readonly config: string | undefined;
  readonly otherwise?: string | null;
}

function targetAt(listen: string, { token, config, otherwise = null }: Rest): Target {
  if (/^https:/i.test(listen))
    return { ok: false, message: "the admin interface speaks no TLS: give its own address, such as 127.0.0.1:2112" };
  const reading = readListenAddress(placeOf(listen));
  return reading.ok
    ? { ok: true, address: reading.value, token, config, otherwise }
    : { ok: false, message: `the address of the admin interface ${reading.message}` };
}

type Said =
  /** `errors`: of the rest of the file. */
  | { readonly ok: true; readonly listen: string; readonly token: string | undefined; readonly errors: string | null }
  | { readonly ok: false; readonly errors: string };

async function saidIn(config: string): Promise<Said> {
  const loaded = await loadConfig(config);
  if (loaded.ok) {
    const { admin, gobetween } = loaded.config;
    return { ok: true, listen: admin.listen, token: admin.token ?? gobetween?.api?.password, errors: null };
  }
  const errors = `${config} has errors:\n${loaded.problems.map((each) => formatProblem(each)).join("\n")}`;
  const section = partOf(config, loaded);
  if (section === null) return { ok: false, errors };
  return { ok: true, listen: section.listen ?? usualListen, token: section.token ?? undefined, errors };
}

function partOf(config: string, { isRead }: Loaded & { ok: false }): ReturnType<typeof adminSectionOf> {
  try {
    return isRead ? adminSectionOf(config, readFileSync(config, "utf8"), process.env) : null;
  } catch {
    return null;
  }
}

/** Sent, it would be no header, and look as if nobody answered. */
function strangeToken(where: string, { 0: character, index }: RegExpExecArray): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `the token in ${where} can be none: its character ${index + 1} is U+${code}, and a token has letters, digits and signs of ASCII only`;
}

/** An address is often taken from where it stands as a link: from the log, or a browser. */
function placeOf(text: string): string {
  return text.trim().replace(/^http:\/\/([^/]+)\/?$/i, "$1");
}
