import { expect, test } from "bun:test";
import { sampleFigures, sampleServers } from "./sample.fixture.ts";
import { Watched } from "./watched.ts";

function take(watched: Watched, name: string, data: unknown): void {
  watched.take({ name, data: JSON.stringify(data), id: "" });
}

test("servers are those that were told and have not gone, the neediest first", () => {
  const watched = new Watched();
  take(watched, "servers", sampleServers);
  expect(watched.rankedServers().map(({ name }) => name)).toEqual(["10.0.0.3:80", "10.0.0.2:80", "10.0.0.1:80"]);
  take(watched, "gone", [{ pool: "app", name: "10.0.0.2:80" }]);
  expect(watched.servers.size).toBe(2);
  watched.problem = "away";
  watched.begin();
  expect(watched.servers.size).toBe(0);
  expect(watched.problem).toBeNull();
});

test("two minutes are kept, and the last changes", () => {
  const watched = new Watched();
  for (let second = 0; second < 300; second++) {
    take(watched, "figures", { ...sampleFigures, requests: second });
    take(watched, "change", { at: "", level: "info", text: String(second) });
  }
  expect([watched.requests.length, watched.requests.at(-1), watched.changes.length]).toEqual([120, 299, 50]);
  expect(watched.changes[0]!.text).toBe("299");
});

test("events that are not known say nothing", () => {
  const watched = new Watched();
  take(watched, "audit", {});
  expect(watched.figures).toBeNull();
});
