// An A/B split: one visitor in ten gets the new shop, and stays with it by a cookie. Who is told by the query tries either.
//
//   sluice test examples/hooks/split.sluice.config.ts
import { defineConfig, type HookRequest } from "sluice";

const shareOfNew = 10;
const cookie = "shop";
const groups = ["old", "new"] as const;

/** The same visitor gets the same group, whichever worker is asked. */
function drawn(request: HookRequest): string {
  const visitor = `${request.address} ${request.headers.get("user-agent")}`;
  let hash = 0x811c9dc5;
  for (const character of visitor) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash % 100 < shareOfNew ? "new" : "old";
}

export default defineConfig({
  listeners: {
    web: {
      listen: ":8080",
      use: "old",
      hooks: { use: ["new"] },
      onRequest: (request) => {
        const said = request.query.get("shop") ?? request.cookie(cookie);
        const known = groups.find((group) => group === said);
        const group = known ?? drawn(request);
        request.use(group);
        request.headers.set("x-group", group);
        if (request.cookie(cookie) !== group) request.vars["group"] = group;
      },
      onResponse: (response, { vars }) => {
        if (vars["group"] !== undefined)
          response.headers.append(
            "set-cookie",
            `${cookie}=${vars["group"]}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax`,
          );
      },
    },
  },
  pools: {
    old: { servers: ["127.0.0.1:8081"] },
    new: { servers: ["127.0.0.1:8082"] },
  },
  tests: [
    {
      name: "who has the cookie stays",
      steps: [
        {
          request: { url: "http://shop.test/", headers: { cookie: "shop=new" } },
          expect: { pool: "new", headers: { "set-cookie": false }, sent: { headers: { "x-group": "new" } } },
        },
        { request: { url: "http://shop.test/", headers: { cookie: "shop=old" } }, expect: { pool: "old" } },
      ],
    },
    {
      name: "who has none is given one",
      request: "http://shop.test/",
      expect: { status: 200, headers: { "set-cookie": { matches: "^shop=(old|new); Max-Age" } } },
    },
    {
      name: "the query says which, and the cookie remembers",
      request: { url: "http://shop.test/?shop=new", headers: { cookie: "shop=old" } },
      expect: { pool: "new", headers: { "set-cookie": { contains: "shop=new" } } },
    },
    {
      name: "nobody gets to a third one",
      request: { url: "http://shop.test/?shop=admin", from: "203.0.113.7" },
      expect: { sent: { headers: { "x-group": { matches: "^(old|new)$" } } } },
    },
  ],
});
