// What one outbound address has been through: how it stands and why, its states over time as a band and as a list with causes, at which hosts
// it is unavailable, and what the last requests through it came to. And the two orders there are: ban it, let it off.

import type { VNode } from "preact";
import type {
  MemberAnswer,
  MemberSummary,
  OrderAnswer,
  OutcomeSummary,
  PairSummary,
} from "../../../src/control/egress/answer.ts";
import { ask } from "../data/api.ts";
import { looks } from "../data/egressgrid.ts";
import { useResource } from "../data/resource.ts";
import { nowMs } from "../data/store.ts";
import { Outdated } from "../parts/asked.tsx";
import { askFirst } from "../parts/dialog.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { StatusCode } from "../parts/mark.tsx";
import { Failure } from "../parts/notice.tsx";
import { When } from "../parts/when.tsx";
import { closeRow, place } from "../router.ts";
import { bytes, share, span, took, whole } from "../text/format.ts";
import { Swatch } from "./egressgrid.tsx";
import { Band, Changes } from "./egresstimeline.tsx";

export interface EgressMemberProps {
  readonly pool: string;
  readonly id: string;
  /** Something was changed. */
  readonly told: () => void;
}

const outcomes = 100;

export function EgressMember({ pool, id, told }: EgressMemberProps): VNode {
  const path = `/api/v1/egress/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
  const asked = useResource<MemberAnswer>(`${path}?limit=${outcomes}`, 2000);
  const data = asked.data.value;
  const again = (): void => {
    asked.again();
    told();
  };
  return (
    <Drawer
      title={id}
      label={`Member ${id}`}
      onClose={() => closeRow(place.value.rest[0] ?? pool)}
      actions={data === null ? undefined : <Actions path={path} member={data.member} told={again} />}
    >
      <Outdated of={asked} />
      {data === null ? (
        asked.error.value === null ? (
          <div class="empty waiting">Asking…</div>
        ) : (
          <Failure error={asked.error.value} again={asked.again} />
        )
      ) : (
        <>
          <Standing member={data.member} />
          <h3>Timeline</h3>
          <Band timeline={data.timeline} nowMs={nowMs.value} />
          <Changes timeline={data.timeline} />
          <Hosts hosts={data.hosts} />
          <Outcomes history={data.history} />
        </>
      )}
    </Drawer>
  );
}

function Standing({ member }: { readonly member: MemberSummary }): VNode {
  const { state, why, since, until, door, tags, weight, failures, level, requests, succeeded, failed, unanswered } =
    member;
  return (
    <Facts
      of={[
        [
          "State",
          <span key="state">
            <Swatch state={state} /> <b>{looks[state].title}</b>
          </span>,
        ],
        ["Why", why],
        ["Since", since === null ? null : <When key="since" at={since} as="since" />],
        [
          "Until",
          until === null ? null : (
            <span key="until">
              <When at={until} as="moment" />, in {span(Date.parse(until) - nowMs.value)}
            </span>
          ),
        ],
        ["Way", door],
        [
          "Tags",
          Object.entries(tags)
            .map(([name, value]) => `${name}=${value}`)
            .join(", "),
        ],
        ["Weight", weight === 1 ? null : String(weight)],
        ["Failures in a row", failures === 0 ? null : whole(failures)],
        ["Cooled down", level === 0 ? null : level === 1 ? "once" : `${whole(level)} times in a row`],
        ["Under way", whole(member.active)],
        [
          "Requests",
          requests === 0
            ? "none yet"
            : `${whole(requests)}: ${share(succeeded / requests)} well, ${whole(failed)} failed, ${whole(unanswered)} of them without an answer`,
        ],
        ["Bytes", `${bytes(member.bytesUp)} sent, ${bytes(member.bytesDown)} received`],
        ["Last used", member.used === null ? null : <When key="used" at={member.used} as="ago" />],
      ]}
    />
  );
}

function Hosts({ hosts }: { readonly hosts: readonly PairSummary[] }): VNode | null {
  if (hosts.length === 0) return null;
  return (
    <>
      <h3>At hosts</h3>
      <ul class="lines">
        {hosts.map(({ host, state, until, requests }) => (
          <li key={host}>
            <Swatch state={state} />
            <b>{host}</b>
            <span>
              {state === "available" ? "" : looks[state].title}
              {until === null ? "" : `, ${span(Date.parse(until) - nowMs.value)} left`}
            </span>
            <span class="quiet">{whole(requests)} req</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Outcomes({ history }: { readonly history: readonly OutcomeSummary[] }): VNode {
  return (
    <>
      <h3>Last outcomes</h3>
      {history.length === 0 ? <p class="quiet">None yet.</p> : null}
      <ol class="lines outcomes">
        {history.map((each, index) => (
          <li key={history.length - index} class={each.isFailure ? "failing" : ""}>
            {each.at === null ? <time /> : <When at={each.at} as="clock" />}
            <span>
              {each.status === 0 ? (
                <span class="bad">{each.fault ?? "no answer"}</span>
              ) : (
                <StatusCode status={each.status} />
              )}
              {each.isBan ? <span class="bad"> a ban</span> : null}
              {each.isTunnel ? <span class="quiet"> tunnel</span> : null}
            </span>
            <span class="cut" title={each.host ?? undefined}>
              {each.host}
              {each.key === null ? null : <span class="quiet"> {each.key}</span>}
            </span>
            <span class="number quiet">
              {each.durationMs < 0 ? (each.from === "log" ? "log" : "") : took(each.durationMs)}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

interface ActionsProps {
  readonly path: string;
  readonly member: MemberSummary;
  readonly told: () => void;
}

function Actions({ path, member: { id, state }, told }: ActionsProps): VNode {
  return (
    <>
      {state === "available" ? null : (
        <button type="button" class="primary" onClick={() => unban(path, id, told)}>
          {state === "banned" ? "Unban…" : "Use it again…"}
        </button>
      )}
      {state === "banned" ? null : (
        <button type="button" class="danger" onClick={() => ban(path, id, told)}>
          Ban…
        </button>
      )}
      <a href={`#/requests?find=${encodeURIComponent(`egress:${id}`)}`}>Its requests</a>
    </>
  );
}

function ban(path: string, id: string, told: () => void): void {
  askFirst({
    title: `Ban ${id}?`,
    text: "No request leaves by it from now on; those under way end by themselves. Whoever wants to lift it reads why it was.",
    action: "Ban",
    isDangerous: true,
    fields: [
      { name: "reason", title: "Why", isRequired: true },
      { name: "for", title: "For how long", hint: "Such as 10m or 24h; empty: until it is lifted" },
    ],
    act: async ({ reason = "", for: length = "" }) => {
      const body = { reason, ...(length.trim() === "" ? {} : { for: length.trim() }) };
      await ask<OrderAnswer>(`${path}/ban`, { method: "POST", body });
      told();
      return `${id} is banned`;
    },
  });
}

function unban(path: string, id: string, told: () => void): void {
  askFirst({
    title: `Use ${id} again?`,
    text: "It is available from now on, and what was held against it is forgotten.",
    action: "Use it",
    fields: [{ name: "reason", title: "Why" }],
    act: async ({ reason = "" }) => {
      await ask<OrderAnswer>(`${path}/unban`, { method: "POST", body: reason.trim() === "" ? {} : { reason } });
      told();
      return `${id} is available`;
    },
  });
}
