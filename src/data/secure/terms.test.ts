import { expect, test } from "bun:test";
import { materials } from "../../../test/runtime/secure.ts";
import { listenerTls, makeTlsPlan, pemId, serverTls } from "../../../test/runtime/tls.ts";
import type { ListenerTlsPlan, Plan, ServerTlsPlan } from "../../config/plan.ts";
import { type ListenerTerms, Terms } from "./terms.ts";

function planOf(listener: Partial<ListenerTlsPlan>, server: Partial<ServerTlsPlan> | null = null): Plan {
  const { authority, server: issued } = materials();
  return makeTlsPlan(
    [{ names: ["a.test"], issued }],
    {
      listener: { tls: { ...listenerTls, ...listener } },
      server: { tls: server === null ? null : { ...serverTls, ...server } },
    },
    [authority.cert],
  );
}

function listenerTerms(terms: Terms, plan: Plan): ListenerTerms {
  return terms.ofListener(plan.listeners[0]!.tls!)!;
}

test("what has not changed keeps its context over a reload, so that clients resume", () => {
  const terms = new Terms();
  const plans = [planOf({}), planOf({ alpn: ["http/1.1"] }), planOf({ ja4: true })];
  const contexts = plans.map((plan) => {
    terms.adopt(plan);
    return listenerTerms(terms, plan).upgrade.secureContext;
  });
  expect(new Set(contexts).size).toBe(1);
});

test("where names that are unknown are refused, no certificate is shown before a name is asked for", () => {
  const terms = new Terms();
  const plans = [planOf({}), planOf({ rejectUnknown: true }), planOf({ rejectUnknown: true, alpn: ["http/1.1"] })];
  const [usual, strict, again] = plans.map((plan) => {
    terms.adopt(plan);
    return listenerTerms(terms, plan);
  });
  expect(usual!.upgrade.secureContext).toBe(usual!.certificates.first);
  expect(strict!.upgrade.secureContext).not.toBe(strict!.certificates.first);
  expect(strict!.certificates.for("a.test")).toBe(usual!.certificates.first);
  // Clients resume over a reload here too.
  expect(again!.upgrade.secureContext).toBe(strict!.upgrade.secureContext);
});

test("no session crosses from a listener that asks for client certificates in another way", () => {
  const ca = pemId(materials().authority.cert);
  const terms = new Terms();
  const contexts = ([null, { mode: "optional", ca }, { mode: "required", ca }] as const).map((clientCertificate) => {
    const plan = planOf({ clientCertificate });
    terms.adopt(plan);
    return listenerTerms(terms, plan).upgrade.secureContext;
  });
  expect(new Set(contexts).size).toBe(3);
});

test("an older plan keeps what it said, however many came after it", () => {
  const terms = new Terms();
  const first = planOf({}, { ca: null, verify: false });
  terms.adopt(first);
  const { secureContext } = listenerTerms(terms, first).upgrade;
  const toServer = terms.ofServer(first.pools[0]!.servers[0]!.tls!);
  for (const maxVersion of ["1.2", "1.3", "1.2"] as const) terms.adopt(planOf({ maxVersion }));
  expect(listenerTerms(terms, first).upgrade.secureContext).toBe(secureContext);
  expect(terms.ofServer(first.pools[0]!.servers[0]!.tls!)).toBe(toServer);
});

test("a target that no plan has named is trusted by the system's authorities, and made ready once", () => {
  const terms = new Terms();
  const tls = {
    serverName: "a.example",
    verify: true,
    ca: null,
    chain: null,
    key: null,
    minVersion: "1.2",
    maxVersion: "1.3",
    ciphers: "",
    alpn: [],
  } as const;
  const made = terms.ofServer(tls);
  expect(made?.upgrade.serverName).toBe("a.example");
  expect(terms.ofServer(tls)).toBe(made!);
  const other = terms.ofServer({ ...tls, serverName: "b.example" });
  expect(other?.upgrade.secureContext).toBe(made!.upgrade.secureContext);
  // What names files can only be of a plan.
  expect(terms.ofServer({ ...tls, ca: "0".repeat(64) })).toBeUndefined();
});

test("a server's name is sent as SNI, an address is not", () => {
  const terms = new Terms();
  const sent = ["a.test", "192.0.2.1", "2001:db8::1"].map((serverName) => {
    const plan = planOf({}, { serverName, verify: false });
    terms.adopt(plan);
    return terms.ofServer(plan.pools[0]!.servers[0]!.tls!)!.upgrade.serverName;
  });
  expect(sent).toEqual(["a.test", "", ""]);
});

test("ALPN is in the format of the wire", () => {
  const plan = planOf({ alpn: ["h2", "http/1.1"] });
  const terms = new Terms();
  terms.adopt(plan);
  expect(listenerTerms(terms, plan).upgrade.ALPNProtocols?.toString("latin1")).toBe("\u0002h2\u0008http/1.1");
});

test("a server that is offered HTTP/2 may for once be offered HTTP/1.1 alone; others are offered what they are", () => {
  const terms = new Terms();
  const offered = [["h2", "http/1.1"], ["h2"], ["http/1.1"], []].map((alpn) => {
    const plan = planOf({}, { alpn });
    terms.adopt(plan);
    const { upgrade, upgradeHttp1 } = terms.ofServer(plan.pools[0]!.servers[0]!.tls!)!;
    expect(upgradeHttp1.secureContext).toBe(upgrade.secureContext);
    return [upgrade, upgradeHttp1].map(({ ALPNProtocols }) => ALPNProtocols?.toString("latin1"));
  });
  const http1 = "\u0008http/1.1";
  expect(offered).toEqual([
    [`\u0002h2${http1}`, http1],
    ["\u0002h2", http1],
    [http1, http1],
    [undefined, undefined],
  ]);
});

test("TLS that cannot be used is an error with the name of whose it is, and what stood still stands", () => {
  const terms = new Terms();
  const good = planOf({});
  terms.adopt(good);
  expect(() => terms.adopt(planOf({ ciphers: "NO-SUCH-CIPHER" }))).toThrow("listener web: TLS: ");
  expect(() => terms.adopt(planOf({}, { ca: "missing" }))).toThrow("server app/one:80: TLS: ");
  expect(terms.ofListener(good.listeners[0]!.tls!)).toBeDefined();
});
