// The keys of TLS, towards clients and towards servers. Files are only named here; what stands in them is read and judged by
// loadmaterials.ts. Which of these keys contradict each other is for reviewtls.ts to say.

import { z } from "zod";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { acmeNames } from "./acmeschema.ts";
import type { ListenerTlsInput, ServerTlsInput } from "./input.ts";
import { isServerName } from "./servername.ts";
import { choice, filePath, flag, list, says, section, show, text, words } from "./term.ts";
import type { ListenerTls, ServerTls } from "./types.ts";

const versions = ["1.0", "1.1", "1.2", "1.3"] as const;
type Version = (typeof versions)[number];

/** YAML and TOML read 1.2 as a number, and other programs write TLSv1.2: both are told how it is written here. */
const version: z.ZodType<Version, Version> = z.enum(versions, {
  error: ({ input }) => {
    const text = typeof input === "string" || typeof input === "number" ? String(input) : "";
    const digits = /^(?:tls ?v?)?(1(?:[._][0-3])?)$/i.exec(text)?.[1]?.replace("_", ".");
    if (digits === undefined)
      return says(`one of ${versions.map((one) => quote(one)).join(", ")}`)({ code: "invalid_value", input });
    return `must be the text ${quote(digits === "1" ? "1.0" : digits)} in quotes, not ${show(input)}`;
  },
}) as unknown as z.ZodType<Version, Version>; // Zod's type of an enum is narrower than what is exported.

const ciphers = words(
  "OpenSSL's names of ciphers with colons between, without spaces",
  /^[A-Za-z0-9_@=!+:,-]{1,4096}$/,
).optional();

const protocol = words("the name of a protocol, of 1 to 255 characters without spaces", /^[\x21-\x7e]{1,255}$/);

const certificateFiles = section({
  certificate: filePath("the path of a PEM file with the certificate").describe(
    "A PEM file: the certificate, then its chain.",
  ),
  key: filePath("the path of a PEM file with the key").describe("The PEM file of its private key, not encrypted."),
}).meta({ id: "CertificateFiles", description: "A certificate whose key stands in another file." });

const certificatesExpected = "the path of a PEM file or of a folder of them";
const certificatePath = filePath(certificatesExpected);

const clientCertificate = section({
  mode: choice(["optional", "required"])
    .default("required")
    .describe(
      "required: who shows none is refused. optional: who shows none is let in; one that is shown must be good.",
    ),
  ca: filePath("the path of a PEM file with authorities").describe(
    "A PEM file of the authorities that sign clients' certificates.",
  ),
}).meta({ id: "ClientCertificate", description: "Clients are asked for certificates of their own (mTLS)." });

export const listenerTls: z.ZodType<ListenerTls, ListenerTlsInput> = section({
  certificates: z
    .union(
      [
        certificatePath,
        list(
          z.union([certificatePath, certificateFiles], {
            error: says(`${certificatesExpected}, or a section with certificate and key`),
          }),
          "certificates",
          1,
        ),
      ],
      { error: says(`${certificatesExpected}, or a list of such paths and of sections with certificate and key`) },
    )
    .optional()
    .describe(
      "What is shown to clients, chosen by the name that they ask for: PEM files that hold certificate, chain and key (or have the key beside them: site.crt and site.key, fullchain.pem and privkey.pem), folders of such, or sections with certificate and key. Changed files are taken up while traffic goes on. Paths start at this file's folder. Absent: those of acme alone.",
    ),
  acme: acmeNames
    .optional()
    .describe(
      "Names that certificates are got for from an authority, as the section acme says: each a name, which has a certificate of its own, or a list of names that share one. Beside certificates, or instead.",
    ),
  default: words("a DNS name, or the file name of a certificate", /^[^\0]{1,4096}$/)
    .optional()
    .describe(
      "The certificate for clients that ask for no name, or for one that none is for: a name that it is for, or its file's name. Absent: the first.",
    ),
  unknownName: choice(["default", "refuse"])
    .default("default")
    .describe(
      "Clients that ask for a name that no certificate is for, or for none, get the default one, or are refused and shown none.",
    ),
  minVersion: version.default("1.2").describe("The oldest version of TLS that is spoken."),
  maxVersion: version.default("1.3").describe("The newest version of TLS that is spoken."),
  ciphers: ciphers.describe("Ciphers of TLS 1.2 and older, as OpenSSL lists them; absent: the runtime's own choice."),
  alpn: list(protocol, "protocols")
    .optional()
    .describe(
      'Protocols offered to clients, in order of preference. In mode http these can be "h2" and "http/1.1". Absent: both in that order, with http2: false or a minVersion below 1.2 "http/1.1" alone, none in mode tcp.',
    ),
  clientCertificate: clientCertificate.optional().describe("Absent: clients are not asked for certificates."),
  sessionTickets: flag()
    .default(true)
    .describe("Let clients come back without a full handshake. false costs CPU on both sides."),
  ja4: flag().default(false).describe("Take the JA4 fingerprint of each client's hello, for the access log."),
}).meta({
  id: "ListenerTls",
  description: "TLS towards clients: certificates, versions, and whether clients show certificates too.",
});

function readName(text: string): Reading<string> {
  if (isServerName(text)) return read(text);
  return misread(`must be the name or IP address that the certificate is for, not ${quote(text)}`);
}

export const serverTls: z.ZodType<ServerTls, ServerTlsInput> = section({
  ca: filePath("the path of a PEM file with authorities")
    .optional()
    .describe("A PEM file of the authorities that are trusted; absent: the system's."),
  serverName: text("the name or IP address that the certificate is for", readName)
    .optional()
    .describe(
      "What the server's certificate must be for, and the name asked for (SNI). Absent: the host of its address.",
    ),
  verify: flag()
    .optional()
    .describe("false trusts whatever certificate the server shows, a stranger's too (true when absent)."),
  certificate: filePath("the path of a PEM file with a certificate")
    .optional()
    .describe("A PEM file of the certificate that is shown to servers that ask for one; key goes with it."),
  key: filePath("the path of a PEM file with a key")
    .optional()
    .describe("The PEM file of that certificate's private key."),
  minVersion: version.optional().describe('The oldest version of TLS that is spoken ("1.2" when absent).'),
  maxVersion: version.optional().describe('The newest version of TLS that is spoken ("1.3" when absent).'),
  ciphers: ciphers.describe("Ciphers of TLS 1.2 and older, as OpenSSL lists them; absent: the runtime's own choice."),
  alpn: list(protocol, "protocols")
    .optional()
    .describe('Protocols offered to the server; absent: none, with http2 "h2" before "http/1.1".'),
}).meta({
  id: "ServerTls",
  description: "TLS towards servers. A server's own keys come before those of its pool, key by key.",
});

/** Of a pool and of a server alike. */
export const tlsOrNot: z.ZodType<boolean | ServerTls, boolean | ServerTlsInput> = z.union([flag(), serverTls], {
  error: says("true, false, or a section with keys such as ca and serverName"),
});
