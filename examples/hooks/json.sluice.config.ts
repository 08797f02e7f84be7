// Somebody else's API, as our programs want it: their tracking goes, degrees become Celsius, and what they answer is kept for ten
// minutes. Whatever they send that is no JSON is answered 502, not passed on.
//
//   sluice test examples/hooks/json.sluice.config.ts
import { defineConfig } from "sluice";

interface Weather {
  tracking?: unknown;
  temperature: number;
  unit: "F" | "C";
}

function inCelsius(weather: Weather): Weather {
  const { tracking, ...rest } = weather;
  if (rest.unit === "C") return rest;
  return { ...rest, temperature: Math.round(((rest.temperature - 32) / 9) * 50) / 10, unit: "C" };
}

export default defineConfig({
  listeners: { web: { listen: ":8080", use: "weather" } },
  pools: {
    weather: {
      servers: ["127.0.0.1:8081"],
      cache: { ttl: "10m" },
      hooks: { maxBody: "256kb", failure: { status: 502, body: "The weather service makes no sense just now.\n" } },
      onRequest: (request) => {
        // It is ours: the clients' cookies and credentials are none of their business.
        request.headers.delete("cookie");
        request.headers.delete("authorization");
        request.query.set("key", process.env["WEATHER_KEY"] ?? "");
      },
      transformResponse: { json: inCelsius },
    },
  },
  tests: [
    {
      name: "degrees are Celsius, and nobody is tracked",
      servers: {
        weather: {
          headers: { "content-type": "application/json" },
          body: '{"temperature":212,"unit":"F","tracking":{"id":1}}',
        },
      },
      steps: [
        {
          request: { url: "http://weather.test/now?city=Rome", headers: { cookie: "sid=1" } },
          expect: {
            status: 200,
            body: '{"temperature":100,"unit":"C"}',
            sent: { path: { contains: "city=Rome&key=" }, headers: { cookie: false } },
          },
        },
        { request: "http://weather.test/now?city=Rome", expect: { cache: "hit", calls: 0 } },
      ],
    },
    {
      name: "a page in place of the answer is not passed on",
      servers: { weather: { headers: { "content-type": "application/json" }, body: "<html>Sorry</html>" } },
      request: "http://weather.test/now",
      expect: { status: 502, body: { contains: "makes no sense" }, fault: "hook_failed" },
    },
    {
      name: "what is no JSON at all goes by",
      servers: { weather: { headers: { "content-type": "image/png" }, body: "png" } },
      request: "http://weather.test/icon.png",
      expect: { body: "png" },
    },
  ],
});
