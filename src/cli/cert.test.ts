import { expect, test } from "bun:test";
import type { AcmeCertificateStatus } from "../control/acme/acme.ts";
import type { CertificateStatus } from "../control/certificatestatus.ts";
import { cert, certText, renew } from "./cert.ts";

const one: CertificateStatus = {
  file: "/etc/letsencrypt/live/example.com/fullchain.pem",
  source: "file",
  names: ["example.com", "www.example.com", "api.example.com"],
  listeners: ["web", "mail"],
  defaultOf: ["web"],
  subject: "example.com",
  issuer: "Let's Encrypt R11",
  isSelfSigned: false,
  serial: "0a",
  fingerprint: "ff",
  keyType: "ECDSA P-256",
  notAfter: "2027-02-19T08:00:00.000Z",
  daysLeft: 89,
};

test("the soonest to expire stands first, and what is wrong is in capitals", () => {
  const certificates = [
    one,
    { ...one, file: "/etc/letsencrypt/live/b/fullchain.pem", names: ["b.test"], daysLeft: 5, defaultOf: [] },
    { ...one, file: "/etc/letsencrypt/live/c.pem", names: [], daysLeft: -1, isSelfSigned: true, keyType: "RSA 2048" },
  ];
  const problems = ["listeners.web.tls.certificates has live/d.pem, which is empty; it is left out"];
  expect(certText({ certificates, acme: [], problems })).toMatchInlineSnapshot(`
    "files in /etc/letsencrypt/live
      NAME            LISTENER   DAYS  STATE    UNTIL       KEY       ISSUER             FILE
      -               web*,mail    -1  EXPIRED  2027-02-19  RSA 2048  itself             c.pem
      b.test          web,mail      5  EXPIRES  2027-02-19  P-256     Let's Encrypt R11  b/fullchain.pem
      example.com +2  web*,mail    89  ok       2027-02-19  P-256     Let's Encrypt R11  example.com/fullchain.pem

    not as they should be:
      listeners.web.tls.certificates has live/d.pem, which is empty; it is left out"
  `);
});

test("without TLS there is nothing to show", () => {
  expect(certText({ certificates: [], acme: [], problems: [] })).toBe("no listener shows a certificate");
});

test("what the admin interface answers is shown, or printed as it is", async () => {
  const answer = { certificates: [one], acme: [], problems: [] };
  const admin = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      new URL(request.url).pathname === "/api/v1/certificates"
        ? Response.json(answer)
        : new Response("", { status: 404 }),
  });
  const said: string[] = [];
  const writer = {
    out: (text: string) => said.push(text),
    err: (text: string) => said.push(text),
    note: (text: string) => said.push(text),
  };
  expect(await cert({ admin: `127.0.0.1:${admin.port}`, json: true }, writer)).toBe(0);
  expect(JSON.parse(said.pop()!)).toEqual(answer);
  expect(await cert({ admin: `127.0.0.1:${admin.port}` }, writer)).toBe(0);
  expect(said.pop()).toContain("example.com +2");
  await admin.stop(true);
});

const asked: AcmeCertificateStatus = {
  ...{ names: ["a.example", "www.a.example"], listeners: ["web"], state: "failing" },
  ...{ directory: "https://acme-v02.api.letsencrypt.org/directory", file: null, nextAt: "2026-11-23T05:10:00.000Z" },
  ...{ lastError: "a.example could not be verified: 404", lastErrorAt: "2026-11-23T05:00:00.000Z" },
};

test("what an authority gives is told with the next order, and what it has not given with its words", () => {
  const placeholder: CertificateStatus = {
    ...{ ...one, source: "placeholder", file: "acme:a.example", names: ["a.example", "www.a.example"] },
    ...{
      daysLeft: 3650,
      issuer: "Sluice: no certificate yet",
      isSelfSigned: true,
      notAfter: "2036-11-21T05:00:00.000Z",
    },
  };
  expect(certText({ certificates: [placeholder], acme: [asked], problems: [] })).toMatchInlineSnapshot(`
    "  NAME          LISTENER   DAYS  STATE    UNTIL  KEY    ISSUER  FILE
      a.example +1  web*,mail     -  MISSING  -      P-256  itself  placeholder

    from an authority
      NAME          STATE    NEXT ORDER            AUTHORITY
      a.example +1  FAILING  2026-11-23 05:10 UTC  acme-v02.api.letsencrypt.org

    what the authority did not give:
      a.example +1: a.example could not be verified: 404 (2026-11-23 05:00 UTC)"
  `);
});

test("an order is asked for by a name, and what stands against it is told", async () => {
  const paths: string[] = [];
  const admin = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      paths.push(`${request.method} ${pathname}`);
      return pathname.includes("nobody")
        ? Response.json({ error: "no certificate is for nobody" }, { status: 404 })
        : Response.json(asked, { status: 202 });
    },
  });
  const said: string[] = [];
  const say = (text: string): number => said.push(text);
  const writer = { out: say, err: say, note: say };
  const options = { admin: `127.0.0.1:${admin.port}` };
  expect(await renew("a.example", options, writer)).toBe(0);
  expect(await renew("nobody", options, writer)).toBe(1);
  expect(said).toEqual([
    "a.example +1 is asked for next; `sluice cert` says how it went",
    "sluice: no certificate is for nobody",
  ]);
  expect(paths[0]).toBe("POST /api/v1/certificates/a.example/renew");
  await admin.stop(true);
});
