import { expect, test } from "bun:test";
import type { TableKeyPlan } from "../config/plan.ts";
import { TableKey } from "../memory/tablekey.ts";
import { addressBytes, readAddress } from "../wire/ipaddress.ts";
import { keyText } from "./keytext.ts";

function of(plan: TableKeyPlan, value: string): string {
  const key = new TableKey(plan);
  const octets = new Uint8Array(addressBytes);
  if (plan.kind === "ip" && readAddress(value, octets)) key.setAddress(octets, 0);
  else key.setText(value);
  return keyText(key);
}

test("addresses are written whole, blocks with their prefix", () => {
  expect(of({ kind: "ip", prefix6: 64 }, "203.0.113.7")).toBe("203.0.113.7");
  expect(of({ kind: "ip", prefix6: 64 }, "2001:db8:1:2:3::9")).toBe("2001:db8:1:2::/64");
  expect(of({ kind: "ip", prefix6: 128 }, "2001:db8::9")).toBe("2001:db8::9");
  expect(of({ kind: "ip", prefix6: 128 }, "10.1.2.3")).toBe("10.1.2.3");
});

test("numbers, texts and bytes are written as listings of tables do", () => {
  expect(of({ kind: "integer" }, "-1")).toBe("4294967295");
  expect(of({ kind: "string", bytesMax: 8 }, "a\u001bb")).toBe("a\\x1bb");
  expect(of({ kind: "binary", bytesMax: 4 }, "ab")).toBe("61620000");
});
