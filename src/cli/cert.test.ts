import { expect, test } from "bun:test";
import type { CertificateStatus } from "../control/certificatestatus.ts";
import { cert, certText } from "./cert.ts";

const one: CertificateStatus = {
  file: "/etc/letsencrypt/live/example.com/fullchain.pem",
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
  expect(certText({ certificates, problems })).toMatchInlineSnapshot(`
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
  expect(certText({ certificates: [], problems: [] })).toBe("no listener shows a certificate");
});

test("what the admin interface answers is shown, or printed as it is", async () => {
  const answer = { certificates: [one], problems: [] };
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
