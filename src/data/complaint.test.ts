import { beforeEach, expect, test } from "bun:test";
import { Complaints } from "./complaint.ts";

let told: string[];
let complaints: Complaints;
beforeEach(() => {
  told = [];
  complaints = new Complaints((message) => told.push(message));
});

test("the first of a kind is told at once, the next after a minute and with how many there were", () => {
  for (let ms = 0; ms < 60_000; ms += 1000) complaints.tell("listener web: no shared cipher", `, client ${ms}`, ms);
  expect(told).toEqual(["listener web: no shared cipher, client 0"]);
  complaints.tell("listener web: no shared cipher", ", client 7", 60_000);
  expect(told[1]).toBe("listener web: no shared cipher, client 7 (and 59 times more since last told)");
});

test("kinds do not wait for each other", () => {
  complaints.tell("one", "", 0);
  complaints.tell("other", "", 1);
  complaints.tell("one", "", 2);
  expect(told).toEqual(["one", "other"]);
});
