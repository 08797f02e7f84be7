// [servers.NAME.access]: who may connect, as rules for connections. gobetween goes by the first rule that fits and closes the connection
// of whoever is denied, without a word; so do these, with neighbours of one verb in one rule. What changes nothing is left out.

import { readCidr } from "../../cidr.ts";
import type { ConfigInput, ListenerInput } from "../../input.ts";
import { show } from "../../term.ts";
import type { Table } from "../table.ts";

export interface Access {
  readonly rules: NonNullable<ListenerInput["rules"]>;
  /** What is too much to be read in an expression. */
  readonly lists: NonNullable<ConfigInput["lists"]>;
}

type Verb = "allow" | "deny";
interface Group {
  readonly verb: Verb;
  readonly blocks: string[];
}

/** More of them are a list of their own. */
const inlineMax = 16;
const none: Access = { rules: [], lists: {} };

/** `listName`: what a list is called that it needs; others are numbered. */
export function accessOf(access: Table | undefined, listName: string): Access {
  if (access === undefined) return none;
  const usual: Verb = (access.choice("default", { allow: true, deny: false }) ?? true) ? "allow" : "deny";
  const groups = groupsOf(access);
  access.finish("gobetween");
  // The last ones say what holds anyway.
  while (groups.at(-1)?.verb === usual) groups.pop();
  const lists: Record<string, { addresses: string[] }> = {};
  const among = ({ blocks }: Group): string => {
    if (blocks.length <= inlineMax) return `src in cidr(${blocks.map((block) => `'${block}'`).join(", ")})`;
    const count = Object.keys(lists).length;
    const name = count === 0 ? listName : `${listName}-${count + 1}`;
    lists[name] = { addresses: blocks };
    return `src in lists['${name}']`;
  };
  const last = groups.at(-1);
  // "All but these" is one rule.
  if (usual === "deny" && last !== undefined) {
    const before = groups.slice(0, -1).map((group) => ruleOf(group, among(group)));
    return { rules: [...before, { if: `!(${among(last)})`, reject: true }], lists };
  }
  const rules = groups.map((group) => ruleOf(group, among(group)));
  return { rules: usual === "deny" ? [...rules, { reject: true }] : rules, lists };
}

function ruleOf({ verb }: Group, condition: string): { if: string; accept?: true; reject?: true } {
  return verb === "allow" ? { if: condition, accept: true } : { if: condition, reject: true };
}

function groupsOf(access: Table): Group[] {
  const groups: Group[] = [];
  for (const [index, rule] of access.list("rules").entries()) {
    const path = [...access.at("rules"), index];
    const [, verb, block = ""] = /^(allow|deny) (\S+)$/.exec(rule) ?? [];
    const reading = readCidr(block);
    if (verb === undefined)
      access.ledger.fault(path, `must be "allow" or "deny" and an address or block, not ${show(rule)}`);
    else if (!reading.ok) access.ledger.fault(path, reading.message);
    else if (groups.at(-1)?.verb === verb) groups.at(-1)!.blocks.push(block);
    else groups.push({ verb: verb as Verb, blocks: [block] }); // The expression has no other.
  }
  return groups;
}
