import { expect, test } from "bun:test";
import { compileExpression, scopeOf } from "../../../rules/expression/expression.ts";
import { field } from "../../../rules/fields.ts";
import type { Scene } from "../../../rules/scene.ts";
import { credentials } from "./auth.ts";

/** What is told of the user to a request with this Authorization field. */
function told(authorization: string | null): unknown {
  const compiled = compileExpression(credentials.text, scopeOf({ tables: [], lists: [], pools: [] }, "request"), "any");
  if (!compiled.ok) return compiled.errors;
  const scene = { field: (number: number) => (number === field.header ? authorization : null) };
  return compiled.evaluate(scene as unknown as Scene); // Nothing else is asked of it.
}

test("Basic credentials are read whatever the case of their scheme, and nothing else is taken for some", () => {
  expect(told("Basic YWxpY2U6c2VjcmV0")).toBe("alice:secret");
  expect(told("bASIC  YWxpY2U6c2VjcmV0")).toBe("alice:secret");
  expect(told("Bearer YWxpY2U6c2VjcmV0")).toBeNull();
  expect(told("Basic !")).toBeNull();
  expect(told(null)).toBeNull();
});
