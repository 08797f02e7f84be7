// Why a request is answered from a cache, or is not: the URL as one would put it into a browser, and the answer in a sentence, with what is
// stored for it and for how long. What is asked stands in the address, so that it can be sent to somebody.

import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import type { KeyAnswer, StoredAnswer, WhyAnswer } from "../../../src/control/cache/answer.ts";
import { useResource } from "../data/resource.ts";
import { Asked } from "../parts/asked.tsx";
import { Facts } from "../parts/drawer.tsx";
import { Mark } from "../parts/mark.tsx";
import { When } from "../parts/when.tsx";
import { place, refine } from "../router.ts";
import { bytes, plural, span, whole } from "../text/format.ts";
import { purge } from "./cachepurge.tsx";

export function CacheWhy({ caches, told }: { readonly caches: readonly string[]; readonly told: () => void }): VNode {
  const { url = "", header = "", method = "" } = place.value.query;
  const path = url === "" ? null : whyPath(url, method, header);
  const answer = useResource<WhyAnswer>(path, 0);
  const again = (): void => {
    answer.again();
    told();
  };
  return (
    <section>
      <header class="section-head">
        <h2>Why is it cached, or not?</h2>
      </header>
      <Form asked={() => answer.again()} />
      {path === null ? null : (
        <Asked of={answer} what="its key">
          {(data) => <Answer answer={data} isAsked={caches.length > 1} told={again} />}
        </Asked>
      )}
    </section>
  );
}

function Form({ asked }: { readonly asked: () => void }): VNode {
  const { url = "", header = "", method = "" } = place.value.query;
  const [isMore, setMore] = useState(header !== "" || method !== "");
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        const text = (name: string): string => String(given.get(name) ?? "").trim();
        refine({ url: text("url"), method: text("method"), header: text("header") });
        asked();
      }}
    >
      <div class="ask-line">
        <label class="grow">
          <span class="unseen">URL</span>
          <input
            name="url"
            key={url}
            defaultValue={url}
            required
            placeholder="https://example.com/path"
            spellcheck={false}
          />
        </label>
        <button type="submit" class="primary">
          Why?
        </button>
      </div>
      {isMore ? (
        <More method={method} header={header} />
      ) : (
        <button type="button" class="plain inline" onClick={() => setMore(true)}>
          with a method or headers
        </button>
      )}
    </form>
  );
}

function More({ method, header }: { readonly method: string; readonly header: string }): VNode {
  return (
    <>
      <label class="field">
        <span>Method</span>
        <input name="method" defaultValue={method} placeholder="GET" spellcheck={false} />
      </label>
      <label class="field">
        <span>Headers, one a line</span>
        <textarea name="header" defaultValue={header} rows={3} placeholder="Accept-Language: de" spellcheck={false} />
      </label>
    </>
  );
}

function whyPath(url: string, method: string, header: string): string {
  const query = new URLSearchParams({ url });
  if (method !== "") query.set("method", method);
  for (const line of header.split("\n")) if (line.trim() !== "") query.append("header", line.trim());
  return `/api/v1/cache/why?${query}`;
}

interface AnswerProps {
  readonly answer: WhyAnswer;
  /** There is more than one cache to tell apart. */
  readonly isAsked: boolean;
  readonly told: () => void;
}

function Answer({ answer: { keys, notes, url }, isAsked, told }: AnswerProps): VNode {
  return (
    <div class="answer" aria-live="polite">
      {keys.map((key) => (
        <Key key={`${key.cache} ${key.key}`} of={key} url={url} isNamed={isAsked} told={told} />
      ))}
      {notes.map((note) => (
        <p key={note} class="quiet note-line">
          {note}
        </p>
      ))}
    </div>
  );
}

const tones: Readonly<Record<KeyAnswer["outcome"], string>> = {
  ...{ hit: "good", stale: "note", revalidate: "note", wait: "note", reload: "warn", miss: "warn", timeout: "warn" },
  ...{ pass: "bad", method: "idle", bypass: "bad" },
};

interface KeyProps {
  readonly of: KeyAnswer;
  readonly url: string;
  readonly isNamed: boolean;
  readonly told: () => void;
}

function Key({ of, url, isNamed, told }: KeyProps): VNode {
  const { outcome, because, pools, cache, key, vary, pass, stored, others } = of;
  return (
    <article class="key">
      <p class={`outcome ${tones[outcome]}`}>
        <Mark state={tones[outcome]} />
        <span>
          <b>{outcome}</b> {because}
        </span>
      </p>
      {pass === null ? null : <p class="note-line">{pass.text}</p>}
      <Facts
        of={[
          ["Pool", pools.join(", ")],
          ["Cache", isNamed ? cache : null],
          ["Key", <code key="key">{key}</code>],
          ["Varies by", vary.join(", ")],
          ["Others", others === 0 ? null : `${plural(others, "response")} for this URL with other fields or cookies`],
        ]}
      />
      {stored.map((response, index) => (
        <Stored key={`${index} ${response.storedAt}`} of={response} />
      ))}
      {stored.length > 0 ? (
        <button type="button" class="danger" onClick={() => purge({ kind: "url", value: url, cache }, told)}>
          Purge this URL…
        </button>
      ) : null}
    </article>
  );
}

function Stored({ of }: { readonly of: StoredAnswer }): VNode {
  const variant = Object.entries(of.variant).map(([name, value]) => `${name}: ${value ?? "absent"}`);
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    [
      "Stored",
      <span key="stored">
        <When at={of.storedAt} as="moment" />, {span(of.ageMs)} old
      </span>,
    ],
    ["Lifetime", `${span(of.lifetimeMs)}, says ${of.lifetimeFrom}`],
    [
      "Meanwhile stale",
      of.staleWhileRevalidateMs === 0 ? null : `for ${span(of.staleWhileRevalidateMs)} while it is asked for`,
    ],
    ["If servers fail", of.staleIfErrorMs === 0 ? null : `stale for ${span(of.staleIfErrorMs)}`],
    ["Must be asked for", of.noCache ? "each time (no-cache)" : of.mustRevalidate ? "once it is stale" : null],
    ["Variant", variant.join(", ")],
    ["Validators", [of.etag, of.lastModified].filter((each) => each !== null).join(", ")],
    ["Tags", of.tags.join(", ")],
    ["Hits", whole(of.hits)],
    ["Size", `${bytes(of.bodyBytes)}, takes ${bytes(of.roomBytes)}`],
  ];
  return (
    <div class={`stored${of.isChosen ? " chosen" : ""}`}>
      <p>
        <b>{of.status}</b>{" "}
        {of.state === "stored" ? (
          <span class={of.isFresh ? "good" : "warn"}>
            {of.isPurged
              ? "purged"
              : of.isFresh
                ? `fresh for ${span(of.freshForMs)}`
                : `stale for ${span(-of.freshForMs)}`}
          </span>
        ) : (
          <span class="note">{of.state === "fetching" ? "is being asked for" : "is coming in"}</span>
        )}
        {of.isChosen ? <span class="quiet"> · what this request would be shown</span> : null}
      </p>
      <Facts of={facts} />
    </div>
  );
}
