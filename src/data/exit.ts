// The end of a worker's process, kept out of reach of a config's code: a hook that calls process.exit() would take the connections of
// everybody else with it. It throws instead, so that it is a failure of that hook like any other. This is no wall against code that
// means harm, which a config's is not; it is for libraries, and for habits from programs that are alone in their process.

/** Thrown in place of an end. */
export class RefusedExit extends Error {
  override readonly name = "RefusedExit";
}

const ways = ["exit", "reallyExit", "abort"] as const;
type Way = (typeof ways)[number];
type Ways = Record<Way, (code?: number) => never>;

/** What there was before, while it is forbidden. `exit` of the runtime calls `reallyExit`. */
let former: Ways | null = null;

export function forbidExit(): void {
  if (former !== null) return;
  const own = process as unknown as Ways; // reallyExit is told of nowhere, but called by some.
  former = { exit: own.exit, reallyExit: own.reallyExit, abort: own.abort };
  for (const way of ways) own[way] = refusing(way);
}

function refusing(way: Way): () => never {
  return function refuse(): never {
    const error = new RefusedExit(
      `process.${way}() is not for hooks: a worker serves others too. What fails may throw, and what refuses may answer`,
    );
    // Who had hold of exit() before has told the runtime already that it ends: from then on nothing would be done behind a turn, and no
    // handshake would end.
    Object.assign(process, { _exiting: false, exitCode: 0 });
    // The place that is told is the caller's.
    Error.captureStackTrace(error, refuse);
    throw error;
  };
}

export function allowExit(): void {
  if (former === null) return;
  Object.assign(process, former);
  former = null;
}

/** The worker's own end. */
export function exit(code: number): never {
  allowExit();
  process.exit(code);
}
