import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "./judge.ts";
import { Files } from "./loadfiles.ts";
import { loadUsers } from "./loadusers.ts";

test("a file of users is as long as a hundred thousand of them need", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-"));
  try {
    const { config } = judge({
      listeners: { web: { listen: ":8080", redirect: "https", auth: { file: "users" } } },
    });
    const hash = `$2y$05$${"a".repeat(53)}`;
    const write = (users: number, name: string): void =>
      writeFileSync(
        join(folder, "users"),
        Array.from({ length: users }, (_, user) => `${name}${user}:${hash}\n`).join(""),
      );
    write(100_000, "somebody.with.a.long.name@department.company.example-");
    const { users, findings } = loadUsers(config!, folder, new Files(), undefined);
    expect([users.get("users")?.length, findings]).toEqual([100_000, []]);
    write(100_001, "");
    const [more] = loadUsers(config!, folder, new Files(), undefined).findings;
    expect([more?.severity, more?.message]).toEqual(["error", expect.stringContaining("has more than 100000 users")]);
    writeFileSync(join(folder, "users"), "a".repeat((16 << 20) + 1));
    expect(loadUsers(config!, folder, new Files(), undefined).findings[0]?.message).toContain("is too large");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
