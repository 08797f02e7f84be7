import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { Kubernetes, type Slice } from "../../../test/e2e/harness/kubernetes.ts";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";
import { KubernetesSource } from "./kubernetessource.ts";

const slice: Slice = {
  name: "web-1",
  service: "web",
  endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
  ports: [{ name: "http", port: 8080 }],
};

async function scene(room: Room, slices: readonly Slice[], asked: object = {}, interval = "1d") {
  const kubernetes = await Kubernetes.start(room, "t");
  for (const each of slices) kubernetes.set(each);
  const endpoint = `http://${kubernetes.address}`;
  const settings = { kubernetes: { service: "shop/web", endpoint, token: "t", ...asked }, interval };
  return { kubernetes, listening: new Listening(room, settings).start() };
}

test("endpoints that are ready are servers, those that terminate are drained, others are not there", async () => {
  await using room = new Room();
  const endpoints = [
    { addresses: ["10.0.0.1"], conditions: { ready: true, serving: true, terminating: false } },
    { addresses: ["10.0.0.2"] },
    { addresses: ["10.0.0.3"], conditions: { ready: false, serving: true, terminating: true } },
    { addresses: ["10.0.0.4"], conditions: { ready: false } },
  ];
  const { listening } = await scene(room, [
    { ...slice, endpoints },
    { ...slice, name: "other", service: "other" },
  ]);
  await listening.tells("10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080");
  expect(listening.found.map(({ drain }) => drain)).toEqual([undefined, undefined, true]);
});

test("where all that is left terminates, what still serves is not drained", async () => {
  await using room = new Room();
  const leaving = { ready: false, serving: true, terminating: true };
  const endpoints = [
    { addresses: ["10.0.0.1"], conditions: leaving },
    { addresses: ["10.0.0.2"], conditions: { ready: false, serving: false, terminating: true } },
    // By publishNotReadyAddresses it is ready whatever happens to it.
    { addresses: ["10.0.0.3"], conditions: { ready: true, terminating: true } },
    { addresses: ["10.0.0.4"], conditions: { ready: false, terminating: true } },
    { addresses: ["10.0.0.5"], conditions: { ready: false, serving: false, terminating: false } },
  ];
  const { listening, kubernetes } = await scene(room, [{ ...slice, endpoints }]);
  await listening.tells("10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080 10.0.0.4:8080");
  expect(listening.found.map(({ drain }) => drain)).toEqual([undefined, true, undefined, true]);
  // Their heir is in another slice.
  kubernetes.set({ ...slice, name: "web-2", endpoints: [{ addresses: ["10.0.0.6"], conditions: { ready: true } }] });
  await listening.tells("10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080 10.0.0.4:8080 10.0.0.6:8080");
  expect(listening.found.map(({ drain }) => drain)).toEqual([true, true, true, true, undefined]);
});

test("all slices count, of one family; the port is the only one, or the one that is named", async () => {
  await using room = new Room();
  const ports = [
    { name: "http", port: 8080 },
    { name: "metrics", port: 9000 },
  ];
  const slices: Slice[] = [
    { ...slice, ports },
    { ...slice, name: "web-2", ports, endpoints: [{ addresses: ["10.0.0.2"] }] },
    { ...slice, name: "web-3", ports, addressType: "IPv6", endpoints: [{ addresses: ["::1"] }] },
    { ...slice, name: "web-4", ports, endpoints: null },
  ];
  const { listening, kubernetes } = await scene(room, slices, { port: "metrics" });
  await listening.tells("10.0.0.1:9000 10.0.0.2:9000");
  const endpoint = `http://${kubernetes.address}`;
  const unnamed = new Listening(room, { kubernetes: { service: "shop/web", endpoint, token: "t" } }).start();
  await until("a problem", () => unnamed.problem.includes("slice web-1 is no host:port"));
  const numbered = new Listening(room, {
    kubernetes: { service: "web", namespace: "shop", endpoint, token: "t", port: 7 },
  }).start();
  await numbered.tells("10.0.0.1:7 10.0.0.2:7");
});

test("a watch tells of changes, from the version of the list; a version that is too old is replaced", async () => {
  await using room = new Room();
  const { kubernetes, listening } = await scene(room, [slice]);
  await listening.tells("10.0.0.1:8080");
  await until("a watch", () => kubernetes.watches === 1);
  expect(kubernetes.asked.at(-1)).toContain("watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=101");
  kubernetes.set({ ...slice, name: "web-2", endpoints: [{ addresses: ["10.0.0.2"] }] });
  await listening.tells("10.0.0.1:8080 10.0.0.2:8080");
  kubernetes.compact();
  kubernetes.delete("web-1");
  await listening.tells("10.0.0.2:8080");
  kubernetes.delete("web-2");
  await listening.tells("");
  await until("a watch again", () => kubernetes.watches === 1);
  kubernetes.set(slice);
  await listening.tells("10.0.0.1:8080");
});

test("changes are taken from the watch: however many there are, the slices are listed once", async () => {
  await using room = new Room();
  const { kubernetes, listening } = await scene(room, [slice]);
  await until("a watch", () => kubernetes.watches === 1);
  expect(kubernetes.asked[0]).toEndWith("&resourceVersion=0");
  for (let host = 2; host <= 40; host++) {
    kubernetes.set({ ...slice, endpoints: [{ addresses: [`10.0.0.${host}`] }] });
    if (host % 4 === 0) await listening.tells(`10.0.0.${host}:8080`);
  }
  // One of another Service is not told of, and one that comes later stands where a list has it.
  kubernetes.set({ ...slice, name: "other", service: "other" });
  kubernetes.set({ ...slice, name: "web-0", endpoints: [{ addresses: ["10.0.1.1"] }] });
  await listening.tells("10.0.0.40:8080 10.0.1.1:8080");
  expect(listening.last).toMatchObject({ servers: [{ address: "10.0.1.1:8080" }, { address: "10.0.0.40:8080" }] });
  kubernetes.delete("web-1");
  await listening.tells("10.0.1.1:8080");
  expect(kubernetes.lists).toBe(1);
});

test("lists after the first are no older than what is known, and of the storage itself where that is gone", async () => {
  await using room = new Room();
  const { kubernetes, listening } = await scene(room, [slice], {}, "50ms");
  const lists = (): string[] => kubernetes.asked.filter((url) => !url.includes("watch=1"));
  await until("a list again", () => lists().length > 1);
  expect(lists()[1]).toEndWith("&resourceVersion=101");
  // A watch is told, another is refused; then an API server is asked that is behind.
  for (const compact of [() => kubernetes.compact(), () => kubernetes.rewind()]) {
    const former = lists().length;
    await until("a watch", () => kubernetes.watches === 1);
    compact();
    kubernetes.set({ ...slice, endpoints: [{ addresses: [`10.0.0.${lists().length + 1}`] }] });
    await until("one of the storage", () =>
      lists()
        .slice(former)
        .some((url) => !url.includes("&resourceVersion=")),
    );
  }
  kubernetes.set({ ...slice, endpoints: [{ addresses: ["10.0.2.1"] }] });
  await listening.tells("10.0.2.1:8080");
});

test("an API server that ends every watch at once is listed less and less often", async () => {
  await using room = new Room();
  const { kubernetes, listening } = await scene(room, [slice]);
  kubernetes.isForgetful = true;
  await listening.tells("10.0.0.1:8080");
  await until("three watches", () => kubernetes.asked.filter((url) => url.includes("watch=1")).length === 3);
  expect(kubernetes.lists).toBeLessThanOrEqual(4);
});

test("a pod finds API server, namespace and token by itself, and a token that is exchanged is taken up", async () => {
  await using room = new Room();
  const kubernetes = await Kubernetes.start(room, "first");
  kubernetes.set(slice);
  mkdirSync(room.path("account"));
  room.write("account/namespace", "shop\n");
  room.write("account/token", "first\n");
  const [host = "", port = ""] = kubernetes.address.split(":");
  const rhythm = { intervalMs: 20, timeoutMs: 300 };
  // Without an endpoint it is asked over TLS, which this one does not speak.
  const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
  const pod = { folder: room.path("account"), environment };
  const asked = { service: "web", endpoint: `http://${kubernetes.address}` };
  const listening = new Listening(room, { file: "x" }, new KubernetesSource(asked, rhythm, pod)).start();
  await listening.tells("10.0.0.1:8080");
  kubernetes.token = "second";
  kubernetes.cut();
  await until("a refusal", () => listening.problem.startsWith("answers 401"));
  room.write("account/token", "second\n");
  await listening.tells("10.0.0.1:8080");
  const secure = new KubernetesSource({ service: "web" }, rhythm, pod);
  const wary = new Listening(room, { file: "x" }, secure).start();
  await until("authorities that are not there", () =>
    wary.problem.includes("the file of its authorities cannot be read"),
  );
  const nowhere = new KubernetesSource({ service: "web" }, rhythm, { folder: room.path("none"), environment: {} });
  const lost = new Listening(room, { file: "x" }, nowhere).start();
  await until("no pod", () => lost.problem.startsWith("cannot be asked: "));
});
