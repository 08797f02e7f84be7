import { expect, test } from "bun:test";
import { grpcProblem, grpcRequest, statusProblem } from "./grpc.ts";

test("a request names its service, or none", () => {
  expect([...grpcRequest("")]).toEqual([0, 0, 0, 0, 0]);
  expect([...grpcRequest("ab")]).toEqual([0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62]);
  expect(grpcRequest("x".repeat(127))).toHaveLength(5 + 129);
});

test("only SERVING is well, and what is cut off, too long or compressed is no answer", () => {
  const problem = (...bytes: number[]): string | null => grpcProblem(Uint8Array.from(bytes));
  expect(problem(0, 0, 0, 0, 2, 8, 1)).toBeNull();
  expect(problem(0, 0, 0, 0, 2, 8, 3)).toBe("SERVICE_UNKNOWN");
  for (const bytes of [[], [0, 0, 0, 0, 2, 8], [0, 0, 0, 0, 2, 8, 1, 0], [1, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 2, 16, 1]])
    expect(problem(...bytes)).toBe("the answer is no HealthCheckResponse");
});

test("an unknown service is only told as one where a service was asked for", () => {
  expect(statusProblem("0", null, "")).toBeNull();
  expect(statusProblem("5", null, "")).toBe("the call failed with NOT_FOUND");
  expect(statusProblem(null, null, "a")).toBe("the call ended without a status (grpc-status)");
});
