// The shell around every page: where one can go, whether what is seen is live, and what stands above all pages (questions, the token, help).
// It knows the list of pages and the store's summary of things, nothing of a page's inside.

import { type Signal, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { tokenProblem } from "./data/api.ts";
import { figures, nowMs, problems, staleSince, status, streamProblem } from "./data/store.ts";
import { Help, TokenPrompt } from "./help.tsx";
import { useKeys } from "./keys.ts";
import { type PageOf, pages } from "./pages.tsx";
import { Questions } from "./parts/dialog.tsx";
import { Mark } from "./parts/mark.tsx";
import { Empty, Told } from "./parts/notice.tsx";
import { When } from "./parts/when.tsx";
import { go, place } from "./router.ts";
import { clock, iso, span, zone } from "./text/format.ts";
import { theme, turnTheme } from "./theme.ts";

export function App(): VNode {
  const isHelpOpen = useSignal(false);
  const isMenuOpen = useSignal(false);
  const page = pages.find(({ id }) => id === place.value.page);
  useKeys({
    ...Object.fromEntries(pages.map(({ id, letter }) => [`g ${letter}`, () => go(id)])),
    "?": () => {
      isHelpOpen.value = true;
    },
  });
  useEffect(() => {
    isMenuOpen.value = false;
  }, [page]);
  const count = problems.value.length;
  // Told in the tab too, for whoever has many open.
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ""}${page?.title ?? "Not found"} · Sluice`;
  }, [page, count]);
  const Page = page?.component;
  return (
    <div class={`shell${isMenuOpen.value ? " menu" : ""}`}>
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place on this page, and fragments are pages here. */}
      <a class="skip" href="#content" onClick={(event) => skip(event)}>
        Skip to content
      </a>
      <Top isMenuOpen={isMenuOpen} isHelpOpen={isHelpOpen} />
      <Rail now={page} />
      <main id="content" tabIndex={-1} class={staleSince.value === null ? "" : "stale"}>
        <Staleness />
        {page === undefined ? null : <Unasked page={page} />}
        {Page === undefined ? (
          <Empty title={`There is no page ${place.value.page}`}>The menu has all pages that there are.</Empty>
        ) : (
          <Page key={page!.id} />
        )}
      </main>
      {isHelpOpen.value ? (
        <Help
          onClose={() => {
            isHelpOpen.value = false;
          }}
        />
      ) : null}
      {tokenProblem.value === null ? null : <TokenPrompt problem={tokenProblem.value} />}
      <Questions />
      <Told />
    </div>
  );
}

interface TopProps {
  readonly isMenuOpen: Signal<boolean>;
  readonly isHelpOpen: Signal<boolean>;
}

function Top({ isMenuOpen, isHelpOpen }: TopProps): VNode {
  const turnMenu = (): void => {
    isMenuOpen.value = !isMenuOpen.value;
  };
  const openHelp = (): void => {
    isHelpOpen.value = true;
  };
  return (
    <header class="top">
      <button type="button" class="plain burger" aria-label="Pages" aria-expanded={isMenuOpen.value} onClick={turnMenu}>
        ☰
      </button>
      <a class="brand" href="#/overview">
        <img src="/console.svg" alt="" width="18" height="18" />
        Sluice
      </a>
      <Standing />
      <button type="button" class="plain" onClick={turnTheme} title="Theme: as the system, light or dark">
        {theme.value === "system" ? "auto" : theme.value}
      </button>
      <button type="button" class="plain" aria-label="Help" onClick={openHelp}>
        ?
      </button>
    </header>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** Which Sluice this is, and whether it is heard. */
function Standing(): VNode {
  const now = figures.value;
  const known = status.value;
  if (now === null)
    return (
      <p class="standing">{streamProblem.value === null ? "connecting…" : `${streamProblem.value}; trying again`}</p>
    );
  return (
    <p class="standing">
      <span>
        <Mark state={now.state} /> {now.state}
      </span>
      <span class="wide">plan {now.generation}</span>
      {now.confirmBy === null ? null : <Waiting confirmBy={now.confirmBy} />}
      <span class="wide">up {span(now.uptimeSeconds * 1000)}</span>
      {known === null ? null : <span class="wide">{known.version}</span>}
      {known?.config == null ? null : (
        <span class="wide origin" title={known.config}>
          {known.config}
        </span>
      )}
      {/* On a phone there is room for one of them. */}
      <span class={now.confirmBy === null ? "live" : "live wide"}>
        {staleSince.value === null ? <Clock at={now.at} /> : "not live"}
      </span>
    </p>
  );
}

/** The zone that every time on these pages is in, beside one of them. */
function Clock({ at }: { readonly at: string }): VNode {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <time dateTime={iso(at)} title={`${iso(at)}\nTimes on these pages are those of this browser: ${name}`}>
      {clock(at)} <small>{zone(at)}</small>
    </time>
  );
}

/** Whoever made the change may be on any page when its time runs out. */
function Waiting({ confirmBy }: { readonly confirmBy: string }): VNode {
  const leftMs = Math.max(0, Date.parse(confirmBy) - nowMs.value);
  return (
    <a class="waits" href="#/config" title="A change waits to be confirmed; it is rolled back by itself">
      <Mark state="warn" /> confirm<span class="wide"> the change in</span> {span(leftMs)}
    </a>
  );
}

/** Old figures look like new ones; whoever decides by them must be told. */
function Staleness(): VNode | null {
  const since = staleSince.value;
  if (since === null) return null;
  return (
    <p class="staleness" role="alert">
      <Mark state="warn" />
      <span>
        <b>Not live.</b> What you see is from <When at={since} as="clock" />, {span(nowMs.value - since)} ago:{" "}
        {streamProblem.value ?? "Sluice is silent"}. Trying again.
      </span>
    </p>
  );
}

/** What somebody has written into the address, and nobody on this page asks for: it filters nothing. */
function Unasked({ page }: { readonly page: PageOf }): VNode | null {
  const unknown = Object.keys(place.value.query).filter((name) => !page.asks.includes(name));
  if (unknown.length === 0) return null;
  const known =
    page.asks.length === 0 ? "nothing can be asked of this page there" : `there are ${page.asks.join(", ")}`;
  return (
    <p class="problem" role="alert">
      Nothing is called {unknown.join(", ")} in the address: {known}.
    </p>
  );
}

function ProblemCount(): VNode {
  const tone = problems.value.some((problem) => problem.tone === "bad") ? "bad" : "warn";
  return (
    <b class={`problem-count ${tone}`}>
      {problems.value.length}
      <span class="unseen"> things need attention</span>
    </b>
  );
}

function Rail({ now }: { readonly now: PageOf | undefined }): VNode {
  const groups = [...new Set(pages.map(({ group }) => group))];
  return (
    <nav class="rail" aria-label="Pages">
      {groups.map((group) => (
        <section key={group} aria-label={group}>
          <h2>{group}</h2>
          {pages
            .filter((page) => page.group === group)
            .map(({ id, title, letter }) => (
              <a key={id} href={`#/${id}`} aria-current={now?.id === id ? "page" : undefined}>
                <span>
                  {title}
                  {id === "overview" && problems.value.length > 0 ? <ProblemCount /> : null}
                </span>
                <kbd aria-hidden="true">{letter}</kbd>
              </a>
            ))}
        </section>
      ))}
    </nav>
  );
}
