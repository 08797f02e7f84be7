import { expect, test } from "bun:test";
import { plain } from "./paint.ts";
import { sampleFigures, sampleServers } from "./top/sample.fixture.ts";
import { type TopPlace, type TopScreen, top } from "./top.ts";

interface Served {
  readonly admin: string;
  /** To all that listen. */
  tell(name: string, data: unknown): void;
  /** End what is listened to. */
  cut(): void;
  stop(): Promise<void>;
}

const earlier = { at: "2026-11-22T10:00:00.000Z", level: "warn", text: "server app/10.0.0.9:80 is DOWN" };

function serve(): Served {
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      if (request.url.includes("/changes")) return Response.json({ changes: [earlier] });
      if (!request.url.includes("/events")) return Response.json({ tables: [] });
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          streams.add(controller);
          controller.enqueue(new TextEncoder().encode(":\n\n"));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return {
    admin: `127.0.0.1:${server.port}`,
    tell: (name, data) => {
      const bytes = new TextEncoder().encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      for (const each of streams) each.enqueue(bytes);
    },
    cut: () => {
      for (const each of streams) each.close();
      streams.clear();
    },
    stop: () => server.stop(true),
  };
}

class FakeScreen implements TopScreen {
  readonly size = { width: 110, height: 40 };
  readonly frames: string[] = [];
  press: (key: string) => void = () => {};
  isOpen = false;

  open(pressed: (key: string) => void): void {
    this.press = pressed;
    this.isOpen = true;
  }
  draw(lines: readonly string[]): void {
    this.frames.push(lines.join("\n"));
  }
  close(): void {
    this.isOpen = false;
  }
}

function placeWith(screen: TopScreen | null): TopPlace {
  return { paint: plain, screen, pause: () => Bun.sleep(1), regularly: () => () => {} };
}

async function soon(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(1);
}

test("a screen is drawn at each second, keys choose what is on it, and it is given back", async () => {
  const served = serve();
  const screen = new FakeScreen();
  const ended = top({ admin: served.admin }, { out: () => {}, err: () => {}, note: () => {} }, placeWith(screen));
  await soon(() => screen.isOpen);
  served.tell("servers", sampleServers);
  served.tell("figures", sampleFigures);
  await soon(() => screen.frames.length > 0);
  expect(screen.frames.at(-1)).toContain("10.0.0.3:80");
  screen.press("7");
  // Of before somebody looked.
  expect(screen.frames.at(-1)).toContain("10.0.0.9:80 is DOWN");
  screen.press("2");
  expect(screen.frames.at(-1)).not.toContain("10.0.0.3:80");
  screen.press("pause");
  expect(screen.frames.at(-1)).toContain("paused");
  screen.press("quit");
  expect(await ended).toBe(0);
  expect(screen.isOpen).toBe(false);
  await served.stop();
});

test("when Sluice goes away that is on the screen, until it is back", async () => {
  const served = serve();
  const screen = new FakeScreen();
  const ended = top({ admin: served.admin }, { out: () => {}, err: () => {}, note: () => {} }, placeWith(screen));
  await soon(() => screen.isOpen);
  served.tell("figures", sampleFigures);
  await soon(() => screen.frames.length > 0);
  served.cut();
  await soon(() => screen.frames.at(-1)!.includes("Sluice has ended the connection"));
  await soon(() => {
    served.tell("figures", { ...sampleFigures, generation: 5 });
    return screen.frames.at(-1)!.includes("plan 5");
  });
  screen.press("quit");
  await ended;
  await served.stop();
});

test("once is one frame, below what was there; as JSON it is one object", async () => {
  for (const json of [false, true]) {
    const served = serve();
    let out = "";
    const ended = top(
      { admin: served.admin, once: true, json },
      { out: (text) => void (out += text), err: () => {}, note: () => {} },
      placeWith(null),
    );
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      served.tell("figures", sampleFigures);
      await Bun.sleep(5);
    }
    expect(await ended).toBe(0);
    if (json) expect(JSON.parse(out)).toMatchObject({ figures: { generation: 4 }, servers: [], hotKeys: [] });
    else expect(out).toContain("1.23k requests/s");
    await served.stop();
  }
});

test("where nobody answers it ends", async () => {
  let err = "";
  const code = await top(
    { admin: "unix:/nowhere/sluice.sock" },
    { out: () => {}, err: (text) => void (err += text), note: () => {} },
    placeWith(null),
  );
  expect([code, err]).toEqual([1, expect.stringContaining("no Sluice answers at")]);
});
