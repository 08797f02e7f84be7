// Which servers of an nginx send on from an address of their own: those with listen and proxy_bind, or else, as ipmanager knows them, with
// the text "port->address" that their /test returns. It reads text by text, follows include, and says of what it leaves out where it
// stands and why. Where texts come from is for loadegress.ts.

import { addressText, readAddressRange } from "../addressrange.ts";
import { type Directive, readNginx } from "./syntax.ts";

/** A server block. */
export interface Gateway {
  readonly address: string;
  readonly port: number;
}

/** What is to be known of a file: `message` continues "FILE:LINE". */
export interface Remark {
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface Source {
  /** The text of a file, by its whole path. */
  readonly text: (
    file: string,
  ) => { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };
  /** Files that an include means, by their whole paths, in order. Null: it names one file that is not there. */
  readonly included: (pattern: string) => readonly string[] | null;
}

const includeDepthMax = 8;
const filesMax = 10_000;
const bytesMax = 64 * 1024 * 1024;

export class GatewayReader {
  readonly gateways: Gateway[] = [];
  readonly remarks: Remark[] = [];
  readonly #source: Source;
  readonly #ports = new Map<number, string>();
  readonly #addresses = new Map<string, string>();
  #files = 0;
  #bytes = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  read(file: string): void {
    for (const directive of this.#fileOf(file, 0, null)) this.#visit(directive, file, 0, null);
  }

  /** Null at `asked` for the file that the config names. */
  #fileOf(file: string, depth: number, asked: Place | null): readonly Directive[] {
    const place = asked ?? { file, line: 0 };
    if (depth > includeDepthMax) return this.#say("error", place, "includes files more than 8 deep");
    this.#files += 1;
    if (this.#files > filesMax)
      return this.#files > filesMax + 1 ? [] : this.#say("error", place, "includes too many files");
    const read = this.#source.text(file);
    if (!read.ok)
      return this.#say("error", place, asked === null ? read.message : `includes ${file}, which ${read.message}`);
    this.#bytes += read.text.length;
    if (this.#bytes > bytesMax) return this.#say("error", place, "is, with what it includes, larger than 64 MB");
    const parsed = readNginx(read.text);
    if (parsed.ok) return parsed.directives;
    return this.#say("error", { file, line: parsed.line }, parsed.message);
  }

  #visit(directive: Directive, file: string, depth: number, outer: Bind | null): Bind | null {
    const { name, words, line, block } = directive;
    if (name === "include" && block === null) {
      let bind = outer;
      for (const { directive: one, file: from } of this.#included(words[0] ?? "", { file, line }, depth))
        bind = this.#visit(one, from, depth + 1, bind);
      return bind;
    }
    if (name === "proxy_bind" && block === null) return { word: words[0] ?? "", file, line };
    if (block === null || name === "stream" || name === "mail" || name === "upstream") return outer;
    if (name === "server") {
      this.#server(block, { file, line }, depth, outer);
      return outer;
    }
    let bind = outer;
    // What is said for all of a block holds for the servers before it, too.
    for (const one of block) if (one.name === "proxy_bind") bind = this.#visit(one, file, depth, bind);
    for (const one of block) bind = this.#visit(one, file, depth, bind);
    return outer;
  }

  #included(pattern: string, place: Place, depth: number): { directive: Directive; file: string }[] {
    const files = this.#source.included(pattern);
    if (files === null) {
      this.#say("warning", place, `includes ${pattern}, which is not there`);
      return [];
    }
    return files.flatMap((file) => this.#fileOf(file, depth + 1, place).map((directive) => ({ directive, file })));
  }

  #server(block: readonly Directive[], place: Place, depth: number, outer: Bind | null): void {
    const found: Found = { listens: [], binds: [], tests: [] };
    this.#gather(block, place.file, depth, "", found);
    const bind = this.#bindOf(found, outer);
    const test = found.tests[0];
    if (bind === null && test === undefined) return;
    const port = found.listens[0] ?? null;
    const address = bind === null ? test!.address : addressOf(bind.word);
    if (bind !== null && address === null) {
      const why = bind.word.includes("$") ? "a variable, so that nobody here knows the address" : "what is no address";
      this.#say("warning", bind, `has proxy_bind with ${why} (${bind.word.slice(0, 60)}); its server is left out`);
    } else if (port === null && (bind !== null || test === undefined))
      this.#say("warning", place, "has a server without a port that can be spoken to in the clear; it is left out");
    else this.#add(address!, port ?? test!.port, place, test);
  }

  /** Of several proxy_binds that of location / counts, or else the server's own, or else the first. */
  #bindOf({ binds }: Found, outer: Bind | null): Bind | null {
    const said =
      binds.find(({ location }) => location === "/") ?? binds.find(({ location }) => location === "") ?? binds[0];
    if (said === undefined) return outer === null || outer.word === "off" ? null : outer;
    const other = binds.find(({ word }) => word !== said.word && word !== "off");
    if (other !== undefined)
      this.#say(
        "warning",
        other,
        `has another proxy_bind than line ${said.line}, which counts: a server is one member`,
      );
    return said.word === "off" ? null : said;
  }

  #gather(block: readonly Directive[], file: string, depth: number, location: string, found: Found): void {
    for (const { name, words, line, block: inner } of block) {
      if (name === "include" && inner === null)
        for (const { directive, file: from } of this.#included(words[0] ?? "", { file, line }, depth))
          this.#gather([directive], from, depth + 1, location, found);
      else if (name === "listen" && location === "") {
        const port = portOf(words);
        if (port !== null) found.listens.push(port);
      } else if (name === "proxy_bind") found.binds.push({ word: words[0] ?? "", file, line, location });
      else if (name === "return" && location === "/test") {
        const told = /(\d{1,5})\s*->\s*\[?([0-9A-Fa-f.:]+)/.exec(words.at(-1) ?? "");
        const address = told === null ? null : addressOf(told[2]!);
        if (told !== null && address !== null && isPort(Number(told[1])))
          found.tests.push({ port: Number(told[1]), address, file, line });
      } else if (inner !== null)
        this.#gather(inner, file, depth, name === "location" ? (words.at(-1) ?? "") : location, found);
    }
  }

  #add(address: string, port: number, place: Place, test: Test | undefined): void {
    if (test !== undefined && (test.port !== port || test.address !== address))
      this.#say("warning", test, `says ${test.port}->${test.address}, where it is ${port}->${address}, which counts`);
    const here = `${place.file}:${place.line}`;
    const samePort = this.#ports.get(port);
    const sameAddress = this.#addresses.get(address);
    if (samePort !== undefined)
      this.#say("warning", place, `has the port ${port} of the server at ${samePort}, which counts`);
    else if (sameAddress !== undefined)
      this.#say("warning", place, `has the address ${address} of the server at ${sameAddress}, which counts`);
    if (samePort !== undefined || sameAddress !== undefined) return;
    this.#ports.set(port, here);
    this.#addresses.set(address, here);
    this.gateways.push({ address, port });
  }

  #say(severity: Remark["severity"], { file, line }: Place, message: string): [] {
    this.remarks.push({ severity, file, line, message });
    return [];
  }
}

interface Place {
  readonly file: string;
  readonly line: number;
}
interface Bind extends Place {
  readonly word: string;
}
interface Test extends Place {
  readonly port: number;
  readonly address: string;
}
interface Found {
  readonly listens: number[];
  readonly binds: (Bind & { readonly location: string })[];
  readonly tests: Test[];
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/** Null for what is not spoken to by TCP in the clear. */
function portOf([written = "", ...options]: readonly string[]): number | null {
  if (written.startsWith("unix:") || options.some((option) => option === "ssl" || option === "quic")) return null;
  const digits = /^(?:.*:)?(\d{1,5})$/.exec(written)?.[1];
  // "listen 127.0.0.1" and "listen [::]" mean port 80; a bare IPv6 address is none that nginx takes.
  const port = /^\d+\.\d+\.\d+\.\d+$/.test(written) || digits === undefined ? 80 : Number(digits);
  return isPort(port) ? port : null;
}

/** As it is written canonically; a port behind it is nginx' business. */
function addressOf(written: string): string | null {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(written)?.[1] ?? written.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  if (/[-/]/.test(bare)) return null;
  const reading = readAddressRange(bare);
  return reading.ok ? addressText(reading.value.first) : null;
}
