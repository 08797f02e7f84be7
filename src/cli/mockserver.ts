// The demo's servers: small web servers that say who they are, so that balancing can be seen. They listen on loopback, on ports 8081 to
// 8083 where those are free. They are no part of the proxy and are only ever started by the demo.

export interface MockServer {
  /** host:port */
  readonly address: string;
  stop(): void;
}

interface Mock {
  readonly name: string;
  readonly color: string;
  calls: number;
}

const HOST = "127.0.0.1";
const FIRST_PORT = 8081;
const SLOW_MS_MAX = 30_000;
const EVENTS = 10;
const EVENT_MS = 500;
/** Longer than the proxy keeps idle connections: the server is not the one to close them. */
const IDLE_S = 120;

export function openMockServers(): MockServer[] {
  return ["#0b7285", "#5f3dc4", "#a61e4d"].map((color, index) =>
    openMockServer({ name: `server ${index + 1}`, color, calls: 0 }, FIRST_PORT + index),
  );
}

function openMockServer(mock: Mock, port: number): MockServer {
  const server = listen(mock, port) ?? listen(mock, 0)!;
  return { address: `${HOST}:${server.port}`, stop: () => void server.stop(true) };
}

/** Null when the port is taken. */
function listen(mock: Mock, port: number): Bun.Server<undefined> | null {
  try {
    return Bun.serve({
      hostname: HOST,
      port,
      idleTimeout: IDLE_S,
      fetch: (request, server) => answer(mock, request, server),
    });
  } catch (error) {
    if (port !== 0) return null;
    throw error;
  }
}

async function answer(mock: Mock, request: Request, server: Bun.Server<undefined>): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/healthz") return new Response("ok\n");
  mock.calls++;
  switch (url.pathname) {
    case "/headers":
      return new Response(
        `${JSON.stringify({ server: mock.name, method: request.method, headers: request.headers.toJSON() }, null, 2)}\n`,
        { headers: { "content-type": "application/json" } },
      );
    case "/slow": {
      const ms = Math.min(SLOW_MS_MAX, Math.max(0, Number(url.searchParams.get("ms") ?? 1000) || 0));
      await Bun.sleep(ms);
      return new Response(`${mock.name} took ${ms} ms\n`);
    }
    case "/sse":
      server.timeout(request, 0);
      return new Response(events(mock), {
        headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
      });
    default:
      return hello(mock, request, `${HOST}:${server.port}`);
  }
}

function hello(mock: Mock, request: Request, address: string): Response {
  const isBrowser = request.headers.get("accept")?.includes("text/html") === true;
  if (!isBrowser) return new Response(`Hello from ${mock.name} (${address}), call ${mock.calls}\n`);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${mock.name}</title>
<body style="font: 18px system-ui, sans-serif; color: white; background: ${mock.color}; text-align: center; padding-top: 20vh">
<h1>Hello from ${mock.name}</h1>
<p>${address}, call ${mock.calls}. Load the page again and another server answers.</p>
</body>
</html>
`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
}

function events(mock: Mock): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: Timer | null = null;
  let sent = 0;
  return new ReadableStream({
    start: (controller) => {
      const send = (): void => {
        controller.enqueue(encoder.encode(`data: event ${++sent} of ${EVENTS} from ${mock.name}\n\n`));
        if (sent < EVENTS) return;
        if (timer !== null) clearInterval(timer);
        controller.close();
      };
      send();
      timer = setInterval(send, EVENT_MS);
    },
    cancel: () => {
      if (timer !== null) clearInterval(timer);
    },
  });
}
