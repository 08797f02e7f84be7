// Completions in the shells that they are for, of the whole command line, and of names that a running Sluice has.

import { expect, setDefaultTimeout } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ConfigInput } from "../../src/config/input.ts";
import { Origin, ok } from "./harness/origin.ts";
import { ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

interface Stage {
  readonly room: Room;
  readonly server: string;
  /** Where there is a `sluice`, and a Sluice that it finds. */
  readonly env: Record<string, string>;
  script(shell: string): Promise<string>;
}

async function stage(room: Room): Promise<Stage> {
  const origin = new Origin(room, () => ok("fine"));
  const tables = { marked: { key: "ip", expire: "1m", store: ["gpc0"] } } satisfies ConfigInput["tables"];
  const sluice = await Sluice.start(room, { tables, pools: { app: { servers: [origin.address] } } });
  const program = room.path("sluice");
  writeFileSync(program, `#!/bin/sh\nexec ${command.join(" ")} "$@"\n`);
  chmodSync(program, 0o755);
  return {
    room,
    server: `app/${origin.address}`,
    env: { PATH: `${dirname(program)}:${process.env["PATH"] ?? ""}`, SLUICE_ADMIN: sluice.admin, TERM: "xterm" },
    script: async (shell) => {
      const path = room.path(`_sluice.${shell}`);
      writeFileSync(path, (await ran([...command, "completion", shell])).out);
      return path;
    },
  };
}

testWith(["bash"])("bash completes commands, options, their values, files, and names", async () => {
  await using room = new Room();
  const { env, script, server } = await stage(room);
  const path = await script("bash");
  writeFileSync(room.path("my config.yaml"), "");
  const asked = [
    ["tab"],
    ["table", "sh"],
    ["table", "show", "--wh"],
    ["run", "--log-format", ""],
    ["run", "--mode", ""],
    ["run", "--balance", "least"],
    ["tail", "--kind", ""],
    ["help", "st"],
    ["help", "table", "sh"],
    ["run", "-c", room.path("my")],
  ];
  const lines = [...asked, ["table", "show", ""], ["drain", ""]].map(
    (words) => `t ${words.map((word) => `'${word}'`).join(" ")}`,
  );
  const program = `source ${path}; t() { COMP_WORDS=(sluice "$@"); COMP_CWORD=$#; COMP_LINE="sluice $*"; COMP_POINT=\${#COMP_LINE}; _sluice; (IFS=,; echo "\${COMPREPLY[*]}"); }; ${lines.join("; ")}`;
  const { out, err } = await ran(["bash", "-c", program], { env });
  expect(err).toBe("");
  expect(out.trimEnd().split("\n")).toEqual([
    ...["table", "show", "--where", "json,common,combined"],
    ...["http,tcp,udp", "leastConnections,leastCalled,leastBandwidth", "http,tcp,udp", "status", ""],
    ...[room.path("my config.yaml"), "marked", server],
  ]);
});

testWith(["fish"])("fish completes the same, with descriptions", async () => {
  await using room = new Room();
  const { env, script, server } = await stage(room);
  const path = await script("fish");
  const asked = [
    "tab",
    "table sh",
    "table show --wh",
    "run --log-format ",
    "tail --kind ",
    "help st",
    "table show ",
    "drain ",
  ];
  const program = `source ${path}; ${asked.map((words) => `complete -C "sluice ${words}"`).join("; echo; ")}`;
  const { out, err } = await ran(["fish", "--no-config", "-c", program], { env: { ...env, HOME: room.folder } });
  expect(err).toBe("");
  const words = out.split("\n\n").map((part) =>
    part
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]),
  );
  expect(words).toEqual([
    ["table"],
    ["show"],
    ["--where"],
    ["combined", "common", "json"],
    ["http", "tcp", "udp"],
    ["status"],
    ["marked"],
    [server],
  ]);
  expect(out).toContain("table\tlook at the tables");
});

testWith(["zsh"])("zsh completes a command, an option and names", async () => {
  await using room = new Room();
  const { env, script, server } = await stage(room);
  const path = await script("zsh");
  const program = room.path("drive.zsh");
  writeFileSync(
    program,
    `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; autoload -U compinit; compinit -u -D; source ${path}; bindkey '^I' complete-word; echo READY$((1+1))"
zpty -r z out '*READY2*'
zpty -w -n z $'sluice tab\\t'
zpty -r z out '*table*'
zpty -w -n z $'show --whe\\t'
zpty -r z out '*--where*'
zpty -w -n z $'\\x15sluice run --balance leastB\\t'
zpty -r z out '*leastBandwidth*'
zpty -w -n z $'\\x15sluice help sta\\t'
zpty -r z out '*status*'
zpty -w -n z $'\\x15sluice table show \\t'
zpty -r z out '*marked*'
zpty -w -n z $'\\x15sluice drain \\t'
zpty -r z out '*${server}*'
zpty -d z
echo DONE
`,
  );
  const { out } = await ran(["zsh", "-f", program], { env: { ...env, HOME: room.folder } });
  expect(out).toContain("DONE");
});
