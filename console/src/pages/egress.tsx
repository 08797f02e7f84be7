// Outbound addresses of a pool, all of them at once: a square each, by state, or a list. A press on one opens what it has been through. The
// counts by state are the filter, so that "which are banned?" is one press.

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { EgressesAnswer, EgressSummary, MemberSummary } from "../../../src/control/egress/answer.ts";
import { chosen, countsOf, looks, type MemberState, stateOrder, tagsOf, withUnavailable } from "../data/egressgrid.ts";
import { type Members, useMembersOf } from "../data/members.ts";
import { type Resource, useResource } from "../data/resource.ts";
import { figures, nowMs } from "../data/store.ts";
import { Asked, Outdated } from "../parts/asked.tsx";
import { useKept } from "../parts/kept.ts";
import { Empty, Failure, Gone } from "../parts/notice.tsx";
import { finder } from "../parts/order.ts";
import { Choices, Names, Search, UnknownChoice } from "../parts/search.tsx";
import { fragmentOf, openRow, place, refine } from "../router.ts";
import { count, plural, share, span, whole } from "../text/format.ts";
import { EgressGrid, Swatch } from "./egressgrid.tsx";
import { EgressList } from "./egresslist.tsx";
import { EgressMember } from "./egressmember.tsx";

/** More members than this are asked for whole only now and then, and in between those that are unavailable. */
const manyMembers = 2000;

export function Egress(): VNode {
  const pools = useResource<EgressesAnswer>("/api/v1/egress", 2000);
  return (
    <div class="page listed">
      <h1 class="unseen">Egress</h1>
      <Asked of={pools} what="egress pools">
        {({ pools: all }) => {
          if (all.length === 0)
            return (
              <Empty title="No egress pools">
                Addresses that requests leave from, and proxies they leave by, stand here once the config has a pool of
                them.
              </Empty>
            );
          const wanted = place.value.rest[0] || all[0]!.name;
          const pool = all.find(({ name }) => name === wanted);
          return (
            <>
              {all.length > 1 || pool === undefined ? <Strip all={all} now={wanted} /> : null}
              {pool === undefined ? <Gone what="egress pool" name={wanted} /> : <Pool key={pool.name} pool={pool} />}
            </>
          );
        }}
      </Asked>
    </div>
  );
}

function Strip({ all, now }: { readonly all: readonly EgressSummary[]; readonly now: string }): VNode {
  return (
    <nav class="strip" aria-label="Egress pools">
      {all.map(({ name, members, states }) => (
        <a key={name} title={name} href={fragmentOf({ page: "egress", rest: [name] })} aria-current={name === now}>
          <b>{name}</b>
          <span class="quiet">{plural(members, "member")}</span>
          <span class={`strip-figure ${states.available === 0 ? "bad" : ""}`}>{whole(states.available)} available</span>
        </a>
      ))}
    </nav>
  );
}

interface Known {
  readonly all: readonly MemberSummary[] | null;
  readonly resource: Resource<Members>;
  readonly again: () => void;
}

function useMembers({ name, members }: EgressSummary): Known {
  const isLarge = members > manyMembers;
  const whole = useMembersOf(name, "", isLarge ? 30_000 : 2000);
  const unavailable = useMembersOf(name, isLarge ? "state=unavailable" : null, 2000);
  // On trial is neither available nor unavailable.
  const trial = useMembersOf(name, isLarge ? "state=trial" : null, 2000);
  const isSame = ({ pool }: Members): boolean => pool === name;
  const [known, out, onTrial] = [useKept(whole, isSame), useKept(unavailable, isSame), useKept(trial, isSame)];
  const all = useMemo(() => {
    if (known === null) return null;
    if (!isLarge || out === null || onTrial === null) return known.members;
    return withUnavailable(known.members, [...out.members, ...onTrial.members]);
  }, [known, out, onTrial, isLarge]);
  return {
    all,
    resource: isLarge && whole.error.value === null ? unavailable : whole,
    again: () => {
      unavailable.again();
      trial.again();
      if (!isLarge) whole.again();
    },
  };
}

function Pool({ pool }: { readonly pool: EgressSummary }): VNode {
  const { query, rest } = place.value;
  const { all, resource, again } = useMembers(pool);
  const [isList, find] = [query["view"] === "list", query["find"] ?? ""];
  const wanted = { state: query["state"] ?? "", tag: query["tag"] ?? "" };
  const shown = useMemo(
    () => (all === null ? [] : chosen(all, { ...wanted, matches: finder(find) })),
    [all, wanted.state, wanted.tag, find],
  );
  // The drawer narrows the grid: what is open stays where it is known, not where it was.
  const [pointed, setPointed] = useState<string | null>(null);
  const open = ({ id }: MemberSummary): void => openRow(pool.name, id);
  const opened = rest[1] ?? null;
  return (
    <>
      <div class="bar-of-tools">
        <Search label="Search members" placeholder="address, proxy, tag, reason…" />
        <States all={all ?? []} />
        <Tags all={all ?? []} />
      </div>
      <PoolLine pool={pool} />
      <Outdated of={resource} />
      <div class="beside">
        {all === null ? (
          <div class="fill">
            {resource.error.value === null ? (
              <div class="empty waiting">Asking for members…</div>
            ) : (
              <Failure error={resource.error.value} again={again} />
            )}
          </div>
        ) : shown.length === 0 ? (
          <div class="fill">
            <Empty title={all.length === 0 ? "The pool has no members" : "No member is like that"}>
              {all.length === 0 ? null : `Another search or state shows ${whole(all.length)}.`}
            </Empty>
          </div>
        ) : isList ? (
          <EgressList members={shown} opened={opened} onOpen={open} />
        ) : (
          <EgressGrid members={shown} opened={opened} onOpen={open} pointed={pointed} onPoint={setPointed} />
        )}
        {opened === null ? null : (
          <EgressMember key={`${pool.name}/${opened}`} pool={pool.name} id={opened} told={again} />
        )}
      </div>
    </>
  );
}

function States({ all }: { readonly all: readonly MemberSummary[] }): VNode {
  const counts = countsOf(all);
  const now = place.value.query["state"] ?? "";
  const choices: readonly (readonly [string, string, number, MemberState | null])[] = [
    ["", "all", all.length, null],
    ...stateOrder.map((state) => [state, looks[state].title, counts[state], state] as const),
  ];
  return (
    <fieldset class="choices" aria-label="State">
      {choices.map(([value, title, amount, state]) => (
        <button key={value} type="button" aria-pressed={now === value} onClick={() => refine({ state: value })}>
          {state === null ? null : <Swatch state={state} />}
          {title}
          <b>{whole(amount)}</b>
        </button>
      ))}
      {choices.some(([value]) => value === now) ? null : <UnknownChoice name="state" now={now} />}
    </fieldset>
  );
}

const tagsShown = 500;

function Tags({ all }: { readonly all: readonly MemberSummary[] }): VNode | null {
  const tags = useMemo(() => tagsOf(all), [all]);
  if (tags.length === 0) return null;
  return <Names label="Tag" name="tag" all="every tag" names={tags.slice(0, tagsShown)} />;
}

/** How the pool does as a whole, in a line: what somebody asks before they look at single addresses. */
function PoolLine({ pool }: { readonly pool: EgressSummary }): VNode {
  const live = figures.value?.egress.find((each) => each.pool === pool.name);
  const { answered, memberFaults, wayFaults } = pool.requests;
  const ended = answered + memberFaults + wayFaults;
  const refused = pool.refused.none + pool.refused.paced + pool.refused.unfit + pool.refused.quota;
  const { per, strategy, coolDownMs } = pool.judge;
  const judging = `chosen by ${pool.choose}, judged per ${per}, ${strategy}, ${span(coolDownMs)}; when there is none: ${pool.whenNone}`;
  const logs = pool.evidence?.logs.find(({ problem }) => problem !== null);
  return (
    <div class="tool-line">
      <span>
        <b>{count(live?.requests ?? null)}</b> req/s
      </span>
      <span class={(live?.failures ?? 0) > 0 ? "bad" : ""}>
        <b>{count(live?.failures ?? null)}</b> fail/s
      </span>
      {ended > 0 ? (
        <span title={`${whole(answered)} of ${whole(ended)}`}>{share(answered / ended)} got an answer</span>
      ) : null}
      <span>{count(pool.active)} under way</span>
      {pool.nextBack === null ? null : <span>next one back in {span(Date.parse(pool.nextBack) - nowMs.value)}</span>}
      {refused > 0 ? <span class="warn">{count(refused)} refused for want of one</span> : null}
      {pool.hostsDown.count > 0 ? (
        <span class="warn" title={pool.hostsDown.hosts.join(", ")}>
          {plural(pool.hostsDown.count, "host")} down
        </span>
      ) : null}
      {logs === undefined ? null : (
        <span class="bad">
          log {logs.path}: {logs.problem}
        </span>
      )}
      <span class="quiet wide" title={judging}>
        {judging}
      </span>
      <Choices
        label="View"
        name="view"
        choices={[
          { value: "", title: "grid" },
          { value: "list", title: "list" },
        ]}
      />
    </div>
  );
}
