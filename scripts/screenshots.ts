// Takes the pictures of the console that README.md shows: a real Sluice under traffic, in Chromium. The first ones want a history, so
// traffic runs for a while before. Run it after a change of the console, and look at what it wrote:
// npm run screenshots [-- SECONDS OF TRAFFIC BEFORE [NAME…]].

import { statSync } from "node:fs";
import { tmpdir } from "node:os";
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
  /** The first row with such a text is opened before the picture is taken. */
  readonly opened?: string;
}

const shots: readonly Shot[] = [
  { name: "overview", page: "/overview", scheme: "light", height: 830 },
  { name: "flow", page: "/flow", scheme: "light", height: 460 },
  { name: "requests", page: "/requests?find=pool%3Ashop", scheme: "dark", height: 500, opened: "/reports/" },
  { name: "rules", page: "/rules/listeners.web.rules%5B2%5D", scheme: "light", height: 590 },
  { name: "egress", page: "/egress/scrape/127.20.0.7", scheme: "dark", height: 850 },
];

/** Where people would look for it, so that the pictures show what a Sluice at work has. */
const folder: string = join(tmpdir(), "shop");
const ports = { port: 8080, securePort: 8443, egressPort: 3128, crawlPort: 3129 };
const width = 1280;
/** What charts show before the first picture. */
const historyMs = Number(process.argv[2] ?? 90) * 1000;
/** For a page to have been told everything, and for the seconds before it to be known. */
const settleMs = 13_000;
const kibibytesMax = 150;

const room = new Room(folder);
let isOver = false;
try {
  const stage = await ConsoleStage.start(room, ports);
  const traffic = stage.live(() => isOver);
  console.log(`traffic for ${historyMs / 1000} s at ${stage.url} …`);
  await Bun.sleep(historyMs);
  const browser = await Browser.start(room);
  const wanted = process.argv.slice(3);
  for (const { name, page: path, scheme, height, opened } of shots) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const page = await browser.page({ width, height, scheme });
    await page.open(`${stage.url}#${path}`);
    await Bun.sleep(settleMs);
    if (opened !== undefined) {
      const row = `[...document.querySelectorAll('.row')].find((row) => row.innerText.includes(${JSON.stringify(opened)}))`;
      // In one go, for rows come and go.
      await page.until(`a row with ${opened}`, `(() => { const row = ${row}; row.click(); return true; })()`);
      await page.until("what was opened", "document.querySelector('.drawer')");
      await page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }
    if (page.problems.length > 0) throw new Error(`${path}: ${page.problems.join("; ")}`);
    const file = join(import.meta.dir, "..", "docs", "images", `console-${name}.png`);
    await page.picture(file);
    const kibibytes = Math.round(statSync(file).size / 1024);
    console.log(`${file}: ${kibibytes} KiB${kibibytes > kibibytesMax ? `, which is more than ${kibibytesMax}` : ""}`);
  }
  isOver = true;
  await traffic;
} finally {
  isOver = true;
  await room[Symbol.asyncDispose]();
}
