// The console where all names are as long as they may be, and hold no place for a break: no page is wider than a phone.

import { expect, setDefaultTimeout } from "bun:test";
import { Browser, chromium } from "./harness/chromium.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(120_000);
const test = testWith(chromium === null ? ["chromium"] : []);

/** Sixty-four letters are the most. */
const long = (letter: string): string => `${letter}${"abcdefghi".repeat(7)}`;

function configOf(port: number, adminPort: number): object {
  const ports = ["1-65535"];
  return {
    workers: 1,
    admin: { listen: `127.0.0.1:${adminPort}` },
    tables: { [long("t")]: { key: "ip", size: 100, store: ["gpc0"] } },
    caches: { [long("c")]: { size: "8mb" } },
    egress: {
      [long("e")]: { members: [{ addresses: ["127.20.0.1-9"], tags: { country: long("g") } }] },
      // Where there is but one it has no name to be pressed.
      few: { members: [{ addresses: ["127.20.1.1"] }] },
    },
    listeners: {
      [long("l")]: {
        listen: `127.0.0.1:${port}`,
        use: long("p"),
        rules: [{ name: long("r"), track: long("t") }],
      },
      [long("f")]: {
        listen: `127.0.0.1:${freePort()}`,
        proxy: { egress: long("e"), private: true, ports },
      },
    },
    pools: { [long("p")]: { servers: ["127.0.0.1:1"], cache: long("c") } },
  };
}

const pages: readonly (readonly [fragment: string, shows: string])[] = [
  ["flow", long("p")],
  ["servers", long("p")],
  ["rules", long("r")],
  ["tables", long("t")],
  ["cache", long("c")],
  ["egress", long("e")],
  ["explain?url=http%3A%2F%2Fa%2F", long("l")],
];

test("names of 64 letters make no page wider than a phone", async () => {
  await using room = new Room();
  const [port, adminPort] = [freePort(), freePort()];
  const path = room.write("sluice.json", JSON.stringify(configOf(port, adminPort)));
  await Sluice.of(room, path, port, adminPort);
  const browser = await Browser.start(room);
  const page = await browser.page({ width: 390, height: 844 });
  await page.open(`http://127.0.0.1:${adminPort}/#/overview`);
  for (const [fragment, shows] of pages) {
    await page.value(`location.hash = ${JSON.stringify(`#/${fragment}`)}`);
    await page.until(fragment, `document.querySelector('main').textContent.includes(${JSON.stringify(shows)})`);
    const wide =
      "document.documentElement.scrollWidth > innerWidth || document.querySelector('main').scrollWidth > innerWidth";
    expect([fragment, await page.value<boolean>(wide)]).toEqual([fragment, false]);
  }
});
