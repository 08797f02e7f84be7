// The pages of the console about tables, bans, caches, egress, rules, explanations, certificates, the config and the audit log, in a real browser
// before one real Sluice that has something for each: they show what is there, what is pressed arrives, and nothing breaks the browser's
// console or the content policy. Tests share the Sluice, and each undoes nothing that another needs.

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { BansAnswer } from "../../src/control/api/bans.ts";
import type { ConfigAnswer } from "../../src/control/api/shape/config.ts";
import type { RulesAnswer } from "../../src/control/api/shape/rule.ts";
import type { MemberAnswer } from "../../src/control/egress/answer.ts";
import type { EntryAnswer } from "../../src/control/table/answer.ts";
import { Browser, chromium, type Page, type PageOptions } from "./harness/chromium.ts";
import { ConsoleStage, fewMembers, manyMembers } from "./harness/consolestage.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(120_000);
const test = testWith(chromium === null ? ["chromium"] : []);

const shared = new Room();
let browser: Browser;
let stage: ConsoleStage;
beforeAll(async () => {
  if (chromium === null) return;
  [browser, stage] = [await Browser.start(shared), await ConsoleStage.start(shared)];
  await stage.ask(120);
  await stage.scrape(fewMembers);
});
afterEach(() => browser?.leave());
afterAll(() => shared[Symbol.asyncDispose]());

async function visit(fragment: string, options: PageOptions = {}): Promise<Page> {
  const page = await browser.page(options);
  await page.open(`${stage.url}#/${fragment}`);
  return page;
}

async function api<T>(path: string): Promise<T> {
  return (await (await fetch(`${stage.url}api/v1/${path}`)).json()) as T;
}

const member = (id: string): Promise<MemberAnswer> => api<MemberAnswer>(`egress/scrape/${id}`);
const textHas = (selector: string, pattern: RegExp): string =>
  `${pattern}.test(document.querySelector(${JSON.stringify(selector)})?.innerText ?? '')`;

/** Fills in fields of the question that is open, and says yes. */
async function answer(page: Page, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  await page.until("the question", "document.querySelector('dialog[open] button[type=submit]')");
  for (const [name, value] of Object.entries(fields)) {
    const selector = JSON.stringify(`dialog [name="${name}"]`);
    await page.value(`{ const e = document.querySelector(${selector}); e.value = ${JSON.stringify(value)}; }`);
  }
  await page.click("dialog button[type=submit]");
  await page.until("the question to be answered", "!document.querySelector('dialog')");
}

async function pressButton(page: Page, text: string): Promise<void> {
  const found = `[...document.querySelectorAll('button')].find((e) => e.innerText.trim() === ${JSON.stringify(text)})`;
  await page.until(`the button ${text}`, `${found} && !${found}.disabled`);
  await page.value(`${found}.click()`);
}

const pages: readonly (readonly [fragment: string, selector: string, shows: RegExp])[] = [
  ["tables", ".rows", /203\.0\.113\.7/],
  ["tables/clients/203.0.113.7", ".drawer", /http_req_rate/],
  ["bans", ".page", /Nobody is banned|Since|Ends/],
  ["cache?url=http%3A%2F%2Fshop.example%2Fstatic%2Fapp.js", ".key", /hit[\s\S]*fresh/],
  ["egress", ".choices", /all\s*300/],
  ["egress/crawl", ".choices", /all\s*10,000/],
  ["egress/scrape/127.20.0.7", ".drawer", /cooling down[\s\S]*too many failures[\s\S]*403/],
  ["egress/crawl?view=list", ".rows", /127\.32\./],
  ["rules", ".rows", /scanners/],
  ["rules/listeners.web.rules%5B2%5D", ".drawer", /only counts/],
  ["explain?url=http%3A%2F%2Fshop.example%2Fadmin&listener=web", ".explained", /403[\s\S]*back office/],
  ["certificates", ".rows", /api\.example/],
  ["config", ".scrolled", /Reload/],
  ["config?view=force", ".rows", /drainTimeout/],
  ["audit", ".page", /Nothing was changed|When/],
];
const sizes: readonly PageOptions[] = [
  { width: 1280, scheme: "light" },
  { width: 390, height: 844, scheme: "dark" },
];
for (const size of sizes)
  test(`at ${size.width} px, ${size.scheme}, each page shows what there is, and is no wider than the screen`, async () => {
    const page = await visit("overview", size);
    for (const [fragment, selector, shows] of pages) {
      await page.value(`location.hash = ${JSON.stringify(`#/${fragment}`)}`);
      await page.until(`#/${fragment}`, textHas(selector, shows));
      const wide =
        "document.documentElement.scrollWidth > innerWidth || document.querySelector('main').scrollWidth > innerWidth";
      expect([fragment, await page.value<boolean>(wide)]).toEqual([fragment, false]);
    }
    expect(page.problems).toEqual([]);
  });

test("tables: entries are searched by key and by condition, set, and removed", async () => {
  const page = await visit("tables/clients");
  await page.until("entries", "document.querySelectorAll('.row').length > 5");
  await page.press("/");
  await page.ask("Input.insertText", { text: "113.7" });
  await page.until(
    "those that are like it",
    "(() => { const rows = [...document.querySelectorAll('.row')]; return rows.length > 0 && rows.every((e) => /113\\.7/.test(e.innerText)); })()",
  );
  await page.value("location.hash = '#/tables/clients?find=gpc5%20%3E%200'");
  await page.until("why it is no condition", textHas("p.problem", /does not store/));
  // The answer to what is no condition is a refusal, of which the browser tells.
  expect(page.problems.filter((problem) => !/status of 400/.test(problem))).toEqual([]);
  await page.value("location.hash = '#/tables/marked'");
  await pressButton(page, "Set an entry…");
  await answer(page, { key: "198.51.100.9", "=gpc0": "3" });
  expect(await api<EntryAnswer>("tables/marked/entries/198.51.100.9")).toMatchObject({ values: { gpc0: 3 } });
  await page.until("its row", textHas(".row", /198\.51\.100\.9\s+3/));
  await page.click(".row");
  await pressButton(page, "Remove…");
  await answer(page);
  await until(
    "it to be gone",
    async () => (await fetch(`${stage.url}api/v1/tables/marked/entries/198.51.100.9`)).status === 404,
  );
  await page.until("its absence", textHas(".drawer", /No entry any more/));
});

test("bans: who is banned is counted, found by an address of the block, changed and let off; what is a slip needs a tick", async () => {
  const bans = async (): Promise<BansAnswer["bans"]> => (await api<BansAnswer>("bans")).bans;
  const page = await visit("bans");
  await page.until("that nobody is", textHas(".empty", /Nobody is banned/));
  await pressButton(page, "Ban an address…");
  await answer(page, { address: "198.51.100.9/24", for: "2h", reason: "scrapers" });
  await page.until("its row", textHas(".row", /198\.51\.100\.0\/24\s+in 1 h 59 min\s+scrapers/));
  await page.value("location.hash = '#/bans?find=198.51.100.77'");
  await page.until("the block that holds the address", "document.querySelectorAll('.row').length === 1");
  await page.value("location.hash = '#/bans?find=192.0.2.1'");
  await page.until("that no ban holds another", textHas(".empty", /No ban is like 192\.0\.2\.1/));
  await page.value("location.hash = '#/overview'");
  await page.until("the count", textHas(".numbers", /Bans\s+1\s+who and why/));
  await page.value("location.hash = '#/bans/198.51.100.0%2F24'");
  await pressButton(page, "Change…");
  await answer(page, { reason: "scrapers of prices" });
  await page.until("the new reason", textHas(".drawer", /Why\s+scrapers of prices[\s\S]*in 1 h 59 min/));
  await pressButton(page, "Ban an address…");
  await page.until("the question", "document.querySelector('dialog[open]')");
  await page.value("document.querySelector('dialog [name=address]').value = '127.0.0.9'");
  await page.click("dialog button[type=submit]");
  await page.until("why not", textHas("dialog .problem", /loopback[\s\S]*force/));
  await page.click("dialog [name=force]");
  await answer(page);
  expect((await bans()).map(({ address, reason }) => [address, reason])).toEqual([
    ["198.51.100.0/24", "scrapers of prices"],
    ["127.0.0.9", ""],
  ]);
  for (const address of ["127.0.0.9", "198.51.100.0/24"]) {
    await page.value(`location.hash = '#/bans/${encodeURIComponent(address)}'`);
    await page.until("its drawer", textHas(".drawer h2", new RegExp(address)));
    await pressButton(page, "Lift…");
    await answer(page);
    await page.until("that it is not banned", textHas(".drawer", /Not banned/));
  }
  expect(await bans()).toEqual([]);
  expect(page.problems.filter((problem) => !/status of 422/.test(problem))).toEqual([]);
});

test("cache: it is told why a URL is a hit, and a purge makes it a miss", async () => {
  await stage.ask(26);
  const page = await visit("cache");
  await page.until("figures", textHas(".numbers", /Hit ratio/));
  await page.value("document.querySelector('.ask input').focus()");
  await page.ask("Input.insertText", { text: "http://shop.example/static/logo.png" });
  await page.press("Enter");
  await page.until("why it is a hit", textHas(".outcome", /^\s*hit/));
  await pressButton(page, "Purge this URL…");
  await answer(page);
  await page.until("that it is a miss", textHas(".outcome", /^\s*miss/));
  expect(page.problems).toEqual([]);
});

const centre =
  "(() => { const r = document.querySelector('.grid-body canvas').getBoundingClientRect(); return [r.x, r.y]; })()";

test("egress: a square for each of 300 and of 10,000 members; what is pointed at is told, what is pressed is opened", async () => {
  const page = await visit("egress/scrape");
  await page.until("the grid", "document.querySelector('.grid-body canvas')?.width > 100");
  const listed = `document.querySelector('[role=listbox]').getAttribute('aria-label')`;
  expect(await page.value<string>(listed)).toContain(`${fewMembers} members`);
  const [x, y] = await page.value<[number, number]>(centre);
  await page.ask("Input.dispatchMouseEvent", { type: "mouseMoved", x: x + 6 * 30 + 10, y: y + 10 });
  await page.until("what is pointed at", textHas(".tip", /127\.20\.0\.7[\s\S]*cooling down[\s\S]*too many failures/));
  for (const type of ["mousePressed", "mouseReleased"])
    await page.ask("Input.dispatchMouseEvent", { type, x: x + 6 * 30 + 10, y: y + 10, button: "left", clickCount: 1 });
  await page.until("its drawer", textHas(".drawer", /127\.20\.0\.7[\s\S]*Timeline[\s\S]*Last outcomes/));
  await page.press("ArrowRight");
  await page.until("the next one", textHas(".drawer h2", /127\.20\.0\.8$/));
  await page.press("Escape");
  await page.value("location.hash = '#/egress/crawl'");
  await page.until("all", `${listed}.includes('10,000 members')`);
  await page.until("them drawn", "document.querySelector('.grid-body canvas').width > 100");
  // Not one square of them is white: the last one, in the middle of it.
  const last = `(() => { const c = document.querySelector('.grid-body canvas'); const step = 7, columns = Math.floor(c.width / step);
    const at = ${manyMembers} - 1; return [...c.getContext('2d').getImageData((at % columns) * step + 3, Math.floor(at / columns) * step + 3, 1, 1).data]; })()`;
  expect((await page.value<number[]>(last))[3]).toBeGreaterThan(50);
  expect(page.problems).toEqual([]);
});

test("egress: a member is banned by a press, counted, found by its state, and let off again", async () => {
  const id = "127.20.0.42";
  const page = await visit(`egress/scrape/${id}`);
  await pressButton(page, "Ban…");
  await answer(page, { reason: "blocked by the provider", for: "1h" });
  await until("the ban", async () => (await member(id)).member.state === "banned");
  expect((await member(id)).member.why).toContain("blocked by the provider");
  await page.until("it in the drawer", textHas(".drawer", /banned[\s\S]*blocked by the provider/));
  await page.until("the count of banned ones", textHas(".choices", /banned\s*1/));
  await page.value("location.hash = '#/egress/scrape?state=banned&view=list'");
  await page.until("it alone", "document.querySelectorAll('.row').length === 1");
  await page.click(".row");
  await pressButton(page, "Unban…");
  await answer(page);
  await until("it to be let off", async () => (await member(id)).member.state === "available");
  await page.until("nobody banned", textHas(".empty", /No member is like that/));
  expect(page.problems).toEqual([]);
});

test("rules: hits are counted live; a mode that is switched is in force, and stands among what is not in the file", async () => {
  const page = await visit("rules/listeners.web.rules%5B2%5D");
  const hits =
    "Number(/Since in force\\s+([\\d,]+)/.exec(document.querySelector('.drawer').innerText)[1].replace(',', ''))";
  await page.until("hits", hits);
  const before = await page.value<number>(hits);
  await stage.ask(26);
  await page.until("more hits", `${hits} > ${before}`);
  await pressButton(page, "off");
  await answer(page, { reason: "on trial long enough" });
  const rule = async () => (await api<RulesAnswer>("rules")).rules.find(({ name }) => name === "scanners");
  await until("the mode", async () => (await rule())?.mode === "off");
  await page.until("the warning", textHas(".unwritten", /The file says\s+observe/));
  await page.value("location.hash = '#/config'");
  await page.until("the change", textHas(".diff", /rules\[2\]/));
  await pressButton(page, "Write to the file…");
  await answer(page);
  await page.until("nothing left to write", textHas(".scrolled", /Nothing was changed/));
  expect(readFileSync(stage.sluice.configPath, "utf8")).toContain('"off"');
  expect(page.problems).toEqual([]);
});

/** As a person at the config file. */
function edit(change: (config: { drainTimeout: string }) => void): void {
  const config = JSON.parse(readFileSync(stage.sluice.configPath, "utf8")) as { drainTimeout: string };
  change(config);
  writeFileSync(stage.sluice.configPath, JSON.stringify(config, null, 2));
}

const drainTimeout = async (): Promise<unknown> => (await api<ConfigAnswer>("config")).config["drainTimeout"];

test("config: what the file would change is shown, a reload waits to be confirmed, and takes itself back", async () => {
  const page = await visit("config");
  edit((config) => {
    config.drainTimeout = "7s";
  });
  await pressButton(page, "What would it change?");
  await page.until("the difference", textHas(".reload .diff", /drainTimeout[\s\S]*1s[\s\S]*7s/));
  expect(await drainTimeout()).toBe("1s");
  await pressButton(page, "Reload…");
  await answer(page);
  await page.until("the countdown", textHas(".pending", /(?:1 min|5\d s)[\s\S]*keep it/));
  expect(await drainTimeout()).toBe("7s");
  // Whoever is elsewhere is told too.
  await page.until("the time left in the header", textHas(".standing .waits", /confirm the change in (?:1 min|5\d s)/));
  await page.value("location.hash = '#/overview'");
  await page.until("it among the problems", textHas(".verdict", /waits to be confirmed\s+it is rolled back in/));
  await page.click(".standing .waits");
  await pressButton(page, "Roll back now");
  await until("what was before", async () => (await drainTimeout()) === "1s");
  await page.until("no countdown", "!document.querySelector('.pending')");
  await page.until("no word of it in the header", "!document.querySelector('.waits')");
  await page.until(
    "that the file says it still",
    "/Rolled back at .* still says otherwise/.test(document.body.innerText)",
  );
  // One whose time runs out while somebody looks.
  await fetch(`${stage.url}api/v1/reload?confirm=4s`, { method: "POST" });
  await page.until("its countdown", textHas(".pending-left", /[1-4] s/));
  await page.until("the end of it", "!document.querySelector('.pending')");
  await until("what was before, again", async () => (await drainTimeout()) === "1s");
  // And one that is kept.
  await pressButton(page, "Reload…");
  await answer(page);
  await pressButton(page, "All is well: keep it");
  await page.until("no countdown any more", "!document.querySelector('.pending')");
  await page.until("that nothing differs any more", "/Nothing was changed since/.test(document.body.innerText)");
  expect(await drainTimeout()).toBe("7s");
  expect(page.problems).toEqual([]);
});

test("config: a file that cannot be put in force says why, and nothing changes", async () => {
  const page = await visit("config");
  const text = readFileSync(stage.sluice.configPath, "utf8");
  edit((config) => {
    config.drainTimeout = "soon";
  });
  await pressButton(page, "What would it change?");
  await page.until("why not", textHas(".wrong", /cannot be put in force[\s\S]*drainTimeout/));
  writeFileSync(stage.sluice.configPath, text);
  expect(page.problems.filter((problem) => !/status of 422/.test(problem))).toEqual([]);
});

test("config: after a roll-back nothing is offered to be written until the file says again what it said", async () => {
  const text = readFileSync(stage.sluice.configPath, "utf8");
  edit((config) => {
    config.drainTimeout = "9s";
  });
  await fetch(`${stage.url}api/v1/reload?confirm=60s`, { method: "POST" });
  await fetch(`${stage.url}api/v1/reload/rollback`, { method: "POST" });
  const patch = (level: string): Promise<Response> =>
    fetch(`${stage.url}api/v1/config`, {
      ...{ method: "PATCH", headers: { "Content-Type": "application/merge-patch+json" } },
      body: JSON.stringify({ log: { level } }),
    });
  expect((await patch("warn")).status).toBe(200);
  const page = await visit("config");
  const offered = `[...document.querySelectorAll('button')].find((e) => e.innerText === 'Write to the file…')?.disabled === false`;
  await page.until("why not", textHas(".page", /to be written to \S+ once that says again what it said before/));
  expect(await page.value<boolean>(offered)).toBe(false);
  writeFileSync(stage.sluice.configPath, text);
  await pressButton(page, "What would it change?");
  await page.until("the offer", offered);
  await patch("error");
  expect(page.problems).toEqual([]);
});

test("audit: what somebody changes stands there as soon as it is done, with who it was; what was refused too", async () => {
  const page = await visit("audit");
  await page.until("the page", "document.querySelector('.rows')");
  await stage.order("PUT", "/api/v1/tables/marked/entries/198.51.100.1", { gpc0: 1 });
  await page.until("the change", textHas(".row", /maria\s+set table entry/));
  await fetch(`${stage.url}api/v1/pools/none/servers/x/drain`, { method: "POST" });
  await page.until("the refusal", textHas(".row", /drain server[\s\S]*404/));
  await page.click(".row");
  await page.until("why it was refused", textHas(".drawer", /there is no pool/));
  expect(page.problems).toEqual([]);
});

test("an address of what is not there says so, and shows nothing else in its place", async () => {
  for (const [fragment, sentence, tools] of [
    ["tables/gone", "There is no table gone", ".tools-end"],
    ["cache/gone", "There is no cache gone", ".section-head button"],
    ["egress/gone", "There is no egress pool gone", ".grid"],
  ] as const) {
    const page = await visit(fragment);
    await page.until("that it is not there", `document.body.innerText.includes(${JSON.stringify(sentence)})`);
    expect(await page.value<boolean>(`document.querySelector(${JSON.stringify(tools)}) === null`)).toBe(true);
    // The others are one press away.
    await page.click(".strip a");
    await page.until("one that is there", "!document.body.innerText.includes('There is no')");
    expect(page.problems).toEqual([]);
  }
  for (const [fragment, sentence] of [
    ["servers/app/1.2.3.4%3A5", "There is no server in pool app called 1.2.3.4:5"],
    ["rules/nope", "There is no rule nope"],
  ] as const) {
    const page = await visit(fragment);
    await page.until("that it is not there", textHas(".drawer", new RegExp(sentence)));
    await page.press("Escape");
    await page.until("the list alone", "!document.querySelector('.drawer') && document.querySelector('.row')");
    expect(page.problems).toEqual([]);
  }
});

test("a filter in the address that nothing is called like is shown as chosen and taken away by a press; a name that means nothing is told", async () => {
  for (const [fragment, hidden] of [
    ["servers?state=upp", "No server is like that"],
    ["rules?mode=enforced", "No rule is like that"],
    ["egress/scrape?state=bannned", "No member is like that"],
    ["audit?outcome=well", ""],
  ] as const) {
    const page = await visit(fragment);
    await page.until(`the filter of ${fragment}`, textHas(".choices .unknown", /^(?:upp|enforced|bannned|well)\?/));
    if (hidden !== "") await page.until("that it hides all", `document.body.innerText.includes("${hidden}")`);
    await page.click(".choices .unknown");
    await page.until(
      "all again",
      "!document.querySelector('.unknown') && !/[?&](?:state|mode|outcome)=/.test(location.hash)",
    );
    expect(page.problems).toEqual([]);
  }
  const page = await visit("servers?pool=shoop&stat=up");
  await page.until("that there is no such pool", textHas(".select", /shoop \(there is none\)/));
  await page.until(
    "the name that means nothing",
    textHas("p.problem", /Nothing is called stat in the address: there are find, state, pool, sort/),
  );
  await page.value("location.hash = '#/servers?pool=shop'");
  await page.until(
    "no complaint",
    "!document.querySelector('p.problem') && document.querySelectorAll('.row').length === 2",
  );
  expect(page.problems).toEqual([]);
});
