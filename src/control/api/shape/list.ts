// What GET /api/v1/lists (../lists.ts), /api/v1/certificates (../../certificatestatus.ts) and /api/v1/discovery (../discovery.ts) answer,
// as schemas. Shapes only. Each schema is typed by the interface that answers are made by, so that neither changes without the other; those
// with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { FoundServer } from "../../../config/found.ts";
import type { AcmeCertificateStatus } from "../../acme/acme.ts";
import type { CertificatesStatus } from "../../certificatestatus.ts";
import type { DiscoveryAnswer } from "../discovery.ts";
import type { ListsAnswer } from "../lists.ts";
import { sourceFields } from "./status.ts";

const time = z.string().meta({ format: "date-time" });

export const listsAnswer: z.ZodType<ListsAnswer> = z.strictObject({
  lists: z
    .array(
      z.strictObject({
        name: z.string().describe("Its name in the config."),
        kind: z.enum(["address", "text", "name", "map"]).describe("What its values are."),
        entries: z.int().describe("How many it has."),
        file: z.string().nullable().describe("Null where the values stand in the config."),
        loaded: time.describe("When they were read."),
        problem: z
          .strictObject({
            since: time.describe("Since when."),
            lines: z.array(z.string()).describe("What is wrong, a line each."),
          })
          .nullable()
          .describe("Why its file is not in force as it is now."),
      }),
    )
    .describe("In the order of the config."),
});

export const acmeCertificate: z.ZodType<AcmeCertificateStatus> = z
  .strictObject({
    names: z.array(z.string()).describe("Names that it is for."),
    listeners: z.array(z.string()).describe("That show it."),
    state: z
      .enum(["valid", "ordering", "waiting", "failing"])
      .describe(
        "valid: it is in use. ordering: it is asked for just now. waiting: its turn has not come. failing: it could not be had when it was tried last.",
      ),
    directory: z.string().describe("The authority's."),
    file: z.string().nullable().describe("Of the one in use; null while a placeholder stands in for it."),
    nextAt: time.describe("When it is asked for next."),
    lastError: z.string().nullable().describe("Why it could not be had when it was tried last; null when it could."),
    lastErrorAt: time.nullable().describe("When that was."),
  })
  .meta({ id: "AcmeCertificate", description: "A certificate that an authority gives (ACME)." });

export const certificatesAnswer: z.ZodType<CertificatesStatus> = z.strictObject({
  certificates: z
    .array(
      z.strictObject({
        file: z.string().describe("Where it was read, or is kept."),
        source: z
          .enum(["file", "acme", "placeholder"])
          .describe(
            "file: the config names it. acme: an authority has given it. placeholder: it signs itself, until the authority has given one.",
          ),
        names: z.array(z.string()).describe("Names that it is for."),
        listeners: z.array(z.string()).describe("That show it."),
        defaultOf: z.array(z.string()).describe("Those among them that show it to clients without a name."),
        subject: z.string().describe("Whose it is."),
        issuer: z.string().describe("Who has signed it."),
        isSelfSigned: z.boolean().describe("Nobody else has."),
        serial: z.string().describe("Its serial number."),
        fingerprint: z.string().describe("SHA-256 of the certificate."),
        keyType: z.string().describe("Of which kind its key is."),
        notAfter: time.describe("When it expires."),
        daysLeft: z.int().describe("Below zero when it has expired."),
      }),
    )
    .describe("Every certificate that some listener shows."),
  acme: z
    .array(acmeCertificate)
    .describe("Those that an authority gives, whether it has given them or not, in the order of the config."),
  problems: z.array(z.string()).describe("What is wrong with files: sentences that begin with the config's key."),
});

const foundServer = {
  address: z.string().describe('"10.0.0.1:80", "[::1]:80", "app:80" or "unix:/run/app.sock".'),
  weight: z.number().exactOptional().describe("Its share against the others'."),
  backup: z.boolean().exactOptional().describe("It is used only where no other server can be."),
  maxConnections: z.int().exactOptional().describe("The most that it is given at once; 0 is no limit."),
  drain: z.boolean().exactOptional().describe("It is given nothing new."),
  serverName: z.string().exactOptional().describe("What TLS asks for and expects; absent: as the pool says."),
  tls: z.literal(true).exactOptional().describe("It is spoken to over TLS, whatever the pool says."),
};

export const foundServerRecord: z.ZodType<FoundServer> = z
  .strictObject(foundServer)
  .meta({ id: "FoundServer", description: "What a source says of a server." });

export const discoveryAnswer: z.ZodType<DiscoveryAnswer> = z.strictObject({
  pools: z
    .array(
      z.strictObject({
        name: z.string().describe("Of the pool."),
        sources: z
          .array(
            z.strictObject({
              ...sourceFields,
              servers: z
                .array(
                  z.strictObject({
                    ...foundServer,
                    isKept: z.boolean().describe("It counts only because the source told of it once."),
                  }),
                )
                .describe("What it told of last, or before it failed."),
            }),
          )
          .describe("Where it has servers from."),
      }),
    )
    .describe("Those that have sources."),
});
