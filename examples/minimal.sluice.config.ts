// The smallest config: everything that comes in on 8080 goes to two servers in turn.
import { defineConfig } from "sluice";

export default defineConfig({
  listeners: { web: { listen: ":8080", use: "app" } },
  pools: { app: { servers: ["127.0.0.1:8081", "127.0.0.1:8082"] } },
});
