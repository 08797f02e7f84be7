import { afterEach, expect, test } from "bun:test";
import { ask } from "./client.ts";
import { actorField, whoAsks } from "./whoasks.ts";

const former = { SUDO_USER: process.env["SUDO_USER"] };
afterEach(() => {
  if (former.SUDO_USER === undefined) delete process.env["SUDO_USER"];
  else process.env["SUDO_USER"] = former.SUDO_USER;
});

test("a name goes into a header whatever it holds, and comes out of it the same", () => {
  expect(actorField("")).toEqual({});
  expect(actorField("ann o'neil")).toEqual({ "sluice-actor": "ann o'neil" });
  for (const name of ["Жанна", "a%20b", "\ud800x"]) {
    const field = actorField(name)["sluice-actor"]!;
    expect(field).toMatch(/^[!-~]+$/);
    expect(decodeURIComponent(field)).toBe(name.toWellFormed());
  }
});

test("behind sudo it is who has asked for that, and a question says so", async () => {
  process.env["SUDO_USER"] = "Жанна";
  expect(whoAsks()).toBe("Жанна");
  let told: string | null = null;
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ headers }) => {
      told = headers.get("sluice-actor");
      return Response.json({});
    },
  });
  await ask({ admin: `127.0.0.1:${server.port}` }, "POST", "/api/v1/reload");
  expect(decodeURIComponent(told!)).toBe("Жанна");
});

test("where the environment names nobody, it is the user by his number", async () => {
  const code = `import { whoAsks } from ${JSON.stringify(`${import.meta.dir}/whoasks.ts`)}; console.log(whoAsks());`;
  const { SUDO_USER: _, USER: __, LOGNAME: ___, ...env } = process.env;
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", env });
  expect(await new Response(child.stdout).text()).toMatch(/^(?:uid \d+|\w+)\n$/);
});
