// The command line: which commands there are and what they take. What a command does stands in a file of its own. Exit codes:
// 0 done, 1 failed, 2 not understood or not valid. A word that is no command, or an option that is none, is answered with the one meant.
// What plays requests through (test, explain, backtest) is loaded by who asks for it: it would be a sixth of what control holds.
// Without any command it is the demo: whoever tries Sluice for the first time has no config yet.

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { balancePolicies } from "../config/poolschema.ts";
import { skins } from "../config/print.ts";
import { audit, changes, type PastOptions } from "./audit.ts";
import { addBacktest } from "./backtestcommand.ts";
import { type BanOptions, ban, bans, unban } from "./bans.ts";
import { addCaches } from "./cachecommands.ts";
import { addCert } from "./certcommands.ts";
import { check, type Writer } from "./check.ts";
import { addCompletion } from "./completion.ts";
import { addConfigInForce, addReload } from "./configcommands.ts";
import { type ConvertOptions, convert } from "./convert.ts";
import { demo } from "./demo.ts";
import { addEgress } from "./egresscommands.ts";
import type { ExplainOptions } from "./explain.ts";
import { fleetStatus } from "./fleetstatus.ts";
import { type InitOptions, init } from "./init.ts";
import { lists } from "./lists.ts";
import { addOriginals } from "./originalcommands.ts";
import { addRegistry } from "./registrycommands.ts";
import { gathered, optionOf, remoteCommand, someNumber } from "./remotecommand.ts";
import { addRules } from "./rulescommands.ts";
import { type RunOptions, run } from "./run.ts";
import { schema } from "./schema.ts";
import { type SentinelCommandOptions, sentinel } from "./sentinel.ts";
import { status } from "./status.ts";
import { steer } from "./steer.ts";
import { addTables } from "./tablecommands.ts";
import { addTail } from "./tailcommand.ts";
import type { TestOptions } from "./test.ts";
import { addTop } from "./topcommand.ts";
import { versionFields, versionText } from "./version.ts";
import { type WeightOptions, weigh } from "./weight.ts";
import { endWithReader, JsonWriter, terminal } from "./writer.ts";

const USAGE_ERROR = 2;
/** These go on, whoever has stopped reading what they say. */
const serving: readonly string[] = ["run", "demo", "goproxy", "gopherproxy", "ipmanager", "sentinel"];

const examples = `
Examples:
  sluice                      a demo with three mock servers on :8080
  sluice run --listen :8080 --to 127.0.0.1:8081,127.0.0.1:8082^3 --balance p2c
  sluice run --mode tcp --listen :5432 --to db-1:5432,db-2:5432
  sluice init --to 10.0.0.1:80   a first config, sluice.yaml
  sluice run -c sluice.toml   everything else is said in a config
  sluice status               what the one that runs is doing`;

const explainExamples = `
Examples:
  sluice explain https://shop.example/cart
  sluice explain POST http://localhost:8080/login --source 203.0.113.9 -H "User-Agent: curl/8.5"
  sluice explain -c sluice.yaml --offline http://localhost:8080/`;

/** Ends with an exit code, or, for `run` and the demo, once all runs. */
export async function main(words: readonly string[]): Promise<void> {
  const json = words.includes("--json") ? new JsonWriter(terminal) : null;
  const program = buildProgram((code) => {
    process.exitCode = code;
    // Here, and not only below: a command may end the process when it has said its code.
    json?.end();
  }, json ?? terminal);
  const whole = withCommand(helpOf(program, words));
  if (!serving.includes(whole[0]!) || whole.includes("--help") || whole.includes("-h")) endWithReader();
  try {
    await program.parseAsync([...whole], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
  } finally {
    json?.end();
  }
}

/** Help of what is no command is an attempt at that command: it is told that there is none, and which one may be meant. */
export function helpOf(program: Command, words: readonly string[]): readonly string[] {
  const [first, name] = words;
  const isAsked = words.includes("-h") || words.includes("--help");
  if (isAsked && first !== undefined && !first.startsWith("-") && first !== "help" && !isKnownTo(program, first))
    return [first];
  if (first !== "help" || name === undefined || name.startsWith("-") || name === "help") return words;
  return isKnownTo(program, name) ? words : words.slice(1);
}

function isKnownTo(program: Command, name: string): boolean {
  return program.commands.some((each) => each.name() === name || each.aliases().includes(name));
}

/** Options alone are the demo's, or run's where they say what to run. */
export function withCommand(words: readonly string[]): readonly string[] {
  const first = words[0];
  if (first === undefined) return ["demo"];
  if (!first.startsWith("-") || ["-h", "--help", "-V", "--version"].includes(first)) return words;
  const saysWhat = words.some((word) => /^(-c|--config|--to)(=|$)/.test(word));
  return [saysWhat ? "run" : "demo", ...words];
}

/** The library's two sentences about a value that is none, as one: which value, and what it must be. */
export function plainError(text: string): string {
  return text
    .replace(/^error: command-argument value '(.*)' is invalid for argument '(.*?)'\. it /s, 'error: $2 "$1": it ')
    .replace(/^error: option '(.*?)' argument '(.*)' is invalid\. it /s, 'error: $1 "$2": it ')
    .replace(/^(error: unknown command '(.*?)')(?:\n\(Did you mean .*\))?/, (told, unknown: string, word: string) =>
      Object.hasOwn(elsewhere, word) ? `${unknown}\n(${elsewhere[word]})` : told,
    );
}

/** Words of other programs, and what they are here. */
const elsewhere: Readonly<Record<string, string>> = {
  start: "sluice run -c FILE runs it, in the foreground",
  serve: "sluice run -c FILE runs it, in the foreground",
  validate: "sluice check FILE says what is wrong with a config",
  lint: "sluice check FILE says what is wrong with a config",
  stop: "SIGTERM ends a running Sluice: systemctl stop sluice, docker stop, or kill and the pid that sluice status shows",
  quit: "SIGTERM ends a running Sluice: systemctl stop sluice, docker stop, or kill and the pid that sluice status shows",
  restart:
    "sluice reload takes a changed config without a restart; for a new version end it with SIGTERM and run it anew",
};

/** `ended` is told the exit code of commands that end by themselves. */
export function buildProgram(ended: (code: number) => void, writer: Writer = terminal): Command {
  const program = new Command("sluice")
    .description("A reverse proxy and load balancer, programmable in TypeScript. Without a command: a demo.")
    .version(versionText(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpCommand(
      new Command("help").argument("[command]").helpGroup("Others:").description("print the help of a command"),
    )
    .showHelpAfterError("(sluice --help lists commands and options)")
    .addHelpText("after", examples)
    .configureOutput({
      writeErr: (text) => writer.err(text.trimEnd()),
      outputError: (text, write) => write(plainError(text)),
    })
    .exitOverride();
  program.commandsGroup("Run and check:");
  addRunning(program);
  addConfig(program, writer, ended);
  addBacktest(program, writer, ended);
  program.commandsGroup("Look at one that runs:");
  addLooking(program, writer, ended);
  addTop(program, writer, ended);
  addTail(program, writer, ended);
  addExplain(program, writer, ended);
  addPast(program, writer, ended);
  program.commandsGroup("Change one that runs:");
  addReload(program, writer, ended);
  addSteering(program, writer, ended);
  addConfigInForce(program, writer, ended);
  addRules(program, writer, ended);
  addBans(program, writer, ended);
  addTables(program, writer, ended);
  addCaches(program, writer, ended);
  addEgress(program, writer, ended);
  addRegistry(program, writer, ended);
  program.commandsGroup("In the place of another program:");
  addConvert(program, writer, ended);
  addOriginals(program, ended);
  addSentinel(program, writer, ended);
  program.commandsGroup("Others:");
  addCompletion(program, writer, ended);
  for (const command of program.commands) helpBy(command, `sluice ${command.name()}`);
  program
    .command("version")
    .description("print the version")
    .option("--json", "as JSON")
    .action(({ json }: { readonly json?: boolean }) => {
      writer.out(json === true ? JSON.stringify(versionFields(), null, 2) : versionText());
      ended(0);
    });
  return program;
}

/** Whoever has mistyped an option is told where that command's stand. */
function helpBy(command: Command, words: string): void {
  command.showHelpAfterError(`(${words} --help lists its options)`);
  for (const each of command.commands) helpBy(each, `${words} ${each.name()}`);
}

function addRunning(program: Command): void {
  program
    .command("run")
    .description("run the proxy, from a config file or from options")
    .argument("[file]", "a config, the same as -c FILE")
    .option("-c, --config <file>", "a config: .ts, .toml, .yaml, .json, or haproxy.cfg")
    .addOption(optionOf("--mode <mode>", "what is carried (default: http)", ["http", "tcp", "udp"]))
    .option("--listen <addresses>", 'where to listen, such as ":8080"; several with commas between')
    .option("--to <servers>", "servers, host:port or host:port^weight; several with commas between")
    .addOption(optionOf("--balance <name>", "how a server is chosen", balancePolicies))
    .option("--workers <number>", "processes that carry traffic (default: one for each core)")
    .option("--admin <address>", "where the admin interface listens (default: 127.0.0.1:2112)")
    .option("--access-log <path>", 'write an access log to this file, or "-" for stdout')
    .option("--fresh-tables", "forget what tables have counted before")
    .addOption(new Option("--log-format <format>", "of the access log").choices(["json", "common", "combined"]))
    .action((file: string | undefined, options: RunOptions) => run(options, file));
  program
    .command("demo", { hidden: true })
    .description("run with three mock servers, to try things out")
    .option("--listen <address>", "where the proxy listens", ":8080")
    .option("--admin <address>", "where the admin interface listens", "127.0.0.1:2112")
    .option("--workers <number>", "processes that carry traffic", "2")
    .action(demo);
}

function addSentinel(program: Command, writer: Writer, ended: (code: number) => void): void {
  program
    .command("sentinel")
    .description("probe servers and keep those that are well in a set of Redis, as the sentinel of GopherProxy")
    .option(
      "--redis <address>",
      "host:port or redis://... (or: REDIS_URL in the environment; default: localhost:16379)",
    )
    .option(
      "--targets <list>",
      "host:port with commas between (or: SENTINEL_TARGETS; default: host.docker.internal:8081, :8082 and :8083)",
    )
    .option("--set <name>", "the set of Redis (default: gopher_backends)")
    .option(
      "--http <path>",
      "a target is well when it answers this path with 200 to 399 (default: when it accepts TCP)",
    )
    .option("--https", "targets are https://, and probed over TLS")
    .option("--every <duration>", "from one probe of a target to the next (default: 2s)")
    .option("--timeout <duration>", "how long a probe may take (default: 1s)")
    .option("--rise <number>", "successes in a row that put a target in (default: 1)")
    .option("--fall <number>", "failures in a row that take it out (default: 2)")
    .option("--lease <duration>", "how long what it says holds when it says no more (default: 15s)")
    .option("--quorum <number>", "how many sentinels must agree (default: the majority)")
    .option("--id <name>", "what it is called, unlike all others (default: the machine's name and its process number)")
    .option("--metrics <address>", "serve /metrics, /healthz and /readyz there, such as :9100 (default: nowhere)")
    .action(async (options: SentinelCommandOptions) => ended(await sentinel(options, writer)));
}

function addConfig(program: Command, writer: Writer, ended: (code: number) => void): void {
  program
    .command("init")
    .description("write a first config, with comments, to begin with")
    .argument("[file]", "its name (default: sluice.yaml, sluice.toml or sluice.config.ts)")
    .option("--listen <addresses>", "where to listen (default: :8080)")
    .option("--to <servers>", "servers, host:port or host:port^weight; several with commas between")
    .option("--toml", "TOML in the place of YAML")
    .option("--ts", "TypeScript in the place of YAML")
    .action(async (file: string | undefined, options: InitOptions) => ended(await init(file, options, writer)));
  program
    .command("check")
    .description("say what is wrong with a config, or what it would do")
    .argument("<file>", "a config: .ts, .toml, .yaml, .json, or haproxy.cfg")
    .option("--json", "as JSON")
    .action(async (file: string, options: { json?: boolean }) => ended(await check(file, options, writer)));
  program
    .command("test")
    .description("run the tests of configs, and files *.sluice.test.ts")
    .argument("[files...]", "configs, test files or folders (default: what is below this folder)")
    .option("--json", "as JSON")
    .action(async (files: string[], options: TestOptions) => {
      const { test } = await import("./test.ts");
      ended(await test(files, options, writer));
    });
  program
    .command("schema")
    .description("print the JSON Schema of a config, for editors")
    .option("-o, --out <file>", "write it to a file")
    .option("--types", "TypeScript types instead")
    .action(async (options: { out?: string; types?: boolean }) => {
      endWithReader();
      ended(await schema(options, writer));
    });
}

function addConvert(program: Command, writer: Writer, ended: (code: number) => void): void {
  program
    .command("convert")
    .description(
      "turn a haproxy.cfg, a gobetween.toml, the cfg.toml of goproxy, the .env of GopherProxy or ipmanager's config.json into a config of Sluice's own, and say what became of each line",
    )
    .argument("<file>", "the other program's config")
    .addOption(new Option("--to <format>", "what to print").choices(skins).default("yaml"))
    .option("-o, --out <file>", "write it to a file; what was in it is kept as FILE.bak")
    .option("--report", "print only what became of each line")
    .option("--json", "report and config as one JSON object")
    .action(async (file: string, options: ConvertOptions) => ended(await convert(file, options, writer)));
}

function addLooking(program: Command, writer: Writer, ended: (code: number) => void): void {
  const remote = (name: string, description: string): Command => remoteCommand(program, name, description);
  remote("status", "show the workers, listeners, pools and servers of a running Sluice")
    .option("--fleet", "all nodes of its fleet instead, and how old is what it knows of them")
    .action(async ({ fleet, ...options }) => ended(await (fleet === true ? fleetStatus : status)(options, writer)));
  addCert(program, writer, ended);
  remote("lists", "show the lists of a running Sluice, and what is wrong with their files").action(async (options) =>
    ended(await lists(options, writer)),
  );
}

function addSteering(program: Command, writer: Writer, ended: (code: number) => void): void {
  const remote = (name: string, description: string): Command => remoteCommand(program, name, description);
  for (const [order, description] of [
    ["drain", "give a server no new requests but of clients that a cookie or a table binds to it"],
    ["maintain", "give a server no new requests at all, clients that are bound to it get another"],
    ["enable", "give a server that was drained or in maintenance requests again"],
  ] as const)
    remote(order, description)
      .argument("<server>", "pool/host:port, as status shows it", serverName)
      .action(async (server: ServerName, options) => ended(await steer(order, server, options, writer)));
  remote("weight", "give a server another share of requests")
    .argument("<server>", "pool/host:port, as status shows it", serverName)
    .argument("<weight>", "its share against the others'; with 0 it gets no new clients", someNumber)
    .option("--reason <text>", "why, for the audit log")
    .action(async (server: ServerName, weight: number, options: WeightOptions) =>
      ended(await weigh(server, weight, options, writer)),
    );
}

function addPast(program: Command, writer: Writer, ended: (code: number) => void): void {
  for (const [name, show, description, limitMax] of [
    ["audit", audit, "show who asked for which change over the admin interface, and what came of it", 1000],
    ["changes", changes, "show what has changed: plans, servers, bans, workers, as the log says it", 200],
  ] as const)
    remoteCommand(program, name, description)
      .option("--limit <number>", `the last so many, at most ${limitMax}`, someNumber, 20)
      .action(async (options: PastOptions) => {
        endWithReader();
        ended(await show(options, writer));
      });
}

function addExplain(program: Command, writer: Writer, ended: (code: number) => void): void {
  remoteCommand(program, "explain", "say what would become of a request, and why")
    .argument("<request...>", "[METHOD] URL, such as GET https://example.com/login")
    .option("-H, --header <name: value>", "a header of the request; may be given several times", gathered)
    .option("-X, --request <method>", "its method, for those who are used to curl")
    .option("--source <address>", "the client's address (default: 127.0.0.1)")
    .option("--listener <name>", "the listener that it comes to, where the port of the URL does not say so")
    .option("--status <code>", "what the server is taken to answer (default: 200)", statusCode)
    .option("--offline", "by the config of -c alone, without a running Sluice")
    .addHelpText("after", explainExamples)
    .action(async (words: string[], options: ExplainOptions) => {
      const { explain } = await import("./explain.ts");
      ended(await explain(words, options, writer));
    });
}

function statusCode(text: string): number {
  if (!/^[2-5]\d\d$/.test(text)) throw new InvalidArgumentError("it must be a status from 200 to 599.");
  return Number(text);
}

function addBans(program: Command, writer: Writer, ended: (code: number) => void): void {
  const remote = (name: string, description: string): Command => remoteCommand(program, name, description);
  remote("ban", "give an address or block no service, on all listeners")
    .argument("<address>", "such as 192.0.2.1 or 2001:db8::/32")
    .option("--for <duration>", "how long, such as 1h (default: until it is unbanned)")
    .option("--until <time>", "until when, such as 2030-01-31T18:00:00Z")
    .option("--reason <text>", "for whoever looks at bans later")
    .option("--force", "loopback addresses and very wide blocks too")
    .action(async (address: string, options: BanOptions) => ended(await ban(address, options, writer)));
  remote("unban", "lift a ban")
    .argument("<address>", "or block, as `sluice bans` shows it")
    .action(async (address: string, options) => ended(await unban(address, options, writer)));
  remote("bans", "show who is banned, why and until when")
    .argument("[address]", "only bans that it lies in; exit code 1 when it is not banned")
    .action(async (address: string | undefined, options) => {
      endWithReader();
      ended(await bans(address, options, writer));
    });
}

export interface ServerName {
  readonly pool: string;
  readonly server: string;
}

function serverName(text: string): ServerName {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) throw new InvalidArgumentError(misnamed(text));
  return { pool: text.slice(0, slash), server: text.slice(slash + 1) };
}

/** A pool's name alone is what people try first. */
function misnamed(text: string): string {
  const usual = "it must be pool/host:port, as `sluice status` shows it";
  return /^[^/:]+$/.test(text) ? `${usual}; of a pool, name each server: ${text}/host:port.` : `${usual}.`;
}
