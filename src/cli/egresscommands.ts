// `sluice egress`: its commands and their options, as the command line reads them. It knows words, not what comes of them: what the
// commands do stands in egress.ts.

import type { Command } from "commander";
import type { Writer } from "./check.ts";
import {
  type EgressHistoryOptions,
  type EgressListOptions,
  type EgressOrderOptions,
  egressBan,
  egressHistory,
  egressList,
  egressRenew,
  egressShow,
  egressUnban,
  type MemberOptions,
} from "./egress.ts";
import { gathered, remoteCommand, someNumber } from "./remotecommand.ts";
import { endWithReader } from "./writer.ts";

const address = "an address as `egress ls` shows it, or POOL/ADDRESS";

export function addEgress(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const egress = program
    .command("egress")
    .description("look at the outbound addresses of a running Sluice, and steer them");
  const remote = (name: string, description: string): Command => remoteCommand(egress, name, description);
  const ofMember = (command: Command): Command =>
    command.option("--pool <name>", "the egress pool, where several have it");
  remote("ls", "list the egress pools, or the addresses of one, those that may not be used first")
    .argument("[pool]", "its addresses")
    .option("--state <state>", "only those: available, coolingDown, trial, banned, unavailable")
    .option("--tag <name=value>", "only those with this tag, such as country=de; may be given several times", gathered)
    .option("--find <text>", "only those with this in their names")
    .option("--sort <order>", "state (default), config, requests, failed, active or used")
    .option("--limit <number>", "at most so many (default: 100)", someNumber)
    .option("--all", "however many there are")
    .action(async (pool: string | undefined, options: EgressListOptions) => {
      endWithReader();
      ended(await egressList(pool, options, terminal));
    });
  ofMember(remote("show", "show one address: how it stands and why, at which hosts, and what it has been through"))
    .argument("<address>", address)
    .option("--limit <number>", "so many of its last outcomes and changes (default: 20)", someNumber)
    .action(async (member: string, options: MemberOptions) => {
      endWithReader();
      ended(await egressShow(member, options, terminal));
    });
  ofMember(remote("history", "show the last outcomes of addresses, newest first"))
    .argument("[address...]", "of these; POOL, POOL/ADDRESS (default: all of the pool)")
    .option("--status <status>", "only those, such as 403, 4xx or 400-499; 0 without an answer")
    .option("--failed", "only failures")
    .option("--host <name>", "only of this target host")
    .option("--key <key>", "only of this key or session")
    .option("--since <time>", "only since then: a time, or a duration such as 10m")
    .option("--limit <number>", "at most so many (default: 100)", someNumber)
    .action(async (members: string[], options: EgressHistoryOptions) => {
      endWithReader();
      ended(await egressHistory(members, options, terminal));
    });
  ofMember(remote("ban", "use an address no more"))
    .argument("<address>", address)
    .option("--reason <text>", "why, for whoever looks at it later (required)")
    .option("--for <duration>", "how long, such as 1h (default: until it is unbanned)")
    .option("--until <time>", "until when, such as 2030-01-31T18:00:00Z")
    .action(async (member: string, options: EgressOrderOptions) => ended(await egressBan(member, options, terminal)));
  ofMember(remote("unban", "use an address again, and forget what was held against it"))
    .argument("<address>", address)
    .option("--reason <text>", "why")
    .action(async (member: string, options: EgressOrderOptions) => ended(await egressUnban(member, options, terminal)));
  remote("renew", "read the access logs of egress pools now")
    .argument("[pool]", "those of one")
    .action(async (pool: string | undefined, options) => ended(await egressRenew(pool, options, terminal)));
}
