// What a board is made of, for the files beside that need several parts of it: adopting members, repairing, carrying over. It only names
// the parts; ../egressboard.ts puts them together, and each is opened on the same file and its one lock. None of them knows this
// page but those that go over all of them.

import type { RecordKind } from "../egress.ts";
import type { BoardChanges } from "./changes.ts";
import type { BoardFile } from "./file.ts";
import type { BoardLeases } from "./leases.ts";
import type { BoardOutcomes } from "./outcomes.ts";
import type { BoardRecords } from "./records.ts";
import type { BoardRows } from "./rows.ts";
import type { BoardTexts } from "./texts.ts";

export interface BoardParts {
  readonly file: BoardFile;
  readonly rows: BoardRows;
  readonly records: Readonly<Record<RecordKind, BoardRecords>>;
  readonly leases: BoardLeases;
  readonly texts: BoardTexts;
  readonly outcomes: BoardOutcomes;
  readonly changes: BoardChanges;
}
