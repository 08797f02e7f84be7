import { expect, test } from "bun:test";
import type { AcmeCertificateStatus, RenewAnswer } from "../acme/acme.ts";
import { certificateOperations } from "./certificates.ts";
import { Router } from "./router.ts";

const certificate: AcmeCertificateStatus = {
  ...{ names: ["a.example"], listeners: ["web"], state: "waiting", directory: "https://ca/dir", file: null },
  ...{ nextAt: "2026-01-01T00:00:00.000Z", lastError: null, lastErrorAt: null },
};

async function asked(answer: RenewAnswer): Promise<[number, unknown]> {
  const names: string[] = [];
  const renew = (name: string): RenewAnswer => {
    names.push(name);
    return answer;
  };
  const router = new Router(certificateOperations({ renew }));
  const request = new Request("http://127.0.0.1/api/v1/certificates/a.example/renew", { method: "POST" });
  const found = router.find("POST", new URL(request.url).pathname);
  if (found?.kind !== "operation") throw new Error("there is no such operation");
  const { response } = await router.answer(request, found, "127.0.0.1");
  expect(names).toEqual(["a.example"]);
  return [response.status, await response.json()];
}

test("what is asked for is told, and what cannot be is refused with the reason", async () => {
  expect(await asked({ ok: true, certificate })).toEqual([202, certificate]);
  expect(await asked({ ok: false, why: "missing", message: "none" })).toEqual([404, { error: "none" }]);
  expect(await asked({ ok: false, why: "busy", message: "later" })).toEqual([409, { error: "later" }]);
});
