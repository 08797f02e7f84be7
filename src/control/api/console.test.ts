import { expect, test } from "bun:test";
import { consoleTypes } from "../console.ts";
import { consoleOperations } from "./console.ts";
import { Router } from "./router.ts";

test("each file of the console is an operation that answers with it", async () => {
  const router = new Router(consoleOperations());
  for (const [path, type] of Object.entries(consoleTypes)) {
    const request = new Request(`http://localhost${path}`);
    const found = router.find("GET", path);
    if (found?.kind !== "operation") throw new Error(`nothing answers ${path}`);
    const { response } = await router.answer(request, found, "127.0.0.1");
    expect([path, response.status, response.headers.get("content-type")]).toEqual([path, 200, type]);
  }
});
