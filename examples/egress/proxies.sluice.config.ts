// Requests leave by proxies of others and by addresses of this machine, as often as each weighs. Clients are programs on this machine: the
// listener is on loopback, and inner addresses are no targets.
//
//   curl http://127.0.0.1:3128/ -H 'X-Egress-Scheme: https' -H 'X-Egress-Host: example.com' -H 'X-Egress-Key: cart7'

import { defineConfig } from "sluice";

const password = process.env["PROXY_PASSWORD"] ?? "secret";

export default defineConfig({
  egress: {
    mixed: {
      members: [
        {
          proxies: [`http://customer:${encodeURIComponent(password)}@proxy.example:3128`],
          weight: 3,
          tags: { country: "de", provider: "acme" },
        },
        { proxies: ["socks5://10.0.0.9:1080"], tags: { country: "fr" } },
        { addresses: ["127.0.0.2-9"] },
      ],
      session: { lifetime: "10m", requests: 100 },
      perTarget: { interval: "1s", concurrency: 2 },
      judge: { strategy: "share", of: 20, share: 0.5, coolDown: { time: "5m", growth: 2, max: "6h" } },
      whenNone: "refuse",
    },
  },
  listeners: {
    out: { listen: "127.0.0.1:3128", proxy: { egress: "mixed", fields: true, private: false } },
  },
});
