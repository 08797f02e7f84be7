// Certificates for tests, made by openssl in a folder that is removed again: an authority of its own, what it issues, and what
// nobody has issued. Nothing is kept in the repository, so nothing expires there and no key is lying about.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export class Authority implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sluice-authority-"));
  /** Its own certificate. */
  readonly cert: string;
  readonly name: string;
  #count = 0;

  constructor(name = "Test CA") {
    this.name = name;
    this.cert = this.#selfSigned("ca", name, []).cert;
  }

  /** A certificate for these names, such as `DNS:a.test` or `IP:127.0.0.1`. `days` may be -1: it expired yesterday. */
  issue(names: readonly string[], days = 30): Issued {
    const file = `issued${this.#count++}`;
    this.#key(file);
    writeFileSync(join(this.folder, `${file}.ext`), `subjectAltName=${names.join(",")}\n`);
    const subject = `/CN=${names[0]!.replace(/^\w+:/, "")}`;
    this.#openssl("req", "-new", "-key", `${file}.key`, "-subj", subject, "-out", `${file}.csr`);
    const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${file}.ext`];
    this.#openssl("x509", "-req", "-in", `${file}.csr`, ...signed, "-days", String(days), "-out", `${file}.crt`);
    return this.#read(file);
  }

  /** A certificate that vouches for itself. */
  selfSigned(name: string): Issued {
    return this.#selfSigned(`self${this.#count++}`, name, ["-addext", `subjectAltName=DNS:${name}`]);
  }

  /** The path of a file with this text, for programs that want files. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #selfSigned(file: string, name: string, more: readonly string[]): Issued {
    this.#key(file);
    const subject = ["-key", `${file}.key`, "-subj", `/CN=${name}`];
    this.#openssl("req", "-x509", "-new", ...subject, "-days", "30", "-out", `${file}.crt`, ...more);
    return this.#read(file);
  }

  #key(file: string): void {
    this.#openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${file}.key`);
  }

  #read(file: string): Issued {
    const read = (ending: string): string => readFileSync(join(this.folder, `${file}.${ending}`), "utf8");
    return { cert: read("crt"), key: read("key") };
  }

  #openssl(...args: readonly string[]): void {
    const { status, stderr, error } = spawnSync("openssl", args, { cwd: this.folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${error?.message ?? stderr}`);
  }
}
