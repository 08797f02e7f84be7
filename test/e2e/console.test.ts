// The web console in a real browser before a real Sluice: what its pages show is what happened, what they change is changed, and nothing of it
// breaks the browser's console or the content policy. What only made-up traffic can show in time is in consolerows.test.ts.

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { Browser, chromium, type Page } from "./harness/chromium.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

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
  readonly sluice: Sluice;
  readonly origin: Origin;
  readonly page: Page;
  /** Sends so many requests, one after the other. */
  ask(count: number, path?: string): Promise<void>;
}

async function stage(room: Room, extra: Parameters<typeof Sluice.start>[1] | null = null): Promise<Stage> {
  const origin = new Origin(room, ({ target }) =>
    target.startsWith("/broken") ? "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno" : ok("fine"),
  );
  const pools = { app: { servers: [origin.address] } };
  const sluice = await Sluice.start(room, extra ?? { pools });
  const page = await browser.page();
  const ask = async (count: number, path = "/"): Promise<void> => {
    for (let done = 0; done < count; done++) await (await fetch(`${sluice.url}${path}`)).text();
  };
  return { sluice, origin, page, ask };
}

const visit = (page: Page, sluice: Sluice, fragment: string): Promise<void> =>
  page.open(`http://${sluice.admin}/#/${fragment}`);

test("the overview shows what happens now: requests, errors, who serves them", async () => {
  await using room = new Room();
  const { sluice, page, ask } = await stage(room);
  await visit(page, sluice, "overview");
  await page.until("the first figures", "document.querySelector('.numbers')");
  expect(await page.text(".verdict")).toContain("All is well");
  const asking = ask(40).then(() => ask(40, "/broken"));
  await page.until("requests", "Number(document.querySelector('.numbers b').innerText) > 0");
  await asking;
  await page.until("errors", "/% of requests fail/.test(document.querySelector('.verdict').innerText)");
  expect(await page.text(".tables")).toMatch(/web\s+127\.0\.0\.1/);
  expect(await page.text(".tables")).toContain("worker 0");
  expect(await page.value<number>("document.querySelectorAll('.chart canvas').length")).toBe(4);
  // Something is drawn: a line has its colour, which the empty chart has nowhere.
  const drawn = `(() => { const c = document.querySelector('.chart canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    for (let i = 0; i < d.length; i += 4) if (d[i] < 40 && d[i + 2] > 150 && d[i + 3] > 200) return true; return false; })()`;
  await page.until("a line in a chart", drawn);
  // Chromium says how canvases would be read faster, where that line took several looks.
  expect(page.problems.filter((problem) => !problem.includes("getImageData"))).toEqual([]);
});

test("a server that goes down is the first thing that is read, with why and a way to it", async () => {
  await using room = new Room();
  const gone = freePort();
  const check = { tcp: true, every: "200ms", timeout: "5s", rise: 1, fall: 1 } as const;
  const origin = new Origin(room);
  const servers = [origin.address, `127.0.0.1:${gone}`];
  const { sluice, page } = await stage(room, { pools: { app: { servers, check } } });
  await visit(page, sluice, "overview");
  await page.until("the verdict", `document.body.innerText.includes("Server 127.0.0.1:${gone} of pool app is down")`);
  expect(await page.text(".verdict")).toContain("refused");
  await page.click(".verdict a");
  await page.until("its drawer", `document.querySelector('.drawer h2')?.innerText === '127.0.0.1:${gone}'`);
  expect(await page.text(".drawer")).toContain("refused");
  expect(await page.value<string>("location.hash")).toBe(`#/servers/app/127.0.0.1%3A${gone}`);
  expect(await page.value<string>("document.title")).toBe("(1) Servers · Sluice");
  expect(page.problems).toEqual([]);
});

test("a server is drained, maintained, and enabled again, after a question that can be refused", async () => {
  await using room = new Room();
  const { sluice, origin, page } = await stage(room);
  const name = origin.address;
  await visit(page, sluice, `servers/app/${encodeURIComponent(name)}`);
  await page.until("its drawer", "document.querySelector('.drawer footer button')");
  await page.click(".drawer footer button");
  await page.until("the question", "document.querySelector('dialog[open]')");
  expect(await page.text("dialog")).toContain("No other server of pool app takes requests");
  await page.press("Escape");
  await page.until("no question", "!document.querySelector('dialog')");
  expect((await sluice.server(name)).state).not.toBe("draining");
  await page.click(".drawer footer button");
  await page.click("dialog button[type=submit]");
  await until("Sluice to drain it", async () => (await sluice.server(name)).state === "draining");
  await page.until("its new state", "/draining/.test(document.querySelector('.row .state').innerText)");
  await page.until("the other button", "document.querySelector('.drawer footer button').innerText === 'Enable…'");
  await page.click(".drawer footer button:nth-of-type(2)");
  await page.until("that question", "document.querySelector('dialog[open]')");
  expect(await page.text("dialog")).toContain("clients that a cookie or a table binds to it get another server");
  await page.click("dialog button[type=submit]");
  await page.until("why", "/in maintenance by an operator/.test(document.querySelector('.drawer').innerText)");
  await page.until("no third", "!/Maintain…/.test(document.querySelector('.drawer footer').innerText)");
  await page.click(".drawer footer button");
  await page.click("dialog button[type=submit]");
  await until("Sluice to enable it", async () => (await sluice.server(name)).state !== "draining");
  await page.until("its former state", "!/draining/.test(document.querySelector('.row .state').innerText)");
  expect(page.problems).toEqual([]);
});

test("a weight that Sluice refuses is told in its words, and the question stays", async () => {
  await using room = new Room();
  const { sluice, origin, page } = await stage(room);
  const name = origin.address;
  await visit(page, sluice, `servers/app/${encodeURIComponent(name)}`);
  await page.until("its drawer", "document.querySelector('.drawer footer button')");
  await page.click(".drawer footer button:nth-of-type(3)");
  await page.value("document.querySelector('dialog input').value = '-3'");
  await page.click("dialog button[type=submit]");
  await page.until("the refusal", "document.querySelector('dialog .problem')?.innerText.length > 5");
  await page.value("document.querySelector('dialog input').value = '7'");
  await page.click("dialog button[type=submit]");
  await until("the weight", async () => (await sluice.server(name)).weight === 7);
  await page.until("the weight in the page", "/Weight\\s+7/.test(document.querySelector('.drawer').innerText)");
});

describe("requests", () => {
  test("that ended before and those that end now stand there, the newest first", async () => {
    await using room = new Room();
    const { sluice, page, ask } = await stage(room);
    await ask(3, "/before");
    await visit(page, sluice, "requests");
    await page.until("those before", "document.querySelectorAll('.row').length === 3");
    await ask(1, "/now");
    await page.until("the new one", "/\\/now/.test(document.querySelector('.row').innerText)");
    expect(await page.value<number>("document.querySelectorAll('.row').length")).toBe(4);
    expect(page.problems).toEqual([]);
  });

  test("are filtered by what is typed, and by a press", async () => {
    await using room = new Room();
    const { sluice, page, ask } = await stage(room);
    await ask(3, "/good");
    await ask(2, "/broken/thing");
    await visit(page, sluice, "requests");
    await page.until("all", "document.querySelectorAll('.row').length === 5");
    await page.press("/");
    await page.type("status:5xx");
    await page.until("those that broke", "document.querySelectorAll('.row').length === 2");
    expect(await page.value<string>("location.hash")).toBe("#/requests?find=status%3A5xx");
    await ask(1, "/good");
    await ask(1, "/broken/again");
    await page.until("one more of them", "document.querySelectorAll('.row').length === 3");
    await page.press("Escape");
    await page.click(".choices button[aria-pressed=true]");
    await page.until("all again", "document.querySelectorAll('.row').length === 7");
    expect(page.problems).toEqual([]);
  });

  test("opened tell where their time went; the list waits meanwhile", async () => {
    await using room = new Room();
    const { sluice, origin, page, ask } = await stage(room);
    // Long enough to be seen on a clock of milliseconds.
    origin.handler = async () => {
      await Bun.sleep(15);
      return ok("fine");
    };
    await ask(2, "/some/path");
    await visit(page, sluice, "requests");
    await page.until("them", "document.querySelectorAll('.row').length === 2");
    await page.press("j");
    await page.press("Enter");
    await page.until("the drawer", "document.querySelector('.drawer .waterfall .bar')");
    const text = await page.text(".drawer");
    for (const part of ["/some/path", origin.address, "Client", "wait"]) expect(text).toContain(part);
    await ask(2, "/later");
    await page.until("the count of new ones", "/2 new/.test(document.querySelector('.holding').innerText)");
    expect(await page.value<number>("document.querySelectorAll('.row').length")).toBe(2);
    await page.press("Escape");
    await page.until("all of them", "document.querySelectorAll('.row').length === 4");
    expect(page.problems).toEqual([]);
  });
});

test("the flow shows what goes where, as wide as it is much", async () => {
  await using room = new Room();
  const { sluice, page, ask } = await stage(room);
  await visit(page, sluice, "flow");
  await page.until("the picture", "document.querySelectorAll('.picture .box').length >= 3");
  const asking = ask(150);
  await page.until(
    "a ribbon that flows",
    "[...document.querySelectorAll('.ribbon .wet')].some((e) => parseFloat(e.style.strokeWidth) > 10)",
  );
  await asking;
  expect(await page.text(".picture")).toMatch(/web[\s\S]*app[\s\S]*127\.0\.0\.1/);
  expect(page.problems).toEqual([]);
});

describe("with a token", () => {
  test("the console asks for it, says when it is wrong, and keeps it in this tab only", async () => {
    await using room = new Room();
    const [port, adminPort] = [freePort(), freePort()];
    const origin = new Origin(room);
    const path = room.write(
      "sluice.json",
      JSON.stringify({
        workers: 1,
        listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } },
        pools: { app: { servers: [origin.address] } },
        admin: { listen: `127.0.0.1:${adminPort}`, token: "open-sesame-open" },
      }),
    );
    const sluice = await Sluice.of(room, path, port, adminPort);
    const page = await browser.page();
    await visit(page, sluice, "overview");
    await page.until("the question", "document.querySelector('dialog[open] input')");
    await page.value("document.querySelector('dialog input').focus()");
    await page.type("wrong");
    await page.press("Enter");
    await page.until("the refusal", "/not accepted/.test(document.querySelector('dialog[open]')?.innerText)");
    await page.value("document.querySelector('dialog input').value = ''");
    // As a word processor gives it: it could not even be sent.
    await page.type("“open-sesame-open”");
    await page.press("Enter");
    await page.until("why it is none", "/That is no token/.test(document.querySelector('dialog[open]')?.innerText)");
    // What asks on meanwhile, and is refused, does not take that sentence away.
    await page.value("location.hash = '#/config'");
    await page.until("the page", "document.querySelector('h1').innerText === 'Config'");
    await page.value("fetch('/api/v1/config').then((answer) => answer.text())");
    expect(await page.text("dialog")).toContain("That is no token");
    await page.value("document.querySelector('dialog input').value = ''");
    await page.type("open-sesame-open");
    await page.press("Enter");
    await page.value("location.hash = '#/overview'");
    await page.until("the overview", "document.querySelector('.numbers')");
    expect(await page.value<string>("JSON.stringify(localStorage) + document.cookie + location.href")).not.toContain(
      "sesame",
    );
    await page.open(`http://${sluice.admin}/?again#/servers`);
    await page.until("the page without a question", "document.querySelector('.row')");
    // The browser tells of each answer that is a refusal; of nothing else.
    expect(page.problems.filter((problem) => !/status of 401/.test(problem))).toEqual([]);
  });
});

test("a Sluice that goes away is told, what is seen is marked as old, and all is live again when it is back", async () => {
  await using room = new Room();
  const { sluice, page } = await stage(room);
  await visit(page, sluice, "overview");
  await page.until("figures", "document.querySelector('.numbers')");
  sluice.child.kill("SIGKILL");
  await sluice.child.exited;
  await page.until("the warning", "/Not live/.test(document.querySelector('.staleness')?.innerText)");
  expect(await page.text(".numbers")).toContain("Requests");
  await Sluice.again(room, sluice);
  await page.until("it to be live", "!document.querySelector('.staleness') && document.querySelector('.numbers')");
});
