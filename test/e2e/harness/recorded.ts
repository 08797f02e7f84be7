// A recorded access log, as Sluice writes it: half an hour of a crowd that asks now and then, and of two that do not stop.

export function recorded(): string[] {
  const lines: { readonly atMs: number; readonly client: string }[] = [];
  const startMs = Date.parse("2026-11-20T09:00:00Z");
  for (let client = 1; client <= 60; client++)
    for (let turn = 0; turn < 20; turn++)
      lines.push({
        atMs: startMs + turn * (client % 8 === 0 ? 9_000 : 12_000) + client * 131,
        client: `192.0.2.${client}`,
      });
  for (const client of ["203.0.113.1", "203.0.113.2"])
    for (let turn = 0; turn < 1_000; turn++) lines.push({ atMs: startMs + 60_000 + turn * 200, client });
  return lines
    .sort((one, other) => one.atMs - other.atMs)
    .map(({ atMs, client }) =>
      JSON.stringify({
        ...{ time: new Date(atMs).toISOString(), client, method: "GET", target: "/", host: "shop.example" },
        ...{ version: "1.1", status: 200, duration_ms: 3, bytes_received: 0, bytes_sent: 100, listener: "web" },
        ...{ pool: "app", server: "127.0.0.1:8081", attempts: 1, request_id: `${atMs}`, user_agent: "", referer: "" },
      }),
    )
    .map((line) => `${line}\n`);
}
