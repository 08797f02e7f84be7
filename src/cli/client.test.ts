import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, lossText, open } from "./client.ts";

const former = process.env["SLUICE_ADMIN_TOKEN"];
afterEach(() => {
  if (former === undefined) delete process.env["SLUICE_ADMIN_TOKEN"];
  else process.env["SLUICE_ADMIN_TOKEN"] = former;
});

test("who comes without a token is told how to give one, and who comes with a wrong one that it is wrong", async () => {
  delete process.env["SLUICE_ADMIN_TOKEN"];
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json({ error: "a token is required" }, { status: 401 }),
  });
  const admin = `127.0.0.1:${server.port}`;
  const told = async (token?: string): Promise<string> => {
    const answer = await ask(token === undefined ? { admin } : { admin, token }, "GET", "/api/v1/bans");
    return answer.ok ? "" : answer.message;
  };
  expect(await told()).toBe(
    `http://${admin} wants its token: set SLUICE_ADMIN_TOKEN to what admin.token is, or give it by --token`,
  );
  expect(await told("wrong")).toBe(`http://${admin} refuses this token: it is not what admin.token is`);
});

test("a token that no header could carry is told as such, and from where it is", async () => {
  const asked: (string | null)[] = [];
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ headers }) => {
      asked.push(headers.get("authorization"));
      return Response.json({ bans: [] });
    },
  });
  const admin = `127.0.0.1:${server.port}`;
  const said = "and a token has letters, digits and signs of ASCII only";
  const told = async (options: { token?: string }): Promise<string> => {
    const answer = await ask({ admin, ...options }, "GET", "/api/v1/bans");
    return answer.ok ? "" : answer.message;
  };
  expect(await told({ token: "correct\u200bhorse" })).toBe(
    `the token in --token can be none: its character 8 is U+200B, ${said}`,
  );
  process.env["SLUICE_ADMIN_TOKEN"] = "“correct”";
  expect(await told({})).toBe(`the token in SLUICE_ADMIN_TOKEN can be none: its character 1 is U+201C, ${said}`);
  expect(asked).toEqual([]);
  process.env["SLUICE_ADMIN_TOKEN"] = "correct-horse\n";
  expect(await told({})).toBe("");
  expect(asked).toEqual(["Bearer correct-horse"]);
});

/** Refuses so many questions, then answers with what it was sent. */
function refusing(times: number, retryAfter: string) {
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      asked.push(`${request.method} ${await request.text()}`);
      if (asked.length > times) return Response.json({ answer: asked.length });
      const headers = { "retry-after": retryAfter };
      return Response.json({ error: "too many requests (admin.rateLimit)" }, { status: 429, headers });
    },
  });
  return { asked, admin: `127.0.0.1:${server.port}`, [Symbol.dispose]: () => server.stop(true) };
}

test("who is told to come later does so, with the same question", async () => {
  using server = refusing(3, "0.01");
  expect(await ask(server, "PUT", "/api/v1/x", { gpc0: 1 })).toEqual({ ok: true, status: 200, body: { answer: 4 } });
  expect(server.asked).toEqual(Array.from({ length: 4 }, () => 'PUT {"gpc0":1}'));
});

test("who would have to wait for long is told so at once", async () => {
  using server = refusing(1, "60");
  const body = { error: "too many requests (admin.rateLimit)" };
  expect(await ask(server, "GET", "/api/v1/x")).toEqual({ ok: true, status: 429, body });
  expect(server.asked).toHaveLength(1);
});

test("the address may be given as the link that it is told as", async () => {
  using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ bans: [] }) });
  for (const admin of [`http://127.0.0.1:${server.port}`, `HTTP://127.0.0.1:${server.port}/`])
    expect((await ask({ admin }, "GET", "/api/v1/bans")).ok).toBe(true);
  const answer = await ask({ admin: `https://127.0.0.1:${server.port}` }, "GET", "/api/v1/bans");
  expect(answer).toEqual({
    ok: false,
    message: "the admin interface speaks no TLS: give its own address, such as 127.0.0.1:2112",
  });
});

test("a connection that breaks off is told in our own words, behind half an answer and before any", async () => {
  const half = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
  let isAnswered = true;
  using server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => {
        if (isAnswered) socket.write(half);
        socket.end();
      },
    },
  });
  const admin = `127.0.0.1:${server.port}`;
  const opened = await open({ admin }, "/");
  let told = "";
  try {
    if (opened.ok) await Array.fromAsync(opened.pieces);
  } catch (error) {
    told = lossText(error);
  }
  expect(told).toBe("the connection to Sluice is lost");
  isAnswered = false;
  expect(await open({ admin }, "/")).toMatchObject({
    message: expect.stringContaining("the connection was closed without an answer (is Sluice running?"),
  });
  expect(lossText(new Error("why"))).toBe("the connection to Sluice is lost: why");
});

test("of a socket that is not there it is said so", async () => {
  const answer = await ask({ admin: "unix:/nowhere/sluice.sock" }, "GET", "/api/v1/bans");
  expect(answer.ok ? "" : answer.message).toBe(
    "no Sluice answers at unix:/nowhere/sluice.sock: there is no such socket (is Sluice running? --admin names another address)",
  );
});

test("of a file with errors these are told where nobody answers, and nothing of them where somebody does", async () => {
  using folder = {
    path: mkdtempSync(join(tmpdir(), "client-")),
    [Symbol.dispose]: () => rmSync(folder.path, { recursive: true }),
  };
  const config = join(folder.path, "s.yaml");
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ bans: [] }) });
  writeFileSync(
    config,
    `admin: { listen: "127.0.0.1:${server.port}" }\nlisteners: { web: { listen: ":1", use: nowhere } }\n`,
  );
  expect((await ask({ config }, "GET", "/api/v1/bans")).ok).toBe(true);
  await server.stop(true);
  const answer = await ask({ config }, "GET", "/api/v1/bans");
  expect(answer.ok ? "" : answer.message).toMatch(
    /^\S+ has errors:\n\S+: error: listeners\.web\.use names the pool "nowhere"/,
  );
});

const canLeaveNetwork: boolean = Bun.spawnSync(["unshare", "-n", "true"]).exitCode === 0;

test.skipIf(!canLeaveNetwork)("of an address that there is no way to it is said so, in our own words", () => {
  const main = join(import.meta.dir, "../main.ts");
  const words = [process.execPath, main, "status", "--admin", "127.0.0.1:2112"];
  expect(String(Bun.spawnSync(["unshare", "-n", ...words]).stderr)).toContain(
    "no Sluice answers at http://127.0.0.1:2112: this machine has no way there; without IPv4 it is at [::1] (is Sluice running?",
  );
});
