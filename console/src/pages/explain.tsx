// What would become of a request, and why: asked with as little as a URL, answered from its outcome down to the terms of each rule. Nothing is
// sent anywhere. The question stands in the address, so that it can be sent to somebody, and other pages lead here with one.

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { explanation } from "../../../src/control/api/shape/explanation.ts";
import { ApiError, ask } from "../data/api.ts";
import { type Asked, headersOf } from "../data/question.ts";
import { figures } from "../data/store.ts";
import { useKeys } from "../keys.ts";
import { Empty, Failure } from "../parts/notice.tsx";
import { place, refine } from "../router.ts";
import { ExplainAnswer } from "./explainanswer.tsx";

export type Explanation = ReturnType<typeof explanation.parse>;

interface Told {
  readonly answer: Explanation | null;
  readonly error: ApiError | null;
  readonly isBusy: boolean;
}

export function Explain(): VNode {
  const { url = "", method = "", client = "", listener = "", header = "", status = "" } = place.value.query;
  const [told, setTold] = useState<Told>({ answer: null, error: null, isBusy: false });
  const question = JSON.stringify({ url, method, client, listener, header, status });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (url === "") return setTold({ answer: null, error: null, isBusy: false });
    const ending = new AbortController();
    setTold((former) => ({ ...former, isBusy: true }));
    const body: Asked = {
      url,
      ...(method === "" ? {} : { method }),
      ...(client === "" ? {} : { source: client }),
      ...(listener === "" ? {} : { listener }),
      ...(header === "" ? {} : { headers: headersOf(header) }),
      ...(status === "" ? {} : { status: Number(status) }),
    };
    ask<Explanation>("/api/v1/explain", { method: "POST", body, signal: ending.signal })
      .then((answer) => setTold({ answer, error: null, isBusy: false }))
      .catch((error: Error) => {
        if (ending.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, error.message);
        setTold({ answer: null, error: known, isBusy: false });
      });
    return () => ending.abort();
  }, [question, round]);
  return (
    <div class="page wide-page explain">
      <h1 class="unseen">Explain</h1>
      <Form isBusy={told.isBusy} again={() => setRound(round + 1)} />
      <div class={`explained${told.isBusy ? " busy" : ""}`} aria-live="polite">
        {told.error !== null ? <Failure error={told.error} /> : null}
        {told.answer === null && told.error === null ? (
          <Empty title="What would become of a request?">
            Put in a URL as a client would ask for it. The rules are played with what they would find now; nothing is
            sent and nothing is counted.
          </Empty>
        ) : null}
        {told.answer === null ? null : <ExplainAnswer of={told.answer} />}
      </div>
    </div>
  );
}

interface FormProps {
  readonly isBusy: boolean;
  /** The same question, once more. */
  readonly again: () => void;
}

function Form({ isBusy, again }: FormProps): VNode {
  const { query } = place.value;
  const [isMore, setMore] = useState(false);
  useKeys({
    "/": () => document.querySelector<HTMLInputElement>(".explain input[name=url]")?.focus(),
  });
  return (
    <form
      // Fields are made anew where the address says something else, such as after a link from a request.
      key={JSON.stringify(names.map((name) => query[name]))}
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        refine(Object.fromEntries(names.map((name) => [name, String(given.get(name) ?? "").trim()])));
        again();
      }}
    >
      <div class="ask-line">
        <Line title="Method" name="method" hint="GET" width="short" />
        <Line title="URL" name="url" hint="http://example.com/path" width="grow" />
        <Line title="Client" name="client" hint="127.0.0.1" width="middle" />
        <ListenerChoice now={query["listener"] ?? ""} />
        <button type="submit" class="primary" disabled={isBusy}>
          Explain
        </button>
      </div>
      <datalist id="methods">
        {["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"].map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      {isMore || query["header"] || query["status"] ? (
        <More />
      ) : (
        <button type="button" class="plain inline" onClick={() => setMore(true)}>
          with headers, or another answer of the server
        </button>
      )}
    </form>
  );
}

/** Of the address' query, and of the form. */
const names = ["url", "method", "client", "listener", "header", "status"] as const;

interface LineProps {
  readonly title: string;
  readonly name: (typeof names)[number];
  readonly hint: string;
  readonly width: "short" | "middle" | "grow";
}

function Line({ title, name, hint, width }: LineProps): VNode {
  return (
    <label class={width}>
      <span>{title}</span>
      <input
        name={name}
        defaultValue={place.value.query[name] ?? ""}
        placeholder={hint}
        required={name === "url"}
        list={name === "method" ? "methods" : undefined}
        autoCapitalize="off"
        spellcheck={false}
      />
    </label>
  );
}

function More(): VNode {
  return (
    <div class="ask-line">
      <label class="grow">
        <span>Headers, one a line</span>
        <textarea
          name="header"
          defaultValue={place.value.query["header"] ?? ""}
          rows={3}
          placeholder="User-Agent: curl/8"
          spellcheck={false}
        />
      </label>
      <Line title="Server answers" name="status" hint="200" width="short" />
    </div>
  );
}

function ListenerChoice({ now }: { readonly now: string }): VNode {
  const names = (figures.value?.listeners ?? []).filter(({ mode }) => mode !== "udp").map(({ name }) => name);
  const all = now === "" || names.includes(now) ? names : [now, ...names];
  return (
    <label>
      <span>Listener</span>
      <select name="listener" key={all.join(" ")} defaultValue={now}>
        <option value="">that of the URL</option>
        {all.map((name) => (
          <option key={name} value={name} selected={name === now}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
