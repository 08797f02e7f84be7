// What GET /api/v1/lists (../lists.ts), /api/v1/certificates (../../certificatestatus.ts) and /api/v1/discovery (../discovery.ts) answer,
// as schemas. Shapes only. Each schema is typed by the interface that answers are made by, so that neither changes without the other; those
// with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type { FoundServer } from "../../../config/found.ts";
import type { CertificatesStatus } from "../../certificatestatus.ts";
import type { DiscoveryAnswer } from "../discovery.ts";
import type { ListsAnswer } from "../lists.ts";
import { sourceFields } from "./status.ts";

const time = z.string().meta({ format: "date-time" });

export const listsAnswer: z.ZodType<ListsAnswer> = z.strictObject({
  lists: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(["address", "text", "name", "map"]),
      entries: z.int(),
      file: z.string().nullable().describe("Null where the values stand in the config."),
      loaded: time,
      problem: z
        .strictObject({ since: time, lines: z.array(z.string()) })
        .nullable()
        .describe("Why its file is not in force as it is now."),
    }),
  ),
});

export const certificatesAnswer: z.ZodType<CertificatesStatus> = z.strictObject({
  certificates: z.array(
    z.strictObject({
      file: z.string(),
      names: z.array(z.string()),
      listeners: z.array(z.string()).describe("That show it."),
      defaultOf: z.array(z.string()).describe("Those among them that show it to clients without a name."),
      subject: z.string(),
      issuer: z.string(),
      isSelfSigned: z.boolean(),
      serial: z.string(),
      fingerprint: z.string().describe("SHA-256 of the certificate."),
      keyType: z.string(),
      notAfter: time,
      daysLeft: z.int().describe("Below zero when it has expired."),
    }),
  ),
  problems: z.array(z.string()),
});

const foundServer = {
  address: z.string(),
  weight: z.number().exactOptional(),
  backup: z.boolean().exactOptional(),
  maxConnections: z.int().exactOptional(),
  drain: z.boolean().exactOptional(),
  serverName: z.string().exactOptional(),
  tls: z.literal(true).exactOptional(),
};

export const foundServerRecord: z.ZodType<FoundServer> = z
  .strictObject(foundServer)
  .meta({ id: "FoundServer", description: "What a source says of a server." });

export const discoveryAnswer: z.ZodType<DiscoveryAnswer> = z.strictObject({
  pools: z.array(
    z.strictObject({
      name: z.string(),
      sources: z.array(
        z.strictObject({
          ...sourceFields,
          servers: z.array(
            z.strictObject({
              ...foundServer,
              isKept: z.boolean().describe("It counts only because the source told of it once."),
            }),
          ),
        }),
      ),
    }),
  ),
});
