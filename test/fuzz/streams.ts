// What must hold of carried connections for any bytes, in any order and any pieces: nothing throws; each side is sent the
// other's bytes and no others; an end in order comes behind all of them; and where a connection goes by the name in its first
// bytes, how these were cut changes neither where it goes nor what the server is sent.

import type { NameRoutePlan } from "../../src/config/plan.ts";
import type { Actor } from "../playbook/actor.ts";
import { Playbook } from "../playbook.ts";
import { Disagreement, show } from "./codec.ts";
import { gotBy } from "./flows.ts";
import type { Inputs } from "./inputs.ts";

const names: readonly NameRoutePlan[] = [
  { kind: "exact", match: "a.example", route: 1 },
  { kind: "exact", match: "www.example.com", route: 1 },
  { kind: "wildcard", match: ".b", route: 2 },
  { kind: "pattern", match: "\\.", route: 2 },
];

/** A client's first bytes at a listener that goes by names. */
export function checkNamed(inputs: Inputs): void {
  const text = `${inputs.clientHello()}${inputs.choice(2) === 0 ? "" : inputs.chunked()}`;
  // A read brings at least a byte.
  if (text === "") return;
  const isPoolless = inputs.choice(2) === 0;
  const whole = named(text, [text.length], isPoolless, 0);
  const cuts = inputs.cuts(text.length);
  const pieces = named(text, cuts, isPoolless, inputs.choice(cuts.length + 1));
  if (whole !== pieces) throw new Disagreement(`${show(text)}: as a whole ${whole}, in pieces ${pieces}`);
}

/** What became of it: the server that was dialed, or the report. `patience`: pieces that come before the server accepts. */
function named(text: string, cuts: readonly number[], isPoolless: boolean, patience: number): string {
  const play = new Playbook({ isPoolless, pools: ["one", "two"], listener: { mode: "tcp", names } });
  const client = play.connect();
  const said: string[] = [];
  let server: Actor | null = null;
  let passed = "";
  let at = 0;
  const listen = (): void => {
    for (const line of play.take()) {
      passed += gotBy(line, server) ?? "";
      if (/^(dial|report)|alert|reset/.test(line)) said.push(line);
    }
  };
  for (let piece = 0; piece < cuts.length && client.flow !== null; piece++) {
    client.sends(text.slice(at, cuts[piece]));
    at = cuts[piece]!;
    if (piece >= patience && server === null && play.dialing > 0) server = play.accept();
    listen();
  }
  if (server === null && play.dialing > 0) server = play.accept();
  listen();
  if (server === null) {
    if (client.flow !== null) client.ends();
    listen();
    if (passed !== "") throw new Disagreement(`${show(text)} was passed on, and no server was sought`);
    return said.join();
  }
  if (passed !== text) throw new Disagreement(`${show(text)} was passed on as ${show(passed)}`);
  client.ends();
  server.ends();
  listen();
  play.expectNothingLeft();
  return said.join();
}

interface Side {
  readonly actor: Actor;
  readonly text: string;
  readonly cuts: number[];
  at: number;
  isEnded: boolean;
  got: string;
}

/** Both sides' bytes, while either may be slow to take them. */
export function checkCarried(inputs: Inputs): void {
  const texts = [inputs.response(), inputs.request()] as const;
  const play = new Playbook({ listener: { mode: "tcp" } });
  const client = play.connect();
  const early = texts[0].slice(0, inputs.choice(texts[0].length + 1));
  if (early !== "") client.sends(early);
  const isEndedEarly = early === texts[0] && inputs.choice(2) === 0;
  if (isEndedEarly) client.ends();
  const server = play.accept();
  const side = (actor: Actor, text: string, at: number): Side => {
    return { actor, text, cuts: inputs.cuts(text.length - at).map((cut) => cut + at), at, isEnded: false, got: "" };
  };
  const sides = [side(client, texts[0], early.length), side(server, texts[1], 0)] as const;
  const listen = (): string[] => {
    const lines = play.take();
    for (const line of lines) for (const one of sides) one.got += gotBy(line, one.actor) ?? "";
    return lines;
  };
  sides[0].isEnded = isEndedEarly;
  listen();
  for (let turn = 0; client.flow !== null && turn < 20_000; turn++) {
    const one = sides[inputs.choice(2)]!;
    // In the end everybody takes what there is.
    move(one, turn > 500 ? 1 + inputs.choice(2) : inputs.choice(5), inputs);
    for (const [taker, giver] of [sides, [sides[1], sides[0]] as const])
      if (taker.actor.heldBytes > 0 && !giver.actor.isPaused && !giver.isEnded)
        throw new Disagreement(`${show(texts[0])}, ${show(texts[1])}: ${giver.actor.name} is read on`);
    const report = listen().find((line) => line.startsWith("report"));
    if (report === undefined) continue;
    const expected = `report ${texts[0].length} up ${texts[1].length} down`;
    if (report !== expected || sides.some(({ actor }) => actor.heldBytes > 0))
      throw new Disagreement(`${show(texts[0])}, ${show(texts[1])}: ${report}, and something may be held`);
  }
  if (client.flow !== null) throw new Disagreement(`${show(texts[0])}, ${show(texts[1])} did not come to an end`);
  if (sides[1].got !== texts[0] || sides[0].got !== texts[1])
    throw new Disagreement(
      `${show(texts[0])} came as ${show(sides[1].got)}, ${show(texts[1])} as ${show(sides[0].got)}`,
    );
  play.expectNothingLeft();
}

/** One side does something, if it can. */
function move(side: Side, choice: number, inputs: Inputs): void {
  const { actor } = side;
  switch (choice) {
    case 0:
      actor.isFull = true;
      return;
    case 1:
      if (actor.heldBytes > 0) actor.drains(1 + inputs.choice(actor.heldBytes));
      else actor.isFull = false;
      return;
    default: {
      if (actor.isPaused || side.isEnded) return;
      const cut = side.cuts.shift();
      if (cut === undefined) {
        side.isEnded = true;
        actor.ends();
      } else {
        actor.sends(side.text.slice(side.at, cut));
        side.at = cut;
      }
    }
  }
}
