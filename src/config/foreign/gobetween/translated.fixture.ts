// For the tests of this room: a text of gobetween's through its front-end, or one section of it, with what is told about it as
// lines that a test can compare.

import { keyText } from "../../problem.ts";
import { readToml } from "../../toml.ts";
import { Ledger } from "../ledger.ts";
import { isTable, Table } from "../table.ts";
import type { Translation } from "../translation.ts";
import { translateGobetween } from "./gobetween.ts";

export interface Scene extends Translation {
  /** `warning key message` or `error key message`, in the order found. */
  readonly told: readonly string[];
}

export function scene(toml: string): Scene {
  const translation = translateGobetween(treeOf(toml));
  return { ...translation, told: toldBy(translation.ledger) };
}

/** A section by itself, as if it were the whole file. */
export function tableOf(toml: string): Table {
  return new Table(treeOf(toml), [], new Ledger());
}

export function toldBy(ledger: Ledger): string[] {
  return ledger.findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
}

function treeOf(toml: string): object {
  const document = readToml(toml);
  if (!document.ok || !isTable(document.value)) throw new Error(`the test's TOML cannot be read: ${toml}`);
  return document.value;
}
