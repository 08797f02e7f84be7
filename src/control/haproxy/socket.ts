// A socket that speaks HAProxy's runtime API: its file with the mode and owner that the config says, and its connections. Who may open it may
// ask, so it is made for nobody but this user first. A file that nobody answers on is replaced; one that another program has, or that is no
// socket, is left alone, and so is traffic: a socket that cannot be had is told in the log. Connections are few, their lines short, and a
// silent one is closed; what a slow reader does not take is not made.

import { chmodSync, chownSync, readFileSync } from "node:fs";
import type { Socket } from "bun";
import { formatAddress } from "../../base/address.ts";
import type { Address } from "../../config/plan.ts";
import type { HaproxySocket } from "../../config/types.ts";
import { bindAt } from "../../sockets/unixplace.ts";
import type { Log } from "../log.ts";
import { busyAddresses, listenProblem } from "../port.ts";
import { addressOf } from "../preflight.ts";
import type { Command } from "./command.ts";
import { Session } from "./session.ts";

export interface SocketOptions {
  readonly commands: readonly Command[];
  readonly idleMs: number;
  readonly connectionsMax: number;
  readonly log: Pick<Log, "warn" | "error">;
}

export interface RuntimeSocket {
  /** As bound: port 0 has become a real one. */
  readonly address: Address;
  close(): void;
}

interface Connection {
  readonly session: Session;
  readonly decoder: TextDecoder;
  received: string;
  isBusy: boolean;
  isEnded: boolean;
  isGone: boolean;
  /** Told when more may be written. */
  drained: (() => void) | null;
}

type Line = Socket<Connection | null>;

/** Null where it cannot be had: the log says why. */
export async function openSocket(told: HaproxySocket, options: SocketOptions): Promise<RuntimeSocket | null> {
  const { log } = options;
  const address = addressOf(told.listen);
  const [problem] = await busyAddresses([address]);
  if (problem !== undefined) {
    log.error(`HAProxy's runtime API: ${problem}`);
    return null;
  }
  try {
    return listen(address, told, options);
  } catch (error) {
    log.error(`HAProxy's runtime API: ${listenProblem(address, error as NodeJS.ErrnoException)}`);
    return null;
  }
}

function listen(address: Address, told: HaproxySocket, options: SocketOptions): RuntimeSocket {
  const { level } = told;
  const { commands, idleMs, connectionsMax, log } = options;
  const idleSeconds = Math.min(Math.max(Math.ceil(idleMs / 1000), 1), secondsMax);
  const actor = `HAProxy socket ${formatAddress(address)}`.slice(0, actorMax);
  let count = 0;
  // In the order in which they came; they are read as busy ones are, and answered when one before them has gone.
  const waiting: Line[] = [];
  const socket = {
    open: (line: Line): void => {
      const isWaiting = count >= connectionsMax;
      if (isWaiting && waiting.length >= waitingMax) {
        line.data = null;
        line.end();
        return;
      }
      if (isWaiting) waiting.push(line);
      else count++;
      line.timeout(idleSeconds);
      const write = (text: string): Promise<boolean> => writeAll(line, text);
      const failed = (error: Error): void =>
        log.error({ stack: error.stack }, `a command at ${formatAddress(address)} failed: ${error.message}`);
      const session = new Session({ level, commands, actor, write, failed });
      line.data = {
        ...{ session, decoder: new TextDecoder(), received: "", isBusy: isWaiting, isEnded: false, isGone: false },
        drained: null,
      };
    },
    data: (line: Line, bytes: Buffer): void => {
      const { data } = line;
      if (data === null) return;
      data.received += data.decoder.decode(bytes, { stream: true });
      if (data.isBusy) line.pause();
      else void answerAll(line, data);
    },
    drain: (line: Line): void => line.data?.drained?.(),
    end: (line: Line): void => {
      const { data } = line;
      if (data !== null) data.isEnded = true;
      if (data?.isBusy !== true) line.end();
    },
    timeout: (line: Line): void => {
      if (line.data?.isBusy === true && line.data.drained === null) line.timeout(idleSeconds);
      else line.terminate();
    },
    close: (line: Line): void => {
      if (line.data === null) return;
      line.data.isGone = true;
      line.data.drained?.();
      const place = waiting.indexOf(line);
      if (place !== -1) return void waiting.splice(place, 1);
      const next = waiting.shift();
      if (next === undefined) count--;
      else begin(next, idleSeconds);
    },
    error: (line: Line): void => line.terminate(),
  };
  const common = { allowHalfOpen: true, socket, data: null };
  const stop = (server: { stop(isForced: boolean): void }): void => {
    // Nobody's turn comes by that.
    waiting.length = 0;
    server.stop(true);
  };
  if (address.kind === "tcp") {
    const server = Bun.listen<Connection | null>({ hostname: address.host, port: address.port, ...common });
    return { address: { ...address, port: server.port }, close: () => stop(server) };
  }
  const { path } = address;
  const { server, leave } = bindAt(
    path,
    (unix) => forUserAlone(() => Bun.listen<Connection | null>({ unix, ...common })),
    (at) => giveAway(path, at, told, log),
  );
  return {
    address,
    close: () => {
      stop(server);
      leave();
    },
  };
}

/** Until it has the mode and the owner that are said. */
function forUserAlone<Made>(make: () => Made): Made {
  const before = process.umask(0o177);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** It has waited for its place. */
function begin(line: Line, idleSeconds: number): void {
  line.timeout(idleSeconds);
  line.resume();
  void answerAll(line, line.data!);
}

/** Connections that wait until one of those that are answered has gone; as many as in a usual backlog. */
const waitingMax = 128;
/** The most that a socket's own timeout takes. */
const secondsMax = 65_535;
/** As long as a name in the audit log may be. */
const actorMax = 100;

async function answerAll(line: Line, data: Connection): Promise<void> {
  data.isBusy = true;
  let isOver = false;
  while (data.received !== "" && !isOver && !data.isGone) {
    const { received } = data;
    data.received = "";
    isOver = await data.session.received(received);
    if (!data.isGone) line.resume();
  }
  data.isBusy = false;
  if ((isOver || data.isEnded) && !data.isGone) line.end();
}

/** False: nobody is there any more. */
async function writeAll(line: Line, text: string): Promise<boolean> {
  const { data } = line;
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    if (data === null || data.isGone) return false;
    const written = line.write(rest);
    if (written < 0) return false;
    rest = rest.subarray(written);
    if (rest.length === 0) return true;
    await new Promise<void>((resolve) => {
      data.drained = resolve;
    });
    data.drained = null;
  }
  return data?.isGone === false;
}

/** What of it cannot be done leaves the socket to this user, and is told. `at`: where it is now. */
function giveAway(path: string, at: string, { mode, user, group }: HaproxySocket, log: SocketOptions["log"]): void {
  const [uid, gid] = [idOf("/etc/passwd", user), idOf("/etc/group", group)];
  if (uid === null || gid === null) {
    log.warn(
      `HAProxy's runtime API: ${path} is this user's alone, for there is no ${uid === null ? `user ${user}` : `group ${group}`}`,
    );
    return;
  }
  try {
    if (uid !== -1 || gid !== -1) chownSync(at, uid, gid);
    chmodSync(at, Number.parseInt(mode, 8));
  } catch (error) {
    log.warn(`HAProxy's runtime API: ${path} is this user's alone: ${(error as Error).message}`);
  }
}

/** -1: it stays what it is; null: there is none of that name. */
function idOf(file: string, name: string | undefined): number | null {
  if (name === undefined) return -1;
  if (/^\d{1,9}$/.test(name)) return Number(name);
  try {
    const line = readFileSync(file, "utf8")
      .split("\n")
      .find((each) => each.startsWith(`${name}:`));
    const id = line?.split(":")[2];
    return id === undefined || !/^\d{1,10}$/.test(id) ? null : Number(id);
  } catch {
    return null;
  }
}
