// An admin interface that is played, for tests of commands: it answers what it is told to, and remembers what it was asked; and a
// terminal that is played beside it, at which somebody types. It is closed by the test that has opened it.

import type { Vigil } from "../src/cli/reload.ts";

/** Those that are open. */
const open: Bun.Server<undefined>[] = [];

export async function endPlayed(): Promise<void> {
  for (const server of open.splice(0)) await server.stop(true);
}

export interface Played {
  readonly options: { readonly admin: string };
  readonly asked: { readonly what: string; readonly type: string | null; readonly body: unknown }[];
  /** What went to stderr begins with "! ". */
  readonly said: string[];
  readonly shown: string[];
  readonly writer: { out(text: string): void; err(text: string): void; note(text: string): void };
  readonly vigil: Vigil;
}

/** `answers`: by method and path; the last of several stays. */
export function played(
  answers: Record<string, readonly [status: number, body: object][]>,
  typed: (string | null)[] = [],
): Played {
  const asked: Played["asked"] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      const what = `${request.method} ${pathname.replace("/api/v1", "")}${search}`;
      asked.push({ what, type: request.headers.get("content-type"), body: text === "" ? null : JSON.parse(text) });
      const list = answers[what]!;
      const [status, body] = list.length > 1 ? (list as [number, object][]).shift()! : list[0]!;
      return Response.json(body, { status });
    },
  });
  open.push(server);
  const said: string[] = [];
  const writer = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(`! ${text}`),
    note: (text: string) => void said.push(`! ${text}`),
  };
  const shown: string[] = [];
  const vigil: Vigil = {
    isTerminal: typed.length > 0,
    wait: async () => typed.shift() ?? null,
    show: (text) => void shown.push(text),
  };
  return { options: { admin: `127.0.0.1:${server.port}` }, asked, said, shown, writer, vigil };
}
