import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { FakeAuthority } from "../../../test/acmeauthority.ts";
import { Authority } from "../../../test/authority.ts";
import type { Challenge } from "../../config/materials.ts";
import { openAccount } from "./account.ts";
import { AcmeClient } from "./client.ts";
import { AccountKey } from "./jws.ts";
import type { Answer, Ask } from "./network.ts";
import { type KeyKind, type Obtained, obtain } from "./order.ts";
import type { OrderRecord } from "./store.ts";
import { Trouble } from "./trouble.ts";

const issuer = new Authority("Test CA");
afterAll(() => issuer[Symbol.dispose]());
// Each certificate is signed by a process of openssl.
setDefaultTimeout(60_000);
const withOpenssl = test.skipIf(Bun.which("openssl") === null);
const stop = new AbortController().signal;

class Stage {
  shown: readonly Challenge[] = [];
  nowMs = 0;
  readonly kept: (OrderRecord | null)[] = [];
  readonly key = AccountKey.make();
  readonly authority = new FakeAuthority(issuer, (token) => this.shown.find((each) => each.token === token)?.answer);
  /** Changes answers on their way. */
  edit: (path: string, body: Record<string, unknown>) => void = () => {};

  async order(
    names: readonly string[],
    former: OrderRecord | null = null,
    keyKind: KeyKind = "ecdsa-p256",
  ): Promise<Obtained> {
    const ask: Ask = async (question, signal): Promise<Answer> => {
      const answer = await this.authority.ask(question, signal);
      if (!answer.text.startsWith("{")) return answer;
      const body = JSON.parse(answer.text) as Record<string, unknown>;
      this.edit(new URL(question.url).pathname, body);
      return { ...answer, text: JSON.stringify(body) };
    };
    const client = new AcmeClient({
      directory: this.authority.directory,
      key: this.key,
      ask,
      stop,
      nowMs: () => this.nowMs,
    });
    await openAccount(client, { key: this.key.pem, url: null, email: null }, { email: null, external: null });
    return obtain({
      ...{ client, names, keyKind, former, nowMs: () => this.nowMs },
      keep: (record) => void this.kept.push(record),
      show: async (challenges) => {
        this.shown = challenges;
        return null;
      },
      wait: async (ms) => {
        this.nowMs += ms;
      },
    });
  }

  async trouble(names: readonly string[], former: OrderRecord | null = null): Promise<Trouble> {
    try {
      await this.order(names, former);
    } catch (error) {
      if (error instanceof Trouble) return error;
      throw error;
    }
    throw new Error("nothing went wrong");
  }
}

withOpenssl("what the next step depends on is kept before it", async () => {
  const stage = new Stage();
  const { chain, key } = await stage.order(["a.example", "b.example"]);
  expect(chain).toStartWith("-----BEGIN CERTIFICATE-----");
  expect(stage.kept).toEqual([
    { url: null, key },
    { url: "https://authority.test/order/0", key },
  ]);
  expect(stage.shown).toHaveLength(2);
});

withOpenssl("an order that is there is gone on with, and its key is used", async () => {
  const stage = new Stage();
  const { key } = await stage.order(["a.example"]);
  const former = { url: "https://authority.test/order/0", key };
  expect((await stage.order(["a.example"], former)).key).toBe(key);
  expect(stage.authority.orders).toHaveLength(1);
  // One that nobody knows any more is replaced by another; one that has failed counts as a look in vain first.
  await stage.order(["a.example"], { url: "https://authority.test/order/99", key });
  expect(stage.authority.orders).toHaveLength(2);
  stage.authority.orders[0]!.status = "invalid";
  expect(await stage.order(["a.example"], former).catch((error: Trouble) => error.kind)).toBe("failed");
  expect(stage.authority.orders).toHaveLength(2);
});

withOpenssl("a key of the other kind is made", async () => {
  const { key } = await new Stage().order(["a.example"], null, "rsa-2048");
  expect(key.length).toBeGreaterThan(1500);
});

withOpenssl("a name that is not found is told with the authority's words, and the order is let go of", async () => {
  const stage = new Stage();
  stage.authority.strangers.add("b.example");
  const trouble = await stage.trouble(["a.example", "b.example"]);
  expect(trouble).toMatchObject({
    kind: "failed",
    message: "b.example could not be verified: 404 from b.example (unauthorized)",
  });
  expect(stage.kept.at(-1)).toBeNull();
});

withOpenssl("an authority that takes its time is waited for, and not for ever", async () => {
  const slow = new Stage();
  let left = 4;
  slow.edit = (path, body) => {
    if (path.startsWith("/authorization") && body["status"] === "valid" && left-- > 0) body["status"] = "pending";
  };
  await slow.order(["a.example"]);
  expect(slow.nowMs).toBeGreaterThan(4000);
  const stuck = new Stage();
  stuck.edit = (path, body) => {
    if (path.startsWith("/authorization")) body["status"] = "pending";
  };
  expect(await stuck.trouble(["a.example"])).toMatchObject({
    kind: "away",
    message: expect.stringContaining("not looked at a.example"),
  });
  // It may look yet: the order is kept.
  expect(stuck.kept.at(-1)).toMatchObject({ url: expect.any(String) });
});

withOpenssl("nonsense of an authority is its trouble, and never an exception", async () => {
  const edits: ((path: string, body: Record<string, unknown>) => void)[] = [
    (path, body) => path.startsWith("/new-order") && (body["status"] = 5),
    (path, body) =>
      path.startsWith("/new-order") &&
      (body["authorizations"] = Array(101).fill("https://authority.test/authorization/0")),
    (path, body) => path.startsWith("/authorization") && (body["challenges"] = "none"),
    (path, body) => path.startsWith("/authorization") && (body["challenges"] = [{ type: "http-01", token: "../../x" }]),
    (path, body) => path.startsWith("/authorization") && delete body["status"],
    (path, body) => path.startsWith("/finalize") && (body["certificate"] = "http://authority.test/certificate/0"),
  ];
  for (const edit of edits) {
    const stage = new Stage();
    stage.edit = edit;
    expect(["away", "refused"]).toContain((await stage.trouble(["a.example"])).kind);
  }
});
