// What a page of the documentation shows of a shell, typed as it stands there at a stage that has what the page speaks of. In a block with
// `$ ` what stands behind it is typed, and what stands below must come; in one without, each line is typed. What serves is ended once it is
// ready. Of numbers and times only that they are there is compared. A stage names what it needs by the page's own lines, what it does not
// try too, and what is named in vain fails.

import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Block } from "../../../scripts/docs/pages.ts";
import { commandsIn } from "../../../scripts/docs/shell.ts";
import { freePort } from "./port.ts";
import { type Ran, ran } from "./program.ts";
import type { Room } from "./room.ts";
import { command } from "./sluice.ts";
import { until } from "./wait.ts";

interface Step {
  readonly typed: string;
  /** As the page has it; null where it says nothing. */
  readonly shown: readonly string[] | null;
}

export interface PageStage {
  readonly room: Room;
  /** As host:port; for commands that find it by themselves. */
  readonly admin: string;
  /** Addresses and names of the page, and what they are here. */
  readonly words?: Readonly<Record<string, string | (() => Promise<string>)>>;
  /** Of lines: what ends with another exit code than 0. */
  readonly codes?: Readonly<Record<string, number>>;
  /** Of lines: what must have happened before, and is not on the page. */
  readonly before?: Readonly<Record<string, () => unknown>>;
  /** Of lines: what they say, where the page does not show it. */
  readonly says?: Readonly<Record<string, RegExp>>;
  /** Of lines that are not run: why. */
  readonly untried?: Readonly<Record<string, string>>;
  /** Functions that the page has its reader make, and variables; before each line. */
  readonly prelude?: string;
  /** Typed elsewhere than at a terminal: what would be asked there is not. */
  readonly hasNoTerminal?: boolean;
  /** Of rows that are alike, one stands for all: how many there are is the data's. */
  readonly isOfAnyLength?: boolean;
  /** What makes a stream say something. */
  readonly traffic?: () => unknown;
}

/** Of a transcript, or of a script, whose lines are typed as they are. */
export function stepsOf(block: string): Step[] {
  if (!block.startsWith("$ "))
    return block
      .trim()
      .split("\n")
      .map((typed) => ({ typed, shown: null }));
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [typed = "", ...shown] = part.trimEnd().split("\n");
      return { typed, shown };
    });
}

/** What is the same each time. */
export function lasting(line: string): string {
  if (/^(\d{3} ?)+$/.test(line)) return line.trim(); // Statuses.
  return line
    .replace(/^Date: .*/, "Date:")
    .replaceAll(/\S*\/sluice\.yaml/g, "sluice.yaml")
    .replaceAll(/(\d+-\d\d-\d\dT)?\d\d:[\d:.]+Z/g, "TIME")
    .replaceAll(/\b\d+[hm]( ?\d+[ms])*\b/g, "#")
    .replaceAll(/\b[0-9a-f]{8}\b/g, "#")
    .replaceAll(/\d+(\.\d+)?(m?s)?\b/g, (number) => (/^(200|429)$/.test(number) ? number : "#"))
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** What both a transcript's lines and a terminal's are compared by. */
export function linesOf(out: string): string[] {
  return out.replaceAll("\r", "").trimEnd().split("\n").map(lasting);
}

const env = { NO_COLOR: "1", SUDO_USER: "", USER: "ann", LOGNAME: "ann", CI: "" };
const inQuotes = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(" ");
const quoted: string = inQuotes(command);

/** In a shell that knows `sluice`, which is `program`; what goes to stderr is in `out` too. */
export function typed(
  room: Room,
  admin: string,
  line: string,
  prelude = "",
  program: readonly string[] = command,
): Promise<Ran> {
  const script = `sluice() { ${inQuotes(program)} "$@"; }\n${prelude}\nexec 2>&1\n${line}`;
  return ran(["bash", "-c", script], { cwd: room.folder, env: { ...env, SLUICE_ADMIN: admin } });
}

/** Programs that may be typed, whatever a page has them do; others a stage leaves untried. */
const harmless = /^(?:(?:\S*\/)?sluice|chmod|codes|cp|curl|echo|grep|ls|mkdir|nginx|openssl|sed|sleep|tail|zcat)$/;

/** How many lines were run. */
export async function followed(blocks: readonly Block[], stage: PageStage): Promise<number> {
  const wanted = new Set(
    [stage.words, stage.codes, stage.before, stage.says, stage.untried].flatMap((named) => Object.keys(named ?? {})),
  );
  let count = 0;
  for (const { at, language, text: block } of blocks) {
    if (language !== "sh" && language !== "console") continue;
    for (const { typed: told, shown } of stepsOf(block)) {
      const line = told.replace(/(^|\s+)#\s.*$/, "").trim();
      if (line === "") continue;
      for (const name of wanted) if (line.includes(name)) wanted.delete(name);
      if (stage.untried?.[line] !== undefined) continue;
      const text = await here(line, stage);
      const strange = commandsIn(text).find(([program]) => !harmless.test(program!));
      if (strange !== undefined) throw new Error(`${at}: nobody has said that ${strange[0]} may be run here`);
      await stage.before?.[line]?.();
      const { code, out } = await outcomeOf(text, stage).catch((error: Error) => {
        throw new Error(`${at}: ${line}: ${error.message}`);
      });
      const due = stage.codes?.[line] ?? 0;
      if (code !== due) throw new Error(`${at}: ${line} ended with ${code} instead of ${due}:\n${out}`);
      // What a server's answer holds may have such words.
      if (due === 0 && line.startsWith("sluice") && /(?<!=)\bunknown\b|\berrors?: /i.test(out))
        throw new Error(`${at}: ${line} says:\n${out}`);
      const says = stage.says?.[line];
      if (says !== undefined && !says.test(out)) throw new Error(`${at}: ${line} does not say ${says}:\n${out}`);
      if (shown !== null && shown.length > 0) {
        const [has, due] = [linesOf(out), shown.map(lasting)].map((lines) =>
          lines.filter((each, index) => stage.isOfAnyLength !== true || each !== lines[index - 1]).join("\n"),
        );
        if (has !== due) throw new Error(`${at}: ${line} shows\n${due}\non the page, and here\n${has}`);
      }
      count++;
    }
  }
  if (wanted.size > 0) throw new Error(`the page has no more ${[...wanted].join(", nor ")}`);
  return count;
}

async function here(line: string, { words = {} }: PageStage): Promise<string> {
  let text = line;
  for (const [told, word] of Object.entries(words))
    if (text.includes(told)) text = text.replaceAll(told, typeof word === "string" ? word : await word());
  return text;
}

async function outcomeOf(line: string, stage: PageStage): Promise<Pick<Ran, "code" | "out">> {
  if (/^curl .*-N\b|^sluice (top|tail)\b(?!.*--no-follow)/.test(line)) return streamed(line, stage);
  if (/^sluice .*--confirm\b/.test(line) && !line.includes("&&") && stage.hasNoTerminal !== true)
    return confirmed(line, stage);
  if (serving.test(line)) return served(line, stage);
  const curl = 'curl() { command curl -sS --fail-with-body --max-time 15 "$@"; }';
  return typed(stage.room, stage.admin, line, `${curl}\n${stage.prelude ?? ""}`);
}

/** What it holds in memory that would outlive it, by what it has mapped. */
function stateFoldersOf(pid: number): string[] {
  const path = `/proc/${pid}/maps`;
  const maps = existsSync(path) ? readFileSync(path, "utf8") : "";
  return [...new Set([...maps.matchAll(/\s(\/\S*\/sluice-\d+-[0-9a-f]+)\//g)].map(([, folder]) => folder!))];
}

const serving = /^(\w+=\S+ )*\S*\bsluice (run|goproxy|gopherproxy|ipmanager|sentinel)\b(?!.*--help)/;

/** Up to where it says that it has started, which it is ended after as by a service manager. */
export async function served(
  line: string,
  stage: Pick<PageStage, "room" | "admin" | "prelude">,
): Promise<Pick<Ran, "code" | "out">> {
  const program = line.replace(/\bsluice /, line.startsWith("/") ? "sluice " : `${quoted} `);
  // Where it is told nothing else, as behind --listen.
  const isElsewhere = /\bsluice run\b(?!.* -c )/.test(line) && !line.includes("--admin");
  const place = isElsewhere ? ` --admin 127.0.0.1:${freePort()}` : "";
  const { child, heard, ended } = opened(["bash", "-c", `${stage.prelude ?? ""}\nexec env ${program}${place}`], stage);
  const isStarted = (): boolean => /"msg":"started"|^ {2}admin +http:/m.test(heard.out + heard.err);
  await until("it to have started", () => child.exitCode !== null || isStarted(), 20_000).catch((error: Error) => {
    throw new Error(`${error.message}; it said:\n${heard.err}${heard.out}`);
  });
  const folders = stateFoldersOf(child.pid);
  child.kill("SIGTERM");
  const code = await child.exited;
  await ended;
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  const out = heard.err + heard.out;
  return { code: isStarted() ? code : code || 1, out: isStarted() ? "" : out };
}

function opened(words: readonly string[], { room, admin }: Pick<PageStage, "room" | "admin">) {
  const child = Bun.spawn([...words], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    cwd: room.folder,
    env: { ...process.env, ...env, SLUICE_ADMIN: admin },
  });
  room.ending(() => child.kill("SIGKILL"));
  const heard = { out: "", err: "" };
  const keep = async (name: "out" | "err"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of name === "out" ? child.stdout : child.stderr)
      heard[name] += decoder.decode(chunk, { stream: true });
  };
  return { child, heard, ended: Promise.all([keep("out"), keep("err")]) };
}

/** Up to its first event or line, which it is ended after. */
async function streamed(line: string, stage: PageStage): Promise<Pick<Ran, "code" | "out">> {
  const program = line.replace(/^curl/, "exec curl -sS --fail-with-body").replace(/^sluice/, `exec ${quoted}`);
  const { child, heard, ended } = opened(["bash", "-c", program], stage);
  const isEvents = line.startsWith("curl");
  await until("a first event", async () => {
    await stage.traffic?.();
    return child.exitCode !== null || (isEvents ? /^event: .*\n(.*\n)*?\n/m : /\n/).test(heard.out);
  });
  const { exitCode } = child;
  child.kill("SIGKILL");
  await ended;
  return { code: exitCode ?? 0, out: heard.out + heard.err };
}

/** At a terminal, where Enter is pressed once it is asked for: what stood there until then. */
async function confirmed(line: string, stage: PageStage): Promise<Pick<Ran, "code" | "out">> {
  const { child, heard, ended } = opened(["script", "-qec", line.replace(/^sluice/, quoted), "/dev/null"], stage);
  const question = /press Enter to confirm.*roll back/;
  await until("the question", () => child.exitCode !== null || question.test(heard.out));
  // The line that counts down is written over itself.
  const out = heard.out.replaceAll(/[^\n]*\r\x1b\[K/g, "");
  child.stdin.write("\n");
  await child.stdin.flush();
  const code = await child.exited;
  await ended;
  return { code, out: code === 0 ? out : heard.out };
}
