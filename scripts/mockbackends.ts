// `npm run mock-backends`: three web servers with a page each on ports 8081 to 8083, for deploy/compose.yaml to have somebody to pass
// requests to. On all addresses, for containers reach this machine by another than loopback. Until Ctrl-C.

const ports = [8081, 8082, 8083];

for (const port of ports) {
  const page = `<!doctype html>\n<title>Backend ${port}</title>\n<h1>Backend on port ${port}</h1>\n`;
  const fetch = (): Response => new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  try {
    Bun.serve({ hostname: "0.0.0.0", port, fetch });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(code === "EADDRINUSE" ? `mock-backends: port ${port} is in use (do they run already?)` : message);
    process.exit(1);
  }
}
console.log(`three backends: ${ports.map((port) => `http://127.0.0.1:${port}`).join(" ")}`);
