// Takes the pictures of the console that README.md shows: a real Sluice under traffic, in Chromium. The first ones want a history, so
// traffic runs for a while before. Run it after a change of the console, and look at what it wrote: npm run screenshots.

import { statSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "../test/e2e/harness/chromium.ts";
import { ConsoleStage } from "../test/e2e/harness/consolestage.ts";
import { Room } from "../test/e2e/harness/room.ts";

interface Shot {
  /** Of the file: `console-NAME.png`. */
  readonly name: string;
  /** What stands after the `#` of the console's address. */
  readonly page: string;
  readonly scheme: "light" | "dark";
  readonly height: number;
  /** Pressed before the picture is taken. */
  readonly press?: string;
}

const shots: readonly Shot[] = [
  { name: "overview", page: "/overview", scheme: "light", height: 900 },
  { name: "flow", page: "/flow", scheme: "light", height: 760 },
  { name: "requests", page: "/requests", scheme: "dark", height: 800, press: "tbody tr:nth-child(3)" },
  { name: "rules", page: "/rules", scheme: "light", height: 760 },
  { name: "egress", page: "/egress", scheme: "dark", height: 800 },
];

const width = 1280;
/** What charts show before the first picture. */
const historyMs = Number(process.argv[2] ?? 90) * 1000;
/** For a page to have been told everything. */
const settleMs = 4000;

const room = new Room();
let isOver = false;
try {
  const stage = await ConsoleStage.start(room);
  const traffic = stage.live(() => isOver);
  console.log(`traffic for ${historyMs / 1000} s at ${stage.url} …`);
  await Bun.sleep(historyMs);
  const browser = await Browser.start(room);
  for (const { name, page: path, scheme, height, press } of shots) {
    const page = await browser.page({ width, height, scheme });
    await page.open(`${stage.url}#${path}`);
    await Bun.sleep(settleMs);
    if (press !== undefined) {
      await page.click(press);
      await Bun.sleep(settleMs / 2);
    }
    if (page.problems.length > 0) throw new Error(`${path}: ${page.problems.join("; ")}`);
    const file = join(import.meta.dir, "..", "docs", "images", `console-${name}.png`);
    await page.picture(file);
    console.log(`${file}: ${Math.round(statSync(file).size / 1024)} KiB`);
  }
  isOver = true;
  await traffic;
} finally {
  isOver = true;
  await room[Symbol.asyncDispose]();
}
