// The manifests in deploy/kubernetes are what Kubernetes takes, and agree with each other and with the config that they put into pods: names,
// labels, ports, paths, rights.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, repository } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

const folder = join(repository, "deploy", "kubernetes");
const textOf = (path: string): string => readFileSync(join(folder, path), "utf8");

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

const manifests = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml") && !["kustomization.yaml", "sluice.yaml"].includes(name))
  .flatMap((name) => parseAllDocuments(textOf(name)).map((document) => document.toJS() as Manifest));

test("the manifests are what Kubernetes' types say, with no key that they do not have", async () => {
  await using room = new Room();
  const types = join(repository, "node_modules", "kubernetes-types");
  const texts = manifests.map(({ apiVersion, kind }, index) => {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
    const from = join(types, group!.replace(/\.k8s\.io$/, "").replace(/^rbac\.authorization$/, "rbac"), version!);
    return `import type { ${kind} as Kind${index} } from ${JSON.stringify(from)};
const manifest${index}: Kind${index} = ${JSON.stringify(manifests[index])};
void manifest${index};`;
  });
  const file = room.write("manifests.ts", `${texts.join("\n")}\n`);
  const tsc = join(repository, "node_modules", ".bin", "tsc");
  const checked = await ran([tsc, "--ignoreConfig", "--noEmit", "--strict", "--module", "preserve", file]);
  expect(checked.out).toBe("");
  expect(manifests.map(({ kind }) => kind).sort()).toEqual(
    ["Deployment", "Namespace", "PodDisruptionBudget", "Role", "RoleBinding", "Service", "ServiceAccount"].sort(),
  );
});

interface Deployment extends Manifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: Record<string, unknown>;
        readonly volumes: readonly { readonly name: string }[];
        readonly containers: readonly [
          {
            readonly image: string;
            readonly args: readonly string[];
            readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
            readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
            readonly securityContext: Record<string, unknown>;
          } & Record<
            "startupProbe" | "readinessProbe" | "livenessProbe",
            { readonly httpGet: { readonly path: string; readonly port: string } }
          >,
        ];
      };
    };
  };
}

test("the pods' config is good, and is for the ports, paths and rights that the manifests give", async () => {
  const checked = await ran([...command, "check", join(folder, "sluice.yaml")]);
  expect([checked.code, checked.err]).toEqual([0, ""]);
  const config = parse(textOf("sluice.yaml")) as {
    listeners: { web: { listen: string } };
    metrics: { listen: string };
    pools: { app: { discover: { kubernetes: string } } };
    drainTimeout: string;
  };
  const deployment = manifests.find(({ kind }) => kind === "Deployment") as Deployment;
  const { template, selector } = deployment.spec;
  const [container] = template.spec.containers;
  expect(container.ports).toEqual([
    { name: "http", containerPort: Number(config.listeners.web.listen.slice(1)) },
    { name: "metrics", containerPort: Number(config.metrics.listen.slice(1)) },
  ]);
  expect(template.metadata.annotations["prometheus.io/port"]).toBe(config.metrics.listen.slice(1));
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
    expect(container[probe].httpGet.port).toBe("metrics");
    expect(["/readyz", "/healthz"]).toContain(container[probe].httpGet.path);
  }
  expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(
    template.spec.volumes.map(({ name }) => name).sort(),
  );
  expect(container.args.at(-1)).toStartWith(`${container.volumeMounts[0]!.mountPath}/`);
  expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number.parseInt(config.drainTimeout, 10));
  expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1001 });
  expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  for (const { spec } of manifests as unknown as { spec?: { selector?: Record<string, unknown> } }[])
    if (spec?.selector !== undefined)
      expect(spec.selector["matchLabels"] ?? spec.selector).toEqual(template.metadata.labels);
  expect(selector.matchLabels).toEqual(template.metadata.labels);
  const role = manifests.find(({ kind }) => kind === "Role") as Manifest & { rules: unknown };
  expect(role.rules).toEqual([
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] },
  ]);
  const kustomization = parse(textOf("kustomization.yaml")) as {
    namespace: string;
    resources: string[];
    images: [{ name: string; newTag: string }];
  };
  expect(config.pools.app.discover.kubernetes).toStartWith(`${kustomization.namespace}/`);
  expect(kustomization.images[0].name).toBe(container.image);
  const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
  expect(kustomization.images[0].newTag).toBe(version);
  for (const name of kustomization.resources) expect(existsSync(join(folder, name))).toBe(true);
});
