// A bind line as what a listener has of it: its addresses, TLS, PROXY header and limit. What global says of TLS stands behind what
// the line says. A PROXY header is believed from everybody in mode tcp, as in HAProxy; in mode http, where X-Forwarded-For of those who
// are believed counts too, from private addresses only.

import { isForHttp2 } from "../../compiletls.ts";
import type { ListenerInput, ListenerTlsInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import type { Origins } from "../origins.ts";
import { listenAddresses } from "./address.ts";
import { bindFlags, bindWords } from "./bindwords.ts";
import { readCrtList } from "./crtlist.ts";
import { based, type Ground } from "./ground.ts";
import { type Options, readOptions } from "./options.ts";
import { type Conversion, linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { readCount, warn } from "./tell.ts";
import { protocols, versionsOf } from "./tls.ts";

export interface Bind {
  readonly statement: Statement;
  readonly word: Word;
  readonly addresses: readonly string[];
  readonly isProxied: boolean;
  readonly maxConnections: number | null;
  /** Null without TLS. */
  readonly tls: ListenerTlsInput | null;
  /** Which word each of its certificates is from. */
  readonly certificateWords: readonly Word[];
  readonly options: Options;
}

const everybody: readonly string[] = ["0.0.0.0/0", "::/0"];
/** RFC 1918, RFC 4193 and loopback: where the proxies in front of HAProxy stand as a rule. */
const neighbours: readonly string[] = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::1/128",
  "fc00::/7",
];

/** Null when there is no address in it. */
export function readBind(
  conversion: Conversion,
  statement: Statement,
  mode: "http" | "tcp",
  ground: Ground,
): Bind | null {
  const { ledger } = conversion;
  const [, word, ...rest] = statement.words as [Word, Word | undefined, ...Word[]];
  if (word === undefined) {
    ledger.fault(linePath(statement), 'needs an address, as in "bind *:80"');
    return null;
  }
  const options = readOptions(ledger, rest, { words: bindWords, flags: bindFlags, where: "on a bind line" });
  const addresses = listenAddresses(ledger, word);
  reviewProtocol(ledger, options.value("proto"), mode);
  if (options.has("v6only") && addresses?.some((address) => address.startsWith(":")) === true)
    ledger.approximate(pathOf(options.word("v6only")!), "IPv4 clients are taken at this address too");
  const certificates = options.has("ssl") ? certificatesOf(conversion, options, ground) : [];
  const files = certificates.map(({ file }) => file);
  const tls = options.has("ssl") ? tlsOf(ledger, statement, options, mode, ground, files) : null;
  if (!options.has("ssl") && options.has("crt"))
    warn(ledger, options.word("crt")!, "does nothing without ssl, as in HAProxy: clients are taken without TLS");
  if (addresses === null) return null;
  // 0 is as good as none.
  const maxConnections = readCount(ledger, options.value("maxconn") ?? undefined, 0, 10_000_000) || null;
  const certificateWords = certificates.map((each) => each.word);
  const isProxied = options.has("accept-proxy");
  return { statement, word, addresses, isProxied, maxConnections, tls, certificateWords, options };
}

function reviewProtocol(ledger: Ledger, proto: Word | null, mode: "http" | "tcp"): void {
  if (proto === null || proto.text === "h1") return;
  if (proto.text !== "h2") ledger.refuse(pathOf(proto), `${proto.text} is not spoken; HTTP/1.1 and HTTP/2 are`);
  else if (mode === "tcp") ledger.refuse(pathOf(proto), "HTTP/2 is spoken in mode http only");
  else ledger.note(pathOf(proto), "HTTP/2 is understood there, and HTTP/1.1 too");
}

/** What all listeners of a bind have. `isHttp2Named`: HTTP/2 is spoken only where the line names it (option disable-h2-upgrade). */
export function bindKeys(
  ledger: Ledger,
  bind: Bind,
  mode: "http" | "tcp",
  isHttp2Named: boolean,
): Partial<ListenerInput> {
  if (bind.isProxied && mode === "http")
    ledger.approximate(
      pathOf(bind.options.word("accept-proxy")!),
      "PROXY headers are taken from private addresses only; name the proxies in front in trustedProxies",
    );
  return {
    ...(mode === "http" && isHttp1(bind, isHttp2Named) ? { http2: false } : {}),
    ...(bind.tls === null ? {} : { tls: bind.tls }),
    ...(bind.isProxied ? { proxyProtocol: true, trustedProxies: [...(mode === "tcp" ? everybody : neighbours)] } : {}),
  };
}

/** `proto h1` switches HTTP/2 off even where alpn offers it. */
function isHttp1({ options, tls }: Bind, isHttp2Named: boolean): boolean {
  const proto = options.value("proto")?.text;
  if (proto === "h1") return true;
  if (!isHttp2Named || proto === "h2") return false;
  return tls === null || (tls.alpn !== undefined && !tls.alpn.includes("h2"));
}

interface Certificate {
  readonly file: string;
  readonly word: Word;
}

/** In the order of the line: the first is shown to clients that name nobody. */
function certificatesOf(conversion: Conversion, options: Options, ground: Ground): readonly Certificate[] {
  const { ledger } = conversion;
  const from = (word: Word, text: string): Certificate => ({ file: based(ground.crtBase || ground.base, text), word });
  const lists = new Set(options.values("crt-list"));
  return [...options.values("crt"), ...lists]
    .toSorted((one, other) => one.index - other.index)
    .flatMap((word) => {
      if (!lists.has(word)) return [from(word, word.text)];
      const text = conversion.textOf(word.text);
      const list = text === null ? null : readCrtList(text);
      if (list === null) ledger.fault(pathOf(word), "cannot be read");
      else if (list.refused !== null) ledger.refuse(pathOf(word), list.refused);
      else if (list.files.length === 0) ledger.fault(pathOf(word), "names no certificate");
      return (list?.files ?? []).map((file) => from(word, file));
    });
}

function tlsOf(
  ledger: Ledger,
  statement: Statement,
  options: Options,
  mode: string,
  ground: Ground,
  files: readonly string[],
): ListenerTlsInput {
  if (files.length === 0 && !options.has("crt-list"))
    ledger.fault(linePath(statement), "needs a certificate with ssl: crt and a file");
  const clientCertificate = clientCertificateOf(ledger, options, ground);
  const versions = versionsOf(ledger, options, ground.bind);
  const alpn = offeredBy(ledger, options, mode, versions.minVersion ?? "1.2");
  const ciphers = options.value("ciphers")?.text ?? ground.bind.ciphers;
  return {
    certificates: files.length === 1 ? files[0]! : [...files],
    ...(options.has("strict-sni") ? { unknownName: "refuse" } : {}),
    ...versions,
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(alpn === null ? {} : { alpn }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(options.has("no-tls-tickets") || ground.bind.sessionTickets === false ? { sessionTickets: false } : {}),
  };
}

/** Null where that is what is offered anyway: in mode http HTTP/2 and HTTP/1.1, as by HAProxy from 2.8 on, in mode tcp nothing. */
function offeredBy(ledger: Ledger, options: Options, mode: string, minVersion: string): string[] | null {
  const word = options.lastOf(["alpn", "no-alpn"]);
  if (word === null) return null;
  const list = word.text === "alpn" ? options.value("alpn") : null;
  const names = protocols(list);
  if (mode === "tcp") return names.length > 0 ? [...names] : null;
  const others = names.filter((name) => name !== "h2" && name !== "http/1.1");
  if (others.length > 0)
    ledger.approximate(pathOf(list!), `${others.join(", ")} is not offered; HTTP/2 and HTTP/1.1 can be`);
  const isOld = !isForHttp2(minVersion);
  if (isOld && names.includes("h2"))
    ledger.approximate(
      pathOf(list!),
      `h2 is not offered where clients may come by TLS ${minVersion}: HTTP/2 needs TLS 1.2 (ssl-min-ver TLSv1.2)`,
    );
  const isHttp1Only = isOld || options.value("proto")?.text === "h1";
  const spoken = names.filter((name) => name === "http/1.1" || (name === "h2" && !isHttp1Only));
  return spoken.join() === (isHttp1Only ? "http/1.1" : "h2,http/1.1") ? null : spoken;
}

function clientCertificateOf(ledger: Ledger, options: Options, ground: Ground): ListenerTlsInput["clientCertificate"] {
  const verify = options.value("verify");
  const ca = options.value("ca-file");
  if (verify === null || verify.text === "none") return undefined;
  if (verify.text !== "optional" && verify.text !== "required")
    ledger.fault(pathOf(verify), "must be none, optional or required");
  else if (ca === null)
    ledger.fault(pathOf(verify), "needs ca-file beside it: the authorities that sign clients' certificates");
  else return { mode: verify.text, ca: based(ground.caBase || ground.base, ca.text) };
  return undefined;
}

/** Which words our keys come from. */
export function tellBindOrigins(
  origins: Origins,
  ours: Path,
  { word, options, statement, certificateWords }: Bind,
): void {
  const pairs: Readonly<Record<string, string>> = {
    ciphers: "ciphers",
    alpn: "alpn",
    minVersion: "ssl-min-ver",
    maxVersion: "ssl-max-ver",
    clientCertificate: "ca-file",
  };
  origins.add([...ours, "listen"], pathOf(word));
  origins.add([...ours, "tls"], linePath(statement));
  origins.add([...ours, "http2"], linePath(statement));
  for (const [key, name] of Object.entries(pairs)) {
    const value = options.value(name);
    if (value !== null) origins.add([...ours, "tls", key], pathOf(value));
  }
  if (certificateWords[0] !== undefined) origins.add([...ours, "tls", "certificates"], pathOf(certificateWords[0]));
  for (const [index, value] of certificateWords.entries())
    origins.add([...ours, "tls", "certificates", index], pathOf(value));
}
