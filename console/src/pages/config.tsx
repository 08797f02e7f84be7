// The config: what waits to be confirmed, what of it no file has, what the file would change, and what is in force. A reload is looked at before it
// is done, and can take itself back: whoever has shut himself out needs only to wait.

import type { VNode } from "preact";
import type { ConfigAnswer } from "../../../src/control/api/shape/config.ts";
import { type Resource, useResource } from "../data/resource.ts";
import { figures } from "../data/store.ts";
import { Asked } from "../parts/asked.tsx";
import { Choices } from "../parts/search.tsx";
import { place } from "../router.ts";
import { ConfigInForce } from "./configinforce.tsx";
import { ConfigPending } from "./configpending.tsx";
import { ConfigReload } from "./configreload.tsx";
import { ConfigUnwritten } from "./configunwritten.tsx";

export function Config(): VNode {
  const asked = useResource<ConfigAnswer>("/api/v1/config", 3000);
  return (
    <div class="page listed">
      <h1 class="unseen">Config</h1>
      <Asked of={asked} what="the config">
        {(config) => <Known config={config} asked={asked} />}
      </Asked>
    </div>
  );
}

interface KnownProps {
  readonly config: ConfigAnswer;
  readonly asked: Resource<ConfigAnswer>;
}

function Known({ config, asked }: KnownProps): VNode {
  const { confirmBy, unwritten } = config;
  const isWhole = place.value.query["view"] === "force";
  return (
    <>
      <div class="bar-of-tools">
        <Choices
          label="View"
          name="view"
          choices={[
            { value: "", title: "changes", ...(unwritten.length > 0 ? { count: unwritten.length } : {}) },
            { value: "force", title: "in force" },
          ]}
        />
        <p class="tool-facts quiet">
          plan {figures.value?.generation ?? config.generation} from <code>{config.origin}</code>
        </p>
      </div>
      {confirmBy === null ? null : <ConfigPending confirmBy={confirmBy} told={asked.again} />}
      {isWhole ? (
        <ConfigInForce config={config.config} />
      ) : (
        <div class="scrolled wide-page">
          <ConfigUnwritten config={config} told={asked.again} />
          <ConfigReload config={config} told={asked.again} />
        </div>
      )}
    </>
  );
}
