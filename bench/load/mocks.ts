// A process of its own: three small web servers, each a page that does not change, as the mock backends that GopherProxy is tried
// with. Says their addresses on a line, and ends when its stdin does, so that it does not outlive whoever started it.

const names = ["server 1", "server 2", "server 3"];

const servers = names.map((name) =>
  Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // Longer than a proxy keeps idle connections.
    idleTimeout: 255,
    routes: { "/*": new Response(`<!doctype html><title>${name}</title><h1>Hello from ${name}</h1>\n`, html()) },
  }),
);

function html(): ResponseInit {
  return { headers: { "content-type": "text/html; charset=utf-8" } };
}

console.log(servers.map(({ port }) => `127.0.0.1:${port}`).join(","));
for await (const _ of Bun.stdin.stream());
process.exit(0);
