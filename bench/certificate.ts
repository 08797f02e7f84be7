// A certificate for the proxies that are measured, made by openssl: self-signed, on the P-256 curve that most sites use today.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../scripts/stage/command.ts";

const timeoutMs = 20_000;

/** Path of a PEM file that holds certificate and key. */
export async function makeCertificate(folder: string): Promise<string> {
  const [key, certificate, both] = ["bench.key", "bench.crt", "bench.pem"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const subject = ["-subj", "/CN=bench.example", "-addext", "subjectAltName=DNS:bench.example"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
  const args = ["req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject];
  const outcome = await run("openssl", args, { timeoutMs });
  if (outcome.code !== 0) throw new Error(`openssl made no certificate: ${outcome.output}`);
  writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"), { mode: 0o600 });
  return both;
}
