// The section acme: from which authority certificates are got by themselves (ACME, RFC 8555), and with what. For which names stands at each
// listener's tls. What these mean together is for reviewacme.ts to say.

import { domainToASCII } from "node:url";
import { z } from "zod";
import { isIp } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { AcmeInput } from "./input.ts";
import { isServerName } from "./servername.ts";
import { choice, duration, filePath, list, says, section, text } from "./term.ts";
import type { Acme } from "./types.ts";

/** Names of authorities, with the address of their directory. */
export const directories: Readonly<Record<string, string>> = {
  letsencrypt: "https://acme-v02.api.letsencrypt.org/directory",
  "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
};

/** Let's Encrypt takes no more in one certificate. */
const namesMax = 100;
/** At most so many certificates for one listener. */
const certificatesMax = 1000;

const directoryExpected =
  'letsencrypt, letsencrypt-staging, or an address such as "https://ca.internal/acme/directory"';

function readDirectory(text: string): Reading<string> {
  const url = URL.parse(directories[text] ?? text);
  if (url === null) return misread(`must be ${directoryExpected}, not ${quote(text)}`);
  if (url.protocol !== "https:") return misread(`must be an address that begins with https:// (RFC 8555 6.1)`);
  if (url.username !== "" || url.password !== "") return misread("must be an address without user and password");
  return read(text);
}

function readEmail(text: string): Reading<string> {
  if (/^[^\s@<>,;?&"]{1,64}@[^\s@<>,;?&"]{1,253}$/.test(text)) return read(text);
  return misread(`must be one address such as "ops@example.org", not ${quote(text)}`);
}

const isAscii = /^[\x20-\x7e]*$/;

function readName(text: string): Reading<string> {
  if (text.startsWith("*."))
    return misread(
      `must be a whole name: for ${quote(text)} authorities ask for a record in the DNS (DNS-01), which Sluice does not write; name the hosts, or have another program get the certificate and name its file in certificates`,
    );
  if (isIp(text)) return misread(`must be a DNS name, not the address ${quote(text)}`);
  if (text.endsWith(".")) return misread(`must have no dot at its end: write ${quote(text.slice(0, -1))}`);
  if (isServerName(text) && !text.includes("_")) return read(text);
  const ascii = domainToASCII(text);
  if (!isAscii.test(text) && isServerName(ascii))
    return misread(`must be written as it stands in the DNS: ${quote(ascii)}, not ${quote(text)}`);
  return misread(`must be a DNS name such as "www.example.org", not ${quote(text)}`);
}

// As with tokens: no message quotes it.
const hmacExpected = "must be a text of 16 to 1024 letters, digits, - and _ (base64url), without spaces";
const idExpected = "the key identifier that the authority gave, without spaces";

const externalAccount = section({
  id: z
    .string({ error: says(idExpected) })
    .regex(/^[\x21-\x7e]{1,1024}$/, { error: says(idExpected) })
    .describe("The identifier of the key (kid)."),
  hmacKey: z
    .string({ error: hmacExpected })
    .regex(/^[A-Za-z0-9_-]{16,1024}={0,2}$/, { error: hmacExpected })
    .describe(
      "The key itself (HMAC), in base64url as authorities give it. In a text file, take it from the environment.",
    ),
}).meta({
  id: "ExternalAccount",
  description:
    "An account that is there already at authorities that want one (external account binding, RFC 8555 7.3.4).",
});

const termsExpected =
  "true, which says that you have read and agree to the authority's terms of service (Let's Encrypt: https://letsencrypt.org/repository/)";

export const acme: z.ZodType<Acme, AcmeInput> = section({
  agreeToTerms: z
    .literal(true, { error: says(termsExpected) })
    .describe(
      "true: you have read and agree to the authority's terms of service. Without it no certificate is asked for. Let's Encrypt's are at https://letsencrypt.org/repository/.",
    ),
  email: text('an address such as "ops@example.org"', readEmail)
    .optional()
    .describe("Where the authority writes to in case of trouble; some authorities want one."),
  directory: text(directoryExpected, readDirectory)
    .default("letsencrypt")
    .describe(
      "The authority: letsencrypt, letsencrypt-staging for trials (browsers do not trust those certificates, and its limits are wide), or the address of another's directory.",
    ),
  ca: filePath("the path of a PEM file with authorities")
    .optional()
    .describe("A PEM file of the authorities that the directory's own certificate is signed by; absent: the system's."),
  key: choice(["ecdsa-p256", "rsa-2048"])
    .default("ecdsa-p256")
    .describe("The kind of key that certificates are for; each certificate gets a new one."),
  externalAccount: externalAccount.optional().describe("Absent: the account at the authority is a new one."),
  renewBefore: duration("1m", "365d")
    .optional()
    .describe(
      "How long before its end a certificate is renewed, at most half of its life. Absent: when a third of its life is left.",
    ),
  folder: filePath("the path of a folder")
    .default("acme")
    .describe(
      "Where the account's key, certificates and their keys are kept; made where it is not there. It must outlive restarts of the machine (as a service: /var/lib/sluice/acme). Paths start at this file's folder.",
    ),
}).meta({
  id: "Acme",
  description:
    "Certificates from an authority (ACME), got and renewed by Sluice itself for the names that listeners have under tls.acme.",
});

const name = text('a DNS name such as "www.example.org"', readName);

function listBounded<T>(item: z.ZodType<T, T>, what: string, most: number): z.ZodType<T[], T[]> {
  return list(item, what, 1).check(({ value, issues }) => {
    const message = `must have at most ${most}, not ${value.length}`;
    if (Array.isArray(value) && value.length > most) issues.push({ code: "custom", message, input: value });
  });
}

/** Of a listener's tls. */
export const acmeNames: z.ZodType<(string | string[])[], (string | string[])[]> = listBounded(
  z.union([name, listBounded(name, "names", namesMax)], {
    error: says('a DNS name such as "www.example.org", or a list of names that share a certificate'),
  }),
  "names",
  certificatesMax,
);
