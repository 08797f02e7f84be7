// What the control process takes of the machine's memory while somebody looks: 150 MB at the most, text of the runtime and shared memory
// counted in, with 10,300 outbound addresses and the console open on two pages, one of which goes through all that is heavy. It is the
// kernel's own count of the most that there ever was, so that no look comes too late for it.

import { expect, setDefaultTimeout } from "bun:test";
import { Browser, chromium, type Page } from "./harness/chromium.ts";
import { ConsoleStage, fewMembers, manyMembers } from "./harness/consolestage.ts";
import { peakBytes, residentBytes } from "./harness/processes.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { sources } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(180_000);
const test = testWith(chromium === null ? ["chromium"] : []);

const mostBytes = 150_000_000;
/** What is left when nobody asks for more than the open pages do. */
const restBytes = 135_000_000;
const rounds = 3;

/** What is opened in turn, and what shows that it is there. */
const fragments: readonly (readonly [fragment: string, selector: string, shows: RegExp])[] = [
  ["egress/scrape", ".choices", new RegExp(`all\\s*${fewMembers}`)],
  ["egress/crawl", ".choices", /all\s*10,000/],
  ["egress/crawl?view=list", ".rows", /127\.32\./],
  ["egress/scrape/127.20.0.7", ".drawer", /cooling down[\s\S]*Last outcomes/],
  ["requests", ".rows", /shop/],
  ["flow", ".flow", /shop/],
  ["config", "main", /plan \d+ from/],
];

async function open(page: Page, stage: ConsoleStage, [fragment, selector, shows]: (typeof fragments)[number]) {
  await page.value(`location.hash = ${JSON.stringify(`#/${fragment}`)}`);
  const text = `(document.querySelector(${JSON.stringify(selector)})?.innerText ?? '')`;
  await page.until(`${fragment} of ${stage.url}`, `${shows}.test(${text})`);
}

/** All members, page by page, as scripts ask for them; a name that there is none of, which is looked for among all. */
async function askForAll(stage: ConsoleStage): Promise<void> {
  const ask = async (path: string): Promise<string> =>
    until(`an answer for ${path}`, async () => {
      const answer = await fetch(`${stage.url}${path}`);
      const text = await answer.text();
      return answer.status === 429 ? null : text;
    });
  const pageMembers = 1000;
  for (let offset = 0; offset < manyMembers; offset += pageMembers)
    expect(await ask(`api/v1/egress/crawl?limit=${pageMembers}&offset=${offset}`)).toContain('"found": 10000');
  for (let number = 0; number < 20; number++)
    expect(await ask(`api/v1/egress/crawl/127.132.${number}.7`)).toContain("did you mean");
  for (const path of ["metrics", "api/v1/status", "api/v1/egress"]) expect(await ask(path)).toContain("crawl");
}

test("the control process stays under 150 MB with 10,300 outbound addresses while the console is open", async () => {
  await using room = new Room();
  const [browser, stage] = [await Browser.start(room), await ConsoleStage.start(room, {}, sources)];
  const { pid } = stage.sluice;
  const peaks: Record<string, number> = { start: peakBytes(pid) };
  await stage.ask(60);
  await stage.scrape(fewMembers);
  const [overview, page] = [await browser.page(), await browser.page()];
  await overview.open(`${stage.url}#/overview`);
  await overview.until("figures", "document.querySelector('.numbers b')");
  await page.open(`${stage.url}#/egress/crawl`);
  for (let round = 0; round < rounds; round++) {
    for (const each of fragments) {
      await open(page, stage, each);
      await stage.ask(5);
    }
    peaks[`pages ${round}`] = peakBytes(pid);
    await askForAll(stage);
    peaks[`lists ${round}`] = peakBytes(pid);
  }
  const restingBytes = await until("it to come to rest, with the console open", () => {
    const bytes = residentBytes(pid);
    return bytes < restBytes ? bytes : null;
  }).catch(() => residentBytes(pid));
  peaks["at rest"] = peakBytes(pid);
  const tooMuch = Object.entries(peaks).filter(([, bytes]) => bytes >= mostBytes);
  expect({ tooMuch, isAtRest: restingBytes < restBytes, peaks, restingBytes }).toMatchObject({
    tooMuch: [],
    isAtRest: true,
  });
});
