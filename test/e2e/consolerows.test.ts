// The web console in a real browser before made-up traffic (harness/mockadmin.ts): 10,000 servers that change every second, every page on a phone
// and in both themes, keys, and what a stranger's names could do to a page.

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { Browser, chromium, type Page, type PageOptions } from "./harness/chromium.ts";
import { MockAdmin, type MockOptions } from "./harness/mockadmin.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";

setDefaultTimeout(120_000);
const test = testWith(chromium === null ? ["chromium"] : []);

const shared = new Room();
let browser: Browser;
beforeAll(async () => {
  if (chromium !== null) browser = await Browser.start(shared);
});
afterEach(() => browser?.leave());
afterAll(() => shared[Symbol.asyncDispose]());

interface Stage {
  readonly mock: MockAdmin;
  readonly page: Page;
  visit(fragment: string): Promise<void>;
}

async function stage(room: Room, options: MockOptions = {}, look: PageOptions = {}): Promise<Stage> {
  const mock = new MockAdmin(options);
  room.ending(() => mock.stop());
  const page = await browser.page(look);
  // Another address each time: a fragment alone would not load the page again.
  let visits = 0;
  return { mock, page, visit: (fragment) => page.open(`${mock.url}?${++visits}#/${fragment}`) };
}

const pages = ["overview", "flow", "servers", "requests"] as const;

describe("a table of 10,000 rows", () => {
  test("has no more than what is seen in the document, to its end", async () => {
    await using room = new Room();
    const { page, visit } = await stage(room, { servers: 9991 });
    await visit("servers?sort=name");
    await page.until("rows", "document.querySelectorAll('.row').length > 10");
    expect(await page.value<string>("document.querySelector('.rows').getAttribute('aria-rowcount')")).toBe("10001");
    expect(await page.value<number>("document.querySelectorAll('.row').length")).toBeLessThan(60);
    await page.value("document.querySelector('.rows').scrollTop = 1e9");
    await page.until(
      "the last row",
      "document.querySelector('.row:last-child').getAttribute('aria-rowindex') === '10001'",
    );
    expect(await page.text(".row:last-child")).toContain("s3");
    expect(page.problems).toEqual([]);
  });

  test("is written into in place: a row that is still seen keeps its nodes, and nothing is added or taken away", async () => {
    await using room = new Room();
    const { mock, page, visit } = await stage(room, { servers: 9991, everyMs: 1e9 });
    await visit("servers?sort=name");
    await page.until("rows", "document.querySelectorAll('.row').length > 10");
    await page.value(`(() => {
      const body = document.querySelector('.rows-body');
      window.seen = { nodes: 0, texts: 0, first: body.querySelector('.row') };
      new MutationObserver((changes) => { for (const { type, addedNodes, removedNodes } of changes)
        if (type === 'characterData') seen.texts++; else seen.nodes += addedNodes.length + removedNodes.length;
      }).observe(body, { subtree: true, childList: true, characterData: true }); })()`);
    for (let tick = 0; tick < 14; tick++) mock.tick();
    await page.until("figures that changed", "seen.texts > 50");
    const { nodes, isSame } = await page.value<{ nodes: number; isSame: boolean }>(
      "({ nodes: seen.nodes, isSame: seen.first === document.querySelector('.rows-body .row') })",
    );
    expect({ nodes, isSame }).toEqual({ nodes: 0, isSame: true });
    expect(page.problems).toEqual([]);
  });

  test("is searched and sorted at once, and a link shows the same", async () => {
    await using room = new Room();
    const { page, visit } = await stage(room, { servers: 9991 });
    await visit("servers");
    await page.until("those in trouble first", "/down/.test(document.querySelector('.row').innerText)");
    await page.press("/");
    await page.type("node-0012 -down");
    await page.until("ten of them", "document.querySelectorAll('.row').length === 10");
    await page.click(".rows-head button");
    const fragment = await page.value<string>("location.hash");
    expect(fragment).toBe("#/servers?find=node-0012+-down&sort=-state");
    await visit(fragment.slice(2));
    await page.until("the same ten", "document.querySelectorAll('.row').length === 10");
    await visit("servers?find=nothing-like-this");
    await page.until("why there is none", "/No server is like that/.test(document.body.innerText)");
    expect(page.problems).toEqual([]);
  });

  test("comes in its order under a pointer that lies where it will be", async () => {
    await using room = new Room();
    const { page, visit } = await stage(room, { servers: 2000, everyMs: 1e9 });
    await visit("servers?sort=-name&pool=none");
    await page.until("that there are none", "/No server is like that/.test(document.body.innerText)");
    await page.ask("Input.dispatchMouseEvent", { type: "mouseMoved", x: 600, y: 400 });
    await page.value("void (location.hash = '#/servers?sort=-name')");
    await page.until("all rows", "document.querySelector('.rows')?.getAttribute('aria-rowcount') === '2010'");
    const names = await page.value<string[]>(
      "[...document.querySelectorAll('.row')].slice(0, 3).map((e) => e.children[1].innerText)",
    );
    expect(names).toEqual(["s3", "s2", "s1"]);
  });

  test("keeps its order while the pointer is over it, and finds the new one when it leaves", async () => {
    await using room = new Room();
    const { mock, page, visit } = await stage(room, { servers: 400, everyMs: 1e9 });
    await visit("servers?sort=-requests");
    await page.until("rows", "document.querySelectorAll('.row').length > 10");
    const order = "[...document.querySelectorAll('.row')].map((e) => e.children[1].innerText).join()";
    await page.ask("Input.dispatchMouseEvent", { type: "mouseMoved", x: 600, y: 400 });
    const before = await page.value<string>(order);
    for (let tick = 0; tick < 5; tick++) mock.tick();
    // The busiest are known by now, and would stand first.
    await page.until(
      "rows that have figures",
      "[...document.querySelectorAll('.row')].some((e) => Number(e.children[7].innerText) > 0)",
    );
    expect(await page.value<string>(order)).toBe(before);
    await page.ask("Input.dispatchMouseEvent", { type: "mouseMoved", x: 5, y: 5 });
    mock.tick();
    await page.until(
      "the busiest first",
      "['s1', 's2'].includes(document.querySelector('.row').children[1].innerText)",
    );
  });
});

test("requests that come while one reads further down do not move what is read", async () => {
  await using room = new Room();
  const { mock, page, visit } = await stage(room, { everyMs: 1e9, requestsPerTick: 10 });
  for (let tick = 0; tick < 20; tick++) mock.tick();
  await visit("requests");
  await page.until("rows", "document.querySelectorAll('.row').length > 20");
  await page.value("document.querySelector('.rows').scrollTop = 1000");
  const seen = `(() => { const top = document.querySelector('.rows').getBoundingClientRect().top + 28;
    const row = [...document.querySelectorAll('.row')].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .find((e) => e.getBoundingClientRect().top >= top - 1); return row.innerText + Math.round(row.getBoundingClientRect().top - top); })()`;
  await page.until("them to be drawn there", "document.querySelector('.row').getAttribute('aria-rowindex') > 20");
  const before = await page.value<string>(seen);
  const height = await page.value<number>("document.querySelector('.rows-body').offsetHeight");
  for (let tick = 0; tick < 3; tick++) mock.tick();
  await page.until("more of them", `document.querySelector('.rows-body').offsetHeight >= ${height + 28 * 30}`);
  expect(await page.value<string>(seen)).toBe(before);
});

test("Back closes the row that was opened, then takes back what was pressed and typed, and Forward does it all again", async () => {
  await using room = new Room();
  const { page, visit } = await stage(room, { everyMs: 1e9 });
  const isAt = (fragment: string): Promise<void> =>
    page.until(fragment, `location.hash === ${JSON.stringify(fragment)}`);
  const title = "document.querySelector('.drawer h2')?.innerText ?? ''";
  await visit("overview");
  await page.until("figures", "document.querySelector('.numbers')");
  await page.press("g");
  await page.press("s");
  await page.until("rows", "document.querySelectorAll('.row').length > 3");
  await page.press("/");
  await page.type("s1");
  await page.press("Escape");
  await page.value("[...document.querySelectorAll('.choices button')].find((e) => /^up/.test(e.innerText)).click()");
  await isAt("#/servers?find=s1&state=up");
  await page.value("[...document.querySelectorAll('.choices button')].find((e) => /^all/.test(e.innerText)).click()");
  await isAt("#/servers?find=s1");
  // What was pressed last has the focus, until a row is meant.
  await page.value("[...document.querySelectorAll('.choices button')].find((e) => /^all/.test(e.innerText)).focus()");
  await page.press("j");
  await page.press("Enter");
  await page.until("the row", `/s1/.test(${title})`);
  // From one row to the next is no step: Back would have to be pressed for each that was looked at.
  const steps = await page.value<number>("history.length");
  await page.press("ArrowDown");
  await page.press("ArrowUp");
  expect(await page.value<number>("history.length")).toBe(steps);
  await page.value("history.back()");
  await page.until("no row", "!document.querySelector('.drawer')");
  await isAt("#/servers?find=s1");
  await page.value("history.forward()");
  await page.until("the row again", `/s1/.test(${title})`);
  // A question about a row goes with it.
  await page.click(".drawer footer button");
  await page.until("the question", "document.querySelector('dialog[open]')");
  await page.value("history.back()");
  await page.until("neither question nor row", "!document.querySelector('dialog, .drawer')");
  await page.value("history.forward()");
  await page.until("the row again", `/s1/.test(${title}) && !document.querySelector('dialog')`);
  // To close it is to go back, and not one more step.
  await page.press("Escape");
  await isAt("#/servers?find=s1");
  expect(await page.value<boolean>("document.querySelector('.drawer') === null")).toBe(true);
  // Pressed before the browser has gone back: the row that is opened is there when it has.
  await page.click(".row");
  await page.until("the row", `/s1/.test(${title})`);
  await page.value("document.querySelector('.drawer .close').click(), document.querySelector('.row').click()");
  await page.until("the row, in the address too", `/s1/.test(${title}) && /^#.servers.[^?]*s1/.test(location.hash)`);
  for (const fragment of [
    "#/servers?find=s1",
    "#/servers?find=s1&state=up",
    "#/servers?find=s1",
    "#/servers",
    "#/overview",
  ]) {
    await page.value("history.back()");
    await isAt(fragment);
  }
  await page.until("the overview", "document.querySelector('.numbers')");
  expect(page.problems).toEqual([]);
});

test("a time is that of the browser's zone, which the header names, and tells its distance from UTC when pointed at", async () => {
  await using room = new Room();
  const { page, visit } = await stage(room, {}, { zone: "Asia/Kolkata" });
  await visit("servers/app/s3");
  await page.until("the header", "/\\d UTC\\+5:30/.test(document.querySelector('.standing').innerText)");
  await page.until("the moment", "/ UTC\\+5:30, /.test(document.querySelector('.drawer').innerText)");
  const times = await page.value<{ whole: string; title: string }[]>(
    "[...document.querySelectorAll('main time')].map((e) => ({ whole: e.dateTime, title: e.title }))",
  );
  expect(times).not.toBeEmpty();
  for (const { whole, title } of times) {
    expect(whole).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/);
    expect(title).toBe(whole);
  }
  expect(page.problems).toEqual([]);
});

describe("on a phone", () => {
  test("no page is wider than the screen, nor is a drawer, a menu or a question", async () => {
    await using room = new Room();
    const { page, visit } = await stage(room, {}, { width: 390, height: 844 });
    const isWide = "document.documentElement.scrollWidth > 390 || document.querySelector('main').scrollWidth > 390";
    for (const fragment of [...pages, "servers/app/s3"]) {
      await visit(fragment);
      await page.until("content", "document.querySelector('.row, .numbers, .flow-list a')");
      expect({ fragment, isWide: await page.value<boolean>(isWide) }).toEqual({ fragment, isWide: false });
    }
    await page.click(".drawer footer button");
    await page.until("the question", "document.querySelector('dialog[open]')");
    expect(await page.value<boolean>("document.querySelector('dialog').getBoundingClientRect().right <= 390")).toBe(
      true,
    );
    await page.press("Escape");
    await page.click(".drawer .close");
    await page.click(".burger");
    await page.click(".rail a[href='#/flow']");
    await page.until("the page that was chosen", "document.querySelector('.flow-list')");
    await page.until("no menu", "getComputedStyle(document.querySelector('.rail')).display === 'none'");
    expect(page.problems).toEqual([]);
  });
});

test("on a phone a state has its word beside its mark, however long", async () => {
  await using room = new Room();
  const { page, visit } = await stage(room, {}, { width: 390, height: 844 });
  for (const [fragment, words] of [
    ["servers", ["up", "down", "ejected", "draining", "unchecked", "unresolved"]],
    ["rules", ["enforce", "observe", "off"]],
  ] as const) {
    await visit(fragment);
    await page.until("rows", "document.querySelectorAll('.row .state').length > 2");
    for (const word of words) {
      // Where it is written is no matter of the page's own: the next figures write it anew.
      const seen = await page.value<{ word: string; size: number; isCut: boolean }>(`(() => {
        const state = document.querySelector('.row .state');
        const cell = state.parentElement;
        const former = state.lastChild.textContent;
        state.lastChild.textContent = ${JSON.stringify(word)};
        const seen = { word: state.innerText.trim(), size: parseFloat(getComputedStyle(state).fontSize), isCut: cell.scrollWidth > cell.clientWidth };
        state.lastChild.textContent = former;
        return seen; })()`);
      expect(seen).toEqual({ word, size: 12, isCut: false });
    }
  }
  expect(page.problems).toEqual([]);
});

test("keys lead everywhere, and stay silent while somebody types", async () => {
  await using room = new Room();
  const { page, visit } = await stage(room);
  await visit("overview");
  await page.until("figures", "document.querySelector('.numbers')");
  for (const [letter, id] of [
    ["f", "flow"],
    ["r", "requests"],
    ["o", "overview"],
    ["s", "servers"],
  ] as const) {
    await page.type(`g${letter}`);
    await page.until(
      `page ${id}`,
      `location.hash === '#/${id}' && document.querySelector('[aria-current]').innerText.toLowerCase().startsWith('${id}')`,
    );
  }
  await page.until("rows", "document.querySelectorAll('.row').length > 5");
  await page.type("jj");
  await page.press("Enter");
  await page.until("the second row", "document.querySelector('.row.opened')?.getAttribute('aria-rowindex') === '3'");
  await page.type("j");
  await page.until("the third", "document.querySelector('.row.opened')?.getAttribute('aria-rowindex') === '4'");
  await page.press("Escape");
  await page.until("no drawer", "!document.querySelector('.drawer')");
  await page.type("/gr");
  await page.until("what was typed", "document.querySelector('.search input').value === 'gr'");
  expect(await page.value<string>("location.hash")).toBe("#/servers?find=gr");
  await page.press("Escape");
  await page.type("?");
  await page.until("help", "/next and previous row/.test(document.querySelector('dialog[open]')?.innerText)");
  await page.press("Escape");
  await page.until("no help", "!document.querySelector('dialog')");
  expect(page.problems).toEqual([]);
});

test("light and dark go by the system until somebody chooses, and the choice stays", async () => {
  await using room = new Room();
  const { page, visit } = await stage(room, {}, { scheme: "dark" });
  const ground = "getComputedStyle(document.body).backgroundColor";
  await visit("overview");
  await page.until("figures", "document.querySelector('.numbers')");
  expect(await page.value<string>(ground)).toBe("rgb(16, 19, 22)");
  await page.click("header.top button[title^=Theme]");
  await page.until("light", `${ground} === 'rgb(247, 248, 249)'`);
  await visit("overview");
  await page.until("light again", `${ground} === 'rgb(247, 248, 249)'`);
  expect(page.problems).toEqual([]);
});

test("a name that is a script, a page or a style is shown as the text that it is", async () => {
  await using room = new Room();
  const { mock, page, visit } = await stage(room, { servers: 3, everyMs: 1e9 });
  const evil = `<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>"'><style>*{display:none}</style>`;
  mock.servers[0] = { ...mock.servers[0]!, name: evil, reason: evil, state: "down", isEligible: false };
  mock.tell(evil);
  for (const fragment of ["overview", "flow", "servers", `servers/app/${encodeURIComponent(evil)}`]) {
    await visit(fragment);
    await page.until("the name", "document.body.textContent.includes('onerror=')");
    mock.tell(evil);
  }
  expect(await page.value<unknown>("window.hurt ?? null")).toBeNull();
  expect(page.problems).toEqual([]);
});

test("an hour of pages seen, left and come back to keeps no connection and no listener", async () => {
  await using room = new Room();
  const { mock, page, visit } = await stage(room, { everyMs: 100 });
  for (let turn = 0; turn < 8; turn++) {
    await visit("requests");
    await page.until("rows", "document.querySelectorAll('.row').length > 5");
  }
  for (let turn = 0; turn < 20; turn++)
    for (const id of ["servers", "requests"]) {
      await page.value(`location.hash = '#/${id}'`);
      await page.until(
        "rows",
        `document.querySelector('[aria-label="${id === "servers" ? "Servers" : "Requests"}"].rows .row')`,
      );
    }
  expect(mock.streams).toBeLessThanOrEqual(2);
  expect(page.problems).toEqual([]);
});
