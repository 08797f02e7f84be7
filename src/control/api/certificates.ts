// Certificates of an authority over the admin interface: to have one got again now. What is in use is listed with the status (status.ts).
//
//   POST   /api/v1/certificates/NAME/renew    answers at once; how it goes GET /api/v1/certificates tells
//
// It knows paths and JSON; what may be asked for, and when, the room of the authority knows (../acme/acme.ts).

import type { Acme, AcmeCertificateStatus } from "../acme/acme.ts";
import { json, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { acmeCertificate } from "./shape/list.ts";

export function certificateOperations(acme: Pick<Acme, "renew">): readonly Operation[] {
  return [
    operation({
      ...{ id: "renewCertificate", method: "POST", path: "/api/v1/certificates/{name}/renew", tag: "Certificates" },
      summary: "get a certificate of an authority again now",
      description:
        "The certificate that has this name among its own is asked for next, whenever it would have been. Answered before the authority is asked.",
      params: { name: "A DNS name that the certificate is for." },
      answers: {
        202: { description: "It is asked for next.", schema: acmeCertificate },
        404: { description: "No certificate that an authority gives is for this name." },
        409: { description: "The authority has looked for one of its names in vain too often within an hour." },
      },
      handle: ({ params }) => {
        const answer = acme.renew(params["name"]!);
        if (answer.ok) return json(202, answer.certificate satisfies AcmeCertificateStatus);
        return problem(answer.why === "missing" ? 404 : 409, answer.message);
      },
    }),
  ];
}
