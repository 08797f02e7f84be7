// Who may import whom. Imports point down the ranks or stay in the room; rooms of one rank are strangers to each other. The
// plan and the messages are the exception: as types they may be used from everywhere, for they are where the planes meet.
// Ranks 0 to 4 are pure: no clock, chance, timer, promise or socket of their own.

import { importsOf, isTest, lineAt, resolve, type Source, type Violation, violation } from "./source.ts";

export const rooms: Record<string, number> = {
  base: 0,
  wire: 1,
  memory: 1,
  rules: 2,
  balance: 2,
  health: 2,
  egress: 2,
  cache: 2,
  fleet: 2,
  rewrite: 2,
  config: 3,
  flow: 4,
  // What both planes use of the outside world. The registry asks Redis over the connection of the room below.
  redis: 4.4,
  sockets: 4.4,
  registry: 4.5,
  data: 5,
  control: 5,
  cli: 6,
  testing: 6,
  backtest: 6,
};
/** Files that stand in src itself: wiring, and the door of the package. */
const wiring = "wiring";
const wiringRank = 6;
const meetingPlaces = new Set(["src/config/plan.ts", "src/config/message.ts"]);
const purestRankMax = 4;

interface Place {
  readonly room: string;
  readonly rank: number;
}

export function placeOf(path: string): Place | undefined {
  const [top, room, inside] = path.split("/");
  if (top !== "src" || room === undefined) return undefined;
  if (inside === undefined) return { room: wiring, rank: wiringRank };
  const rank = rooms[room];
  return rank === undefined ? undefined : { room, rank };
}

export function checkRanks(source: Source): Violation[] {
  if (source.path.startsWith("console/")) return checkConsole(source);
  if (!source.path.startsWith("src/")) return [];
  const from = placeOf(source.path);
  if (from === undefined)
    return [violation(source, 1, "this room has no rank: add it to scripts/tidy/ranks.ts, or move it")];
  return importsOf(source).flatMap(({ specifier, isTypeOnly, line }) => {
    const target = resolve(source.path, specifier);
    // The package's own name and version stand nowhere else.
    if (target === undefined || target === "package.json") return [];
    const to = placeOf(target);
    // The console is served, not run here.
    if (target.startsWith("console/dist/")) return [];
    if (to === undefined)
      return isTest(source.path) ? [] : [violation(source, line, `imports ${specifier}, which is outside of src`)];
    if (to.room === from.room || to.rank < from.rank) return [];
    // The wiring and the command line are one rank that may use each other.
    if (to.rank === wiringRank && from.rank === wiringRank) return [];
    if (isTypeOnly && meetingPlaces.has(target)) return [];
    const why = to.rank === from.rank ? "is a stranger of the same rank" : `has rank ${to.rank}`;
    const what = `src/${from.room} has rank ${from.rank} and ${target} ${why}`;
    return [violation(source, line, `${what}: move what both need to a lower rank, or pass it in as a parameter`)];
  });
}

/** It runs in a browser, and speaks to control over HTTP: of Sluice's code it may know what answers look like, and nothing else. */
function checkConsole(source: Source): Violation[] {
  return importsOf(source).flatMap(({ specifier, isTypeOnly, line }) => {
    const target = resolve(source.path, specifier) ?? "";
    if (!target.startsWith("src/") || (isTypeOnly && target.startsWith("src/control/"))) return [];
    return [violation(source, line, `the console imports ${specifier}: it may have types of src/control, and no code`)];
  });
}

const impureWords: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.\w+/g, "reads a clock: take nowMs or wallMs as a parameter"],
  [/\bMath\.random\b|\bcrypto\.(?:randomUUID|getRandomValues)\b/g, "is random: take a generator as a parameter"],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g, "is a timer: say when to be woken instead"],
  [/\basync\b|\bawait\b|\bPromise\b/g, "is asynchronous: tell and say synchronously"],
  [/\bBun\.\w+|\bprocess\.\w+/g, "is the runtime: leave it to rank 5 or above"],
];
const impureModules =
  /^(?:bun(?::.*)?|(?:node:)?(?:net|tls|http|https|http2|dgram|dns|fs|os|process|child_process|cluster|worker_threads|timers|perf_hooks)(?:\/.*)?)$/;

/** Reading a configuration from a file is what src/config/load*.ts is for. */
const isExempt = (path: string): boolean => isTest(path) || /^src\/config\/load\w*\.ts$/.test(path);

export function checkPurity(source: Source): Violation[] {
  const place = placeOf(source.path);
  if (place === undefined || place.rank > purestRankMax || isExempt(source.path)) return [];
  const where = `src/${place.room} has rank ${place.rank} and must be pure`;
  const words = impureWords.flatMap(([pattern, advice]) =>
    [...source.code.matchAll(pattern)]
      // A property of that name (`record.process.id`, `{ async: true }`) is nobody's clock.
      .filter(
        (match) =>
          source.code[match.index - 1] !== "." && !/^\s*\??:/.test(source.code.slice(match.index + match[0].length)),
      )
      .map((match) => violation(source, lineAt(source.code, match.index), `${where}: ${match[0]} ${advice}`)),
  );
  const modules = importsOf(source)
    .filter(({ specifier, isTypeOnly }) => !isTypeOnly && impureModules.test(specifier))
    .map(({ specifier, line }) =>
      violation(source, line, `${where}: ${specifier} is the outside world, leave it to rank 5`),
    );
  return [...words, ...modules];
}
