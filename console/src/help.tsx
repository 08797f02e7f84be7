// The two dialogs of the shell: what keys there are, with the name that changes are put down to in the audit log;
// and the token, where the admin interface asks for one. It knows neither what a token is for nor who compares it.

import type { VNode } from "preact";
import { actor, giveToken, hasToken, nameActor } from "./data/api.ts";
import { pages } from "./pages.tsx";
import { Modal } from "./parts/dialog.tsx";

const keys: readonly (readonly [string, string])[] = [
  ["/", "search"],
  ["j  k", "next and previous row"],
  ["Enter", "open the row"],
  ["Esc", "close what is open"],
  ["p", "hold and go on, where rows come by themselves"],
  ["?", "this"],
];

export function Help({ onClose }: { readonly onClose: () => void }): VNode {
  return (
    <Modal label="Help" onClose={onClose}>
      <h2>Keys</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split("  ").map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        {pages.map(({ id, letter, title }) => (
          <div key={id}>
            <dt>
              <kbd>g</kbd>
              <kbd>{letter}</kbd>
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
      <label class="field">
        <span>Your name, for the audit log</span>
        <input
          defaultValue={actor()}
          autoComplete="off"
          placeholder="otherwise your address stands there"
          onInput={(event) => nameActor(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <a href="/api">All operations of the admin API</a>
        {hasToken() ? (
          <button type="button" onClick={() => giveToken("")}>
            Forget the token
          </button>
        ) : null}
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Modal>
  );
}

export function TokenPrompt({ problem }: { readonly problem: string }): VNode {
  return (
    <Modal label="Token" onClose={() => {}}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          giveToken(String(new FormData(event.currentTarget).get("token") ?? ""));
        }}
      >
        <h2>This Sluice asks for its token</h2>
        <p class="dialog-text">It is what admin.token says in the config. It is kept until this tab is closed.</p>
        <label class="field">
          <span>Token</span>
          <input name="token" type="password" required autoComplete="current-password" />
        </label>
        {problem === "" ? null : (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary">
            Go on
          </button>
        </div>
      </form>
    </Modal>
  );
}
