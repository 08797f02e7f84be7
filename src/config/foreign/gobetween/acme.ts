// [acme] and `acme_hosts`: certificates that gobetween gets from Let's Encrypt for each host by itself. Its defaults are written out: it
// agrees to the terms, listens on port 80, and keeps what it gets in /tmp. On http_bind it answers challenges, sends GET and HEAD on to https
// by 302, and refuses all else (Go's autocert does that for it); here a listener does the same.

import type { AcmeInput, ListenerInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";

export interface AcmeParts {
  readonly acme: AcmeInput;
  readonly listener: ListenerInput;
}

const usual = { bind: "0.0.0.0:80", folder: "/tmp" };

/** Undefined where there is no such section, or none that can be had. */
export function acmeOf(root: Table, origins: Origins): AcmeParts | undefined {
  const section = root.section("acme");
  if (section === undefined) return undefined;
  const challenge = section.text("challenge") || "http";
  const bind = section.text("http_bind") || usual.bind;
  const folder = section.text("cache_dir") || usual.folder;
  section.finish("gobetween");
  origins.add(["acme"], section.path);
  if (challenge !== "http") {
    section.ledger.refuse(
      section.at("challenge"),
      'authorities are answered over HTTP only, which challenge = "http" stands for',
    );
    return undefined;
  }
  if (section.has("cache_dir"))
    section.ledger.approximate(
      section.at("cache_dir"),
      "account, keys and certificates are kept there in a folder of Sluice's own; what gobetween has left there is not read, so that each certificate is asked for once more",
    );
  origins.add(["acme", "folder"], section.at("cache_dir"));
  return { acme: { agreeToTerms: true, folder }, listener: { listen: bind, ...answering } };
}

const answering: Pick<ListenerInput, "mode" | "redirect" | "rules"> = {
  mode: "http",
  redirect: { to: "https", status: 302 },
  rules: [
    { if: "path.startsWith('/.well-known/acme-challenge/')", reply: { status: 404, body: "no such token\n" } },
    { if: "!(method in ['GET', 'HEAD'])", reply: { status: 400, body: "Use HTTPS\n" } },
  ],
};

/** Where its keys stand in gobetween's file, by the listener's name here. */
export function placeListener(name: string, origins: Origins): void {
  origins.add(["listeners", name], ["acme"]);
  origins.add(["listeners", name, "listen"], ["acme", "http_bind"]);
}

/** Hosts without the section are passed over by gobetween, which then wants files. `ledger`: null where all has been told. */
export function withoutAcme(listener: ListenerInput, at: Path, ledger: Ledger | null): ListenerInput {
  if (listener.tls?.acme === undefined) return listener;
  const { acme: _, ...tls } = listener.tls;
  const { tls: __, ...plain } = listener;
  if (ledger === null) return tls.certificates === undefined ? plain : { ...listener, tls };
  if (tls.certificates === undefined) ledger.fault(at, "needs the section [acme], which may be empty");
  else ledger.approximate(at, "nothing is asked for without the section [acme]: the file in cert_path is shown");
  return tls.certificates === undefined ? plain : { ...listener, tls };
}
