// A page of the documentation, walked through: a test takes each block that shows a shell, what a program says, or a program of tests, and
// when it is over, whatever it has not taken fails. scripts/docs/blocks.test.ts looks that each page with such blocks is walked by some test.

import { mustBeTaken, takers } from "../../../scripts/docs/blocks.ts";
import { type Block, readPage } from "../../../scripts/docs/pages.ts";
import { freePort } from "./port.ts";
import { testWith } from "./program.ts";
import type { Room } from "./room.ts";
import { Sluice } from "./sluice.ts";
import { followed, linesOf, type PageStage } from "./transcript.ts";

const shells = new Set(["sh", "console"]);

export class Walk {
  readonly blocks: readonly Block[];
  readonly #taken = new Set<Block>();

  constructor(blocks: readonly Block[]) {
    this.blocks = blocks;
  }

  /** All shells of the page, or those that are meant. How many lines were run. */
  async follow(stage: PageStage, isMeant: (block: Block) => boolean = () => true): Promise<number> {
    const blocks = this.blocks.filter((block) => shells.has(block.language) && isMeant(block));
    for (const block of blocks) this.#taken.add(block);
    return followed(blocks, stage);
  }

  /** The next block of a language that is not taken yet. */
  next(language: string): Block {
    const isDue = (each: Block): boolean => language in takers || mustBeTaken(each);
    const block = this.blocks.find((each) => each.language === language && isDue(each) && !this.#taken.has(each));
    if (block === undefined) throw new Error(`the page has no more blocks of ${language}`);
    this.#taken.add(block);
    return block;
  }

  /** For those who follow by themselves. */
  take(block: Block): void {
    this.#taken.add(block);
  }

  /** The next block of text, whose lines were all said, in its order. One may end with `...`, and goes on there. */
  shows(said: string): void {
    const { at, text } = this.next("text");
    const lines = linesOf(said);
    const wanted = linesOf(text);
    const isLine = (has: string, due: string): boolean =>
      due.endsWith("...") ? has.startsWith(due.slice(0, -3)) : has === due;
    let from = 0;
    const isSaid = wanted.every((due) => {
      from = lines.findIndex((has, index) => index >= from && isLine(has, due)) + 1;
      return from > 0;
    });
    if (!isSaid) throw new Error(`${at} shows\n${wanted.join("\n")}\nand here was said\n${lines.join("\n")}`);
  }

  /** Where those stand that nothing was done with. */
  get left(): string[] {
    return this.blocks.filter((block) => mustBeTaken(block) && !this.#taken.has(block)).map(({ at }) => at);
  }
}

/** A test that walks through a page, whose name stands here as it does in the repository. */
export function walked(
  page: string,
  programs: readonly string[],
  body: (walk: Walk) => Promise<void>,
  timeoutMs?: number,
): void {
  testWith(["bash", "curl", ...programs])(
    `what ${page} shows comes to pass`,
    async () => {
      const walk = new Walk(readPage(page).blocks);
      await body(walk);
      if (walk.left.length > 0) throw new Error(`nobody has tried what stands at ${walk.left.join(", ")}`);
    },
    timeoutMs,
  );
}

/** A Sluice from a file that is called as the pages call it, of the text behind where its admin interface is. */
export async function sluiceOf(room: Room, textOf: (port: number) => string, more = ""): Promise<Sluice> {
  const [port, adminPort] = [freePort(), freePort()];
  const admin = `workers: 1\nadmin: { listen: "127.0.0.1:${adminPort}", rateLimit: 1000/s${more} }\n`;
  return Sluice.of(room, room.write("sluice.yaml", admin + textOf(port)), port, adminPort);
}

export async function asked(sluice: Sluice, count: number, path = "/"): Promise<void> {
  for (let index = 0; index < count; index++) await (await fetch(`${sluice.url}${path}`)).text();
}
