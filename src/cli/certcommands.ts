// `sluice cert`: its commands, as the command line reads them; what they do stands in cert.ts. Without a word behind it the certificates in use
// are listed, for that is what is asked first.

import type { Command } from "commander";
import { cert, renew } from "./cert.ts";
import type { Writer } from "./check.ts";
import { remoteCommand } from "./remotecommand.ts";

export function addCert(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const certs = program
    .command("cert")
    .description("show the certificates in use, with their days left, and have an authority give one again");
  remoteCommand(certs, "ls", "show the certificates in use, with their days left", { isDefault: true }).action(
    async (options) => ended(await cert(options, terminal)),
  );
  remoteCommand(certs, "renew", "ask the authority for a certificate again now, whenever that would have been")
    .argument("<name>", "a DNS name that the certificate is for")
    .action(async (name: string, options) => ended(await renew(name, options, terminal)));
}
