// A real browser for tests of the console: Chromium without a window, steered over the DevTools protocol by a WebSocket of its own, with no
// library in between. A page keeps what it logged, what failed, and what the content policy refused: a test ends with expecting none.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { until, within } from "./wait.ts";

export const chromium: string | null = find("chromium") ?? find("chromium-browser") ?? find("google-chrome");

type Params = Record<string, unknown>;
type Told = (params: Params) => void;

export class Browser {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "sluice-chromium-"));
  #socket: WebSocket | null = null;
  #number = 0;
  readonly #asked = new Map<number, { resolve(result: Params): void; reject(error: Error): void }>();
  readonly #told = new Map<string, Told>();
  readonly #contexts: string[] = [];

  private constructor() {
    const words = [
      ...[chromium!, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
      ...["--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update"],
      ...[
        "--remote-debugging-port=0",
        `--user-data-dir=${this.#folder}`,
        "--mute-audio",
        "--force-color-profile=srgb",
        "about:blank",
      ],
    ];
    this.#child = Bun.spawn(words, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  }

  static async start(room: Room): Promise<Browser> {
    const browser = new Browser();
    room.ending(() => browser.#end());
    await browser.#connect();
    return browser;
  }

  /** A tab of its own, with storage of its own. */
  async page(options: PageOptions = {}): Promise<Page> {
    const { browserContextId } = await this.ask("Target.createBrowserContext", {});
    this.#contexts.push(browserContextId as string);
    const { targetId } = await this.ask("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.ask("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId as string);
    this.#told.set(sessionId as string, (message) => page.told(message));
    await page.prepare(options);
    return page;
  }

  /** Closes all tabs: one that nobody looks at any more goes on drawing what it is told, and is in the way of those after it. */
  async leave(): Promise<void> {
    for (const browserContextId of this.#contexts.splice(0))
      await this.ask("Target.disposeBrowserContext", { browserContextId });
    this.#told.clear();
  }

  ask(method: string, params: Params, sessionId?: string): Promise<Params> {
    const id = ++this.#number;
    this.#socket!.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    const answer = new Promise<Params>((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    return within(`Chromium to answer ${method}`, answer, 20_000);
  }

  async #connect(): Promise<void> {
    let said = "";
    const address = new Promise<string>((resolve) => {
      void (async () => {
        for await (const chunk of this.#child.stderr) {
          said += Buffer.from(chunk).toString();
          const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
          if (found !== undefined) resolve(found);
        }
      })();
    });
    const url = await within("Chromium to start", address, 30_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${said}`);
    });
    const socket = new WebSocket(url);
    await within("Chromium's socket", new Promise((resolve) => socket.addEventListener("open", resolve)), 10_000);
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Params));
    this.#socket = socket;
  }

  #take(message: Params): void {
    const asked = this.#asked.get(message["id"] as number);
    if (asked === undefined) return this.#told.get(message["sessionId"] as string)?.(message);
    this.#asked.delete(message["id"] as number);
    const error = message["error"] as { message: string } | undefined;
    if (error === undefined) asked.resolve(message["result"] as Params);
    else asked.reject(new Error(error.message));
  }

  async #end(): Promise<void> {
    await this.ask("Browser.close", {}).catch(() => {});
    await Promise.race([this.#child.exited, Bun.sleep(3000)]);
    if (this.#child.exitCode === null) this.#child.kill("SIGKILL");
    await this.#child.exited;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  /** Such as "Europe/Berlin"; absent: that of the machine. */
  readonly zone?: string;
  /** Of pixels of the picture for one of the page. */
  readonly scale?: number;
}

export class Page {
  /** Errors of scripts, of the network and of the content policy, and whatever the page logged as one. */
  readonly problems: string[] = [];
  readonly #browser: Browser;
  readonly #session: string;

  constructor(browser: Browser, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  ask(method: string, params: Params = {}): Promise<Params> {
    return this.#browser.ask(method, params, this.#session);
  }

  async prepare({ width = 1280, height = 800, scheme = "light", scale = 1, zone = "" }: PageOptions): Promise<void> {
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.ask(`${domain}.enable`);
    const media = { features: [{ name: "prefers-color-scheme", value: scheme }] };
    await this.ask("Emulation.setEmulatedMedia", media);
    if (zone !== "") await this.ask("Emulation.setTimezoneOverride", { timezoneId: zone });
    const mobile = width < 700;
    await this.ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile });
    // What the policy refuses is told to the document, and to nobody else as surely.
    const source =
      "addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))";
    await this.ask("Page.addScriptToEvaluateOnNewDocument", { source });
  }

  told(message: Params): void {
    const params = message["params"] as Record<string, never>;
    switch (message["method"]) {
      case "Runtime.exceptionThrown":
        this.problems.push(JSON.stringify(params["exceptionDetails"]));
        return;
      case "Runtime.consoleAPICalled": {
        const { type, args } = params as unknown as { type: string; args: { value?: unknown; description?: string }[] };
        if (type === "error" || type === "warning" || type === "assert")
          this.problems.push(
            `${type}: ${args.map(({ value, description }) => String(value ?? description)).join(" ")}`,
          );
        return;
      }
      case "Log.entryAdded": {
        const { entry } = params as unknown as { entry: { level: string; text: string; url?: string } };
        if (entry.level === "error" || entry.level === "warning")
          this.problems.push(`${entry.text} ${entry.url ?? ""}`);
      }
    }
  }

  async open(url: string): Promise<void> {
    await this.ask("Page.navigate", { url });
    await this.until(
      "the document to be there",
      "document.readyState === 'complete' && location.href !== 'about:blank'",
    );
  }

  /** The value of an expression in the page, a promise waited for. */
  async value<T>(expression: string): Promise<T> {
    const params = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = (await this.ask("Runtime.evaluate", params)) as {
      result: { value: T };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined)
      throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Asks until it is true. What is not there yet makes it throw, which is as good as false. */
  async until(what: string, expression: string, withinMs = 30_000): Promise<void> {
    const asked = `(() => { try { return Boolean(${expression}); } catch { return false; } })()`;
    await until(what, () => this.value<boolean>(asked), withinMs).catch(async (error: Error) => {
      const text = await this.value<string>("document.body?.innerText ?? ''").catch(() => "");
      throw new Error(`${error.message}; the page reads:\n${text.slice(0, 1500)}\n${this.problems.join("\n")}`);
    });
  }

  text(selector = "body"): Promise<string> {
    // Drawings have no innerText.
    const expression = `(() => { const e = document.querySelector(${JSON.stringify(selector)}); return e?.innerText ?? e?.textContent ?? ''; })()`;
    return this.value<string>(expression);
  }

  async click(selector: string): Promise<void> {
    const found = await this.value<{ x: number; y: number } | null>(
      `(() => { const e = document.querySelector(${JSON.stringify(selector)}); if (!e) return null; e.scrollIntoView({block: 'nearest'});
        const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`,
    );
    if (found === null) throw new Error(`there is no ${selector} to press`);
    for (const type of ["mousePressed", "mouseReleased"])
      await this.ask("Input.dispatchMouseEvent", { type, ...found, button: "left", clickCount: 1 });
  }

  /** A key by its name, or a text letter by letter. */
  async type(text: string): Promise<void> {
    for (const letter of text) await this.press(letter, letter);
  }

  async press(key: string, text?: string): Promise<void> {
    const codes: Record<string, number> = {
      Enter: 13,
      Escape: 27,
      Tab: 9,
      ArrowDown: 40,
      ArrowUp: 38,
      ArrowLeft: 37,
      ArrowRight: 39,
    };
    // Letters and digits have their own; the numbers of other characters are those of other keys ("." would be Delete).
    const windowsVirtualKeyCode = codes[key] ?? (/^[a-z0-9]$/i.test(key) ? key.toUpperCase().charCodeAt(0) : 0);
    const typed = text ?? (key === "Enter" ? "\r" : key.length === 1 ? key : undefined);
    const more = typed === undefined ? {} : { text: typed };
    await this.ask("Input.dispatchKeyEvent", {
      type: typed === undefined ? "rawKeyDown" : "keyDown",
      key,
      windowsVirtualKeyCode,
      ...more,
    });
    await this.ask("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode });
  }

  async picture(path: string): Promise<void> {
    const { data } = await this.ask("Page.captureScreenshot", { format: "png" });
    writeFileSync(path, Buffer.from(data as string, "base64"));
  }
}
