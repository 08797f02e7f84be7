import { afterAll, expect, test } from "bun:test";
import { Authority } from "../../test/authority.ts";
import { judgeCertificate } from "../config/certificate.ts";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { noMaterials } from "../config/materials.ts";
import { Slots } from "../config/slots.ts";
import { certificateStatus } from "./certificatestatus.ts";

const authority = new Authority("Test CA");
afterAll(() => authority[Symbol.dispose]());

test("each certificate says who shows it, and nothing of its key is told", () => {
  const { cert, key } = authority.issue(["DNS:a.test"], 30);
  const judged = judgeCertificate("/etc/a.pem", { name: "a.pem", text: cert + key }, { file: null, sought: [] });
  if (!judged.ok) throw new Error(judged.message);
  const { certificate } = judged;
  const { config } = judge({
    listeners: {
      web: { listen: ":8443", use: "app", tls: { certificates: "a.pem" } },
      strict: { listen: ":8444", use: "app", tls: { certificates: "a.pem", unknownName: "refuse" } },
      plain: { listen: ":8080", use: "app" },
    },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  const materials = { ...noMaterials, certificatesOf: () => [certificate] };
  const plan = compile(config!, new Slots(), () => undefined, 1, materials);
  const status = certificateStatus(plan, certificate.notAfterMs - 3_600_000);
  expect(status).toMatchObject([
    {
      file: "/etc/a.pem",
      names: ["a.test"],
      listeners: ["web", "strict"],
      defaultOf: ["web"],
      issuer: "Test CA",
      keyType: "ECDSA P-256",
      daysLeft: 0,
    },
  ]);
  expect(JSON.stringify(status)).not.toContain(key.split("\n")[1]!);
});
