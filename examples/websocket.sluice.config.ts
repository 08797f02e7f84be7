// A chat: WebSockets live for hours, so tunnels may be silent for long, draining is given time, and new connections go to the
// server that holds the fewest.
import { defineConfig } from "sluice";

export default defineConfig({
  drainTimeout: "5m",
  timeouts: { tunnel: "4h" },
  listeners: { chat: { listen: ":8080", use: "chat" } },
  pools: {
    chat: {
      servers: ["127.0.0.1:8081", "127.0.0.1:8082"],
      balance: "leastConnections",
      check: { tcp: true },
    },
  },
});
