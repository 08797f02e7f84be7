import { expect, test } from "bun:test";
import { namesOf, readHosts, readResolvConf } from "./systemdns.ts";

test("resolv.conf names servers, search list and dots", () => {
  const text = `# made by hand
nameserver 10.0.0.2
nameserver 2001:db8::1
nameserver fe80::1%eth0
nameserver 10.0.0.5
search shop.svc.cluster.local Svc.cluster.local.
options timeout:2 ndots:5
`;
  expect(readResolvConf(text)).toEqual({
    servers: [
      { host: "10.0.0.2", port: 53 },
      { host: "2001:db8::1", port: 53 },
      { host: "fe80::1", port: 53 },
    ],
    search: ["shop.svc.cluster.local", "svc.cluster.local"],
    dots: 5,
  });
  expect(readResolvConf("")).toEqual({ servers: [{ host: "127.0.0.1", port: 53 }], search: [], dots: 1 });
});

test("a name with few dots is sought with the search list first, one with many last, one that ends in a dot not at all", () => {
  const conf = { search: ["a.test", "b.test"], dots: 2 };
  expect(namesOf("app", conf)).toEqual(["app.a.test", "app.b.test", "app"]);
  expect(namesOf("App.x.y", conf)).toEqual(["app.x.y", "app.x.y.a.test", "app.x.y.b.test"]);
  expect(namesOf("app.", conf)).toEqual(["app"]);
});

test("hosts has addresses by name", () => {
  const text = "127.0.0.1 localhost loop\n# 10.0.0.1 app\n10.0.0.2\tapp app.test # it\n10.0.0.3 app\nnone app\n";
  expect(readHosts(text, "APP.")).toEqual(["10.0.0.2", "10.0.0.3"]);
  expect(readHosts(text, "ap")).toEqual([]);
});
