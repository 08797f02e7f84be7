// Certificates from an authority: the whole way with pebble, which is Let's Encrypt's own for tests.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CertificatesStatus } from "../../src/control/certificatestatus.ts";
import { shake } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Pebble, pebblePrograms } from "./harness/pebble.ts";
import { freePort } from "./harness/port.ts";
import { curl, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(90_000);
const withPebble = testWith(pebblePrograms);

interface Stage {
  readonly httpPort: number;
  readonly port: number;
  readonly origin: Origin;
}

function draftOf(
  { httpPort, port, origin }: Stage,
  pebble: Pick<Pebble, "directory" | "ca">,
  names: unknown,
  acme: object = {},
): Draft {
  return {
    workers: 2,
    acme: { agreeToTerms: true, directory: pebble.directory, ca: pebble.ca, email: "ops@example.org", ...acme },
    listeners: {
      plain: { listen: `127.0.0.1:${httpPort}`, redirect: "https" },
      web: { listen: `127.0.0.1:${port}`, use: "app", tls: { acme: names as string[] } },
    },
    pools: { app: { servers: [origin.address] } },
  };
}

function stageIn(room: Room): Stage {
  return { httpPort: freePort(), port: freePort(), origin: new Origin(room, () => ok("hello")) };
}

async function told(sluice: Sluice): Promise<CertificatesStatus> {
  return until("certificates to be told", async () => {
    const response = await fetch(`http://${sluice.admin}/api/v1/certificates`);
    return response.status === 429 ? null : ((await response.json()) as CertificatesStatus);
  });
}

const isThere = async (sluice: Sluice): Promise<boolean> =>
  (await told(sluice)).acme.every(({ state }) => state === "valid");

withPebble(
  "a first certificate is got while clients see a placeholder, and a restart shows the one that is kept",
  async () => {
    await using room = new Room();
    const stage = stageIn(room);
    const pebble = await Pebble.start(room, { httpPort: stage.httpPort });
    const sluice = await Sluice.start(room, draftOf(stage, pebble, ["a.example", ["b.example", "www.b.example"]]));
    await until("both certificates", () => isThere(sluice), 60_000);
    const root = room.write("root.pem", await pebble.root());
    for (const name of ["a.example", "b.example", "www.b.example"]) {
      const resolve = `${name}:${stage.port}:127.0.0.1`;
      const { out, err } = await curl("--cacert", root, "--resolve", resolve, `https://${name}:${stage.port}/`);
      expect([name, out, err]).toEqual([name, "hello", ""]);
    }
    console.log(sluice.stderr, (await sluice.cli("cert")).out);
  },
);
