// The boards of the egress pools in force, as control keeps them (keptfiles.ts): a file for each pool, which outlives every process.
// It says who the members are, before any worker hears of a plan, and lets go of what dead workers held. A pool of another shape
// has another file, into which is carried what the former knew. What is under way goes over with each worker that changes to it; until all have
// control stands in for it. What else workers write to the former one until they have the plan is lost, a few milliseconds. A plan
// that is refused loses nothing: until one is in force both its members and the former ones have rows.

import { existsSync, rmSync, statSync } from "node:fs";
import { hashString } from "../base/hash.ts";
import type { EgressMemberPlan, EgressPlan } from "../config/plan.ts";
import { type Reserve, reserved } from "../memory/cellpages.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import type { Owner } from "../memory/owners.ts";
import { isOneOf, isSameList } from "./egress/users.ts";
import { type Kept, KeptFiles, type KeptLine, type KeptOptions, type PreparedFiles } from "./keptfiles.ts";
import {
  bytesTaken,
  type FileRange,
  filesIn,
  makeShared,
  mapShared,
  noRoom,
  reserveShared,
  sharedPath,
} from "./sharedfile.ts";
import type { SpaceUser } from "./space.ts";

export interface EgressBoardsOptions extends KeptOptions {
  readonly owner: Owner;
  /** Wall clock. */
  readonly nowMs: () => number;
  /** A board is made of which nothing is known from before; before any worker hears of it. */
  readonly made?: (plan: EgressPlan, board: SharedEgressBoard, lines: KeptLine[]) => void;
}

/** Of a pool's quota. */
export type UserNames = (plan: EgressPlan) => readonly string[];

export interface OpenBoard extends Kept<EgressPlan> {
  readonly board: SharedEgressBoard;
  /** Nothing is known from before: neither the run before nor a former shape has left anything. */
  readonly isNew: boolean;
}

export class EgressBoards implements SpaceUser {
  readonly noun = "boards of egress pools";
  readonly whenShort = "what boards find no memory for is not kept of their addresses";
  readonly #options: EgressBoardsOptions;
  readonly #kept: KeptFiles<EgressPlan, OpenBoard>;
  /** Who the members of a board are, where just they have rows: a plan mostly has those of the one before, and they are not gone through again. */
  readonly #named = new WeakMap<SharedEgressBoard, readonly EgressMemberPlan[]>();

  /** As they were when it was last seen to that all of them have room. */
  readonly #users = new WeakMap<SharedEgressBoard, readonly string[]>();
  /** Of the plan that is being prepared. */
  #namesOf: UserNames = () => [];

  /** For how many rows a board has memory. */
  readonly #firmRows = new WeakMap<SharedEgressBoard, number>();

  constructor(options: EgressBoardsOptions) {
    this.#options = options;
    this.#kept = new KeptFiles(options, {
      noun: "egress pool",
      contents: "what was known of its addresses is",
      pathOf: (plan) => sharedPath(options.folder, plan.name, shapeName(plan)),
      open: (plan, path, lines) => this.#openFile(plan, path, lines),
      adopt: (open, plan) => {
        this.#name(open.board, open.path, plan.members, open.plan.members);
        return { ...open, plan, isNew: false };
      },
      recover: ({ board }) => void board.recover(),
      close: ({ board }) => board.leave(),
      isSound: ({ board }) => isSound(board),
    });
  }

  get all(): readonly OpenBoard[] {
    return this.#kept.all;
  }

  find(name: string): OpenBoard | null {
    return this.#kept.find(name);
  }

  prepare(plans: readonly EgressPlan[], namesOf: UserNames = () => []): PreparedFiles {
    this.#namesOf = namesOf;
    const prepared = this.#kept.prepare(plans);
    const settle = (): void => {
      for (const { board, path, plan } of this.all) this.#name(board, path, plan.members);
    };
    return {
      files: prepared.files,
      keep: () => {
        prepared.keep();
        settle();
        for (const { board, plan } of this.all) {
          board.letGoAll();
          this.#seat(board, namesOf(plan));
        }
      },
      undo: () => {
        prepared.undo();
        settle();
      },
    };
  }

  /** What dead processes held is let go of. */
  recover(): void {
    this.#kept.recover();
  }

  mark(): void {
    this.#kept.mark();
  }

  get isWhole(): boolean {
    return this.#kept.isWhole;
  }

  bytesOf(name: string): number {
    const open = this.find(name);
    return open === null ? 0 : bytesTaken(open.path);
  }

  /** Most of a large board is never touched: what its members, their rings and records may still come to need. */
  get wantedBytes(): number {
    return this.all.reduce((sum, { plan, board, path }) => {
      const full = SharedEgressBoard.fullBytesFor(board.shape, Math.min(plan.members.length, board.capacity));
      return sum + Math.max(0, full - bytesTaken(path));
    }, 0);
  }

  close(): void {
    this.#kept.close();
  }

  /** These are the members, and those of the plan before. Those that there is no room for are former ones, or the board's lock is not to be had: then workers find no rows for them. */
  #name(board: SharedEgressBoard, path: string, members: readonly EgressMemberPlan[], former = members): void {
    if (members === former && this.#named.get(board) === members) return;
    this.#named.delete(board);
    const ids = new Set<string>();
    for (const each of members === former ? [members] : [members, former]) for (const { id } of each) ids.add(id);
    this.#makeRoom(board, path, ids.size);
    const without = new Set(board.adopt([...ids], this.#options.nowMs()));
    if (without.size === 0 && members === former) this.#named.set(board, members);
    if (without.size === 0) return;
    const all = members === former ? members : [...members, ...former];
    const missing = all.slice(0, board.capacity).filter(({ id }) => without.has(id)).length;
    if (missing > 0)
      this.#options.log.error(`egress pool ${board.name}: ${missing} of its members found no room on its board`);
  }

  /** All of these users are to find room, whoever was one before. */
  #seat(board: SharedEgressBoard, names: readonly string[]): void {
    const isFull = board.count("user") + names.length > board.shape.users;
    if (isFull && !isSameList(names, this.#users.get(board))) board.adoptUsers(isOneOf(names, board.nameSeed));
    this.#users.set(board, names);
  }

  /** For so many members, before they have their rows. Throws where there is none: a plan that is refused for that has changed nothing. */
  #makeRoom(board: SharedEgressBoard, path: string, members: number): void {
    const rows = Math.min(Math.max(members, board.parts.rows.used), board.capacity);
    if (rows <= (this.#firmRows.get(board) ?? 0)) return;
    const ranges = SharedEgressBoard.firmRangesFor(board.shape, rows);
    if (!reserveShared(path, ranges, this.#options.reserving)) throw noRoom(path, bytesIn(ranges));
    this.#firmRows.set(board, rows);
  }

  #openFile(plan: EgressPlan, path: string, lines: KeptLine[]): { open: OpenBoard; isMade: boolean } {
    const { owner } = this.#options;
    const shape = egressShape(plan);
    const wasThere = existsSync(path);
    const size = SharedEgressBoard.bytesFor(shape);
    const found = mapShared(path, size, (bytes) => SharedEgressBoard.isFormatted(bytes, shape));
    const ranges = SharedEgressBoard.firmRangesFor(shape, plan.members.length);
    if (found !== null && !reserveShared(path, ranges, this.#options.reserving))
      throw noRoom(path, Math.max(0, bytesIn(ranges) - bytesTaken(path)));
    const board = found === null ? null : opened(found, plan.name, owner, this.#reserve(path));
    if (board !== null) {
      board.recover();
      this.#name(board, path, plan.members);
      lines.push(`egress pool ${plan.name}: what was known of its addresses is found from the run before`);
      return { open: { plan, path, board, isNew: false }, isMade: false };
    }
    if (wasThere)
      lines.push({
        lost: `egress pool ${plan.name}: dropped, for its file is damaged or of another version of Sluice; nothing is known of its addresses`,
      });
    // Of chance, so that nobody outside can choose texts that meet in one place.
    const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
    rmSync(path, { force: true });
    const bytes = makeShared(path, size, (made) => SharedEgressBoard.format(made, shape, seed), ranges);
    const made = new SharedEgressBoard(bytes, plan.name, owner, undefined, this.#reserve(path));
    this.#name(made, path, plan.members);
    const isCarried = this.#carry(plan, path, made);
    if (isCarried)
      lines.push(
        `egress pool ${plan.name}: what was known of its addresses is taken over into a board of another size`,
      );
    else this.#options.made?.(plan, made, lines);
    return { open: { plan, path, board: made, isNew: !isCarried }, isMade: true };
  }

  #reserve(path: string): Reserve {
    return this.#options.reserving?.({ path, inode: statSync(path).ino }) ?? reserved;
  }

  #isUser(plan: EgressPlan, from: SharedEgressBoard): (first: number) => boolean {
    return isOneOf(this.#namesOf(plan), from.nameSeed);
  }

  /** From a board of that name and another shape: the one in force, or one that was left by the run before. */
  #carry(plan: EgressPlan, path: string, board: SharedEgressBoard): boolean {
    const former = this.find(plan.name);
    if (former !== null) {
      const isCarried = isSound(former.board) && board.carry(former.board, this.#isUser(plan, former.board));
      if (isCarried) board.standIn(former.board);
      return isCarried;
    }
    const { folder, owner } = this.#options;
    for (const left of filesIn(folder)) {
      if (left.name !== plan.name || left.path === path) continue;
      const bytes = mapLeft(left.path);
      if (bytes === null) continue;
      const from = opened(bytes, plan.name, owner, this.#reserve(left.path));
      if (from === null) continue;
      from.recover();
      const isCarried = board.carry(from, this.#isUser(plan, from));
      from.leave();
      if (isCarried) return true;
    }
    return false;
  }
}

function bytesIn(ranges: readonly FileRange[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** False: somebody else has written over what it was formatted as. */
function isSound({ parts, shape }: SharedEgressBoard): boolean {
  return SharedEgressBoard.isFormatted(parts.file.bytes, shape);
}

/** Null where its list of who has it open is full: of what a run before has left that is no list. It must not keep us from starting. */
function opened(bytes: Uint8Array, name: string, owner: Owner, reserve = reserved): SharedEgressBoard | null {
  try {
    return new SharedEgressBoard(bytes, name, owner, undefined, reserve);
  } catch {
    return null;
  }
}

/** Null where it is no board, or was cut short. */
function mapLeft(path: string): Uint8Array | null {
  return mapShared(path, 4096, (bytes) => {
    const shape = SharedEgressBoard.shapeIn(bytes);
    return shape !== null && bytes.length >= SharedEgressBoard.bytesFor(shape);
  });
}

/** 16 hexadecimal digits of all that a file is laid out by. */
function shapeName(plan: EgressPlan): string {
  const shape = JSON.stringify(egressShape(plan));
  return [1, 2].map((seed) => hashString(shape, seed).toString(16).padStart(8, "0")).join("");
}
