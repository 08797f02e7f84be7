import { expect, test } from "bun:test";
import { plain, widthOf } from "../paint.ts";
import { type FrameLook, frame, views } from "./frame.ts";
import { sampleFigures, sampleServers } from "./sample.fixture.ts";
import { Watched } from "./watched.ts";

const look: FrameLook = {
  ...{ width: 110, height: 40, paint: plain, view: "all", scrolled: 0, isPaused: false, help: "q quit" },
};

function watched(): Watched {
  const told = new Watched();
  const take = (name: string, data: unknown): void => told.take({ name, data: JSON.stringify(data), id: "" });
  for (let second = 0; second < 20; second++)
    take("figures", { ...sampleFigures, requests: second * 60, errors: second % 5 });
  take("figures", sampleFigures);
  take("servers", sampleServers);
  take("change", { at: "2026-11-22T09:05:00.000Z", level: "warn", text: "server 10.0.0.3:80 of pool app is down" });
  told.hotKeys = [{ table: "seen", key: "203.0.113.9", column: "http_req_rate", value: 290 }];
  return told;
}

test("all of it on one screen", () => {
  expect(frame(watched(), look).join("\n")).toMatchSnapshot();
});

test("no line is wider than the screen, and there are as many as it has, whatever its size", () => {
  for (const view of views)
    for (const [width, height] of [
      [40, 12],
      [80, 24],
      [110, 40],
      [200, 60],
    ] as const) {
      const lines = frame(watched(), { ...look, view, width, height });
      expect([view, width, lines.length]).toEqual([view, width, height]);
      // The head is for 80 and more.
      if (width >= 80) for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width + 30);
    }
});

test("each part whole, scrolled to its end and not beyond", () => {
  const told = watched();
  const many = Array.from({ length: 500 }, (_, index) => ({
    ...sampleServers[0]!,
    name: `s${String(index).padStart(3, "0")}`,
    requests: 0,
    active: 0,
  }));
  told.take({ name: "servers", data: JSON.stringify(many), id: "" });
  const from = (scrolled: number): string => frame(told, { ...look, view: "servers", scrolled }).join("\n");
  expect(from(0)).toContain("Servers 1 to 31 of 503");
  expect(from(0)).toContain("connection refused");
  expect(from(10_000)).toContain("s499");
  expect(from(10_000)).toContain("to 503 of 503");
});

test("before anything was told, and when nothing more comes", () => {
  const none = new Watched();
  expect(frame(none, look)[1]).toBe("waiting for the first figures");
  none.problem = "no Sluice answers";
  expect(frame(none, look)[1]).toBe("no Sluice answers");
  const told = watched();
  told.problem = "Sluice has ended the connection";
  expect(frame(told, look)[0]).toContain("Sluice has ended the connection");
  expect(frame(told, { ...look, isPaused: true })[0]).toContain("paused");
});

test("below each other there is no end of lines, and no help", () => {
  const lines = frame(watched(), { ...look, height: Number.POSITIVE_INFINITY, help: "" });
  expect(lines.at(-2)).toContain("is down");
});
