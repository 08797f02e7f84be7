import { expect, test } from "bun:test";
import { member } from "../../../test/playbook/egresses.ts";
import type { EgressDoorPlan } from "../../config/plan.ts";
import type { RequestForm } from "../forwarding.ts";
import { readPlace } from "../targets/place.ts";
import { Target } from "../targets/target.ts";
import { gatewayForm, proxyForm } from "./form.ts";

const target = (authority: string, isSecure = false): Target =>
  new Target(readPlace(authority, isSecure ? 443 : 80)!, isSecure, false);
const texts = ({ prefix, host, lines }: RequestForm): string[] =>
  [prefix, host, lines].map((each) => Buffer.from(each).toString("latin1"));
const gateway = member("gateway 192.0.2.1 80").door as Extract<EgressDoorPlan, { kind: "gateway" }>;
const proxy = (text: string): Extract<EgressDoorPlan, { kind: "proxy" }> =>
  member(text).door as Extract<EgressDoorPlan, { kind: "proxy" }>;

test("a gateway is told scheme and host as they were judged, and the key where there is one", () => {
  expect(texts(gatewayForm(target("A.Example."), gateway, ""))).toEqual([
    "",
    "Host: 127.0.0.1\r\n",
    "X-Egress-Scheme: http\r\nX-Egress-Host: a.example\r\n",
  ]);
  expect(texts(gatewayForm(target("0x7f.1:80", true), { ...gateway, port: 19_001 }, "k"))).toEqual([
    "",
    "Host: 127.0.0.1:19001\r\n",
    "X-Egress-Scheme: https\r\nX-Egress-Host: 127.0.0.1:80\r\nX-Egress-Key: k\r\n",
  ]);
  expect(texts(gatewayForm(target("[::1]:80"), gateway, ""))[2]).toContain("X-Egress-Host: [::1]\r\n");
});

test("a key cannot end a line", () => {
  expect(texts(gatewayForm(target("a.example"), gateway, "k\r\nX: y"))[2]).toEndWith("X-Egress-Key: kX: y\r\n");
});

test("a proxy is told the whole URL, the host that is in it, and who we are", () => {
  expect(texts(proxyForm(target("a.example:81"), proxy("http://anna:x@p.example:3128")))).toEqual([
    "http://a.example:81",
    "Host: a.example:81\r\n",
    `Proxy-Authorization: Basic ${btoa("anna:x")}\r\n`,
  ]);
  expect(texts(proxyForm(target("a.example"), proxy("http://p.example:3128")))[2]).toBe("");
});
