// GET /api/v1/status and its parts, each by itself for whoever wants no more: workers, listeners, pools, servers, certificates. The shapes
// stand in ../status.ts and are public.

import { didYouMean } from "../../base/nearest.ts";
import type { AdminService } from "../adminservice.ts";
import type { PoolStatus } from "../status.ts";
import { type Answer, json, problem } from "./answer.ts";
import { type Operation, type OperationAnswer, operation } from "./operation.ts";
import { certificatesAnswer } from "./shape/list.ts";
import {
  type ListenersAnswer,
  listenersAnswer,
  type PoolsAnswer,
  poolStatus,
  poolsAnswer,
  type ServersAnswer,
  serverStatus,
  serversAnswer,
  status,
  type WorkersAnswer,
  workersAnswer,
} from "./shape/status.ts";

export type StatusService = Pick<AdminService, "status" | "certificates">;

const pool = "The name of a pool.";
const server = "The name of a server, percent-encoded, as status has it.";
const missing: Readonly<Record<number, OperationAnswer>> = { 404: { description: "There is no such pool or server." } };

export function statusOperations(service: StatusService): readonly Operation[] {
  return [...wholeOperations(service), ...poolOperations(service)];
}

function wholeOperations(service: StatusService): readonly Operation[] {
  return [
    operation({
      ...{ id: "getStatus", method: "GET", path: "/api/v1/status", tag: "Status" },
      summary: "workers, listeners, pools and servers, with the reason where one is not as it should be",
      answers: { 200: { description: "The state of everything with a name.", schema: status } },
      handle: () => json(200, service.status()),
    }),
    operation({
      ...{ id: "listWorkers", method: "GET", path: "/api/v1/workers", tag: "Status" },
      summary: "worker processes",
      answers: { 200: { description: "Every worker.", schema: workersAnswer } },
      handle: () => json(200, { workers: service.status().workers } satisfies WorkersAnswer),
    }),
    operation({
      ...{ id: "listListeners", method: "GET", path: "/api/v1/listeners", tag: "Status" },
      summary: "listeners, and what they have seen",
      answers: { 200: { description: "Every listener of the plan in force.", schema: listenersAnswer } },
      handle: () => json(200, { listeners: service.status().listeners } satisfies ListenersAnswer),
    }),
    operation({
      ...{ id: "listCertificates", method: "GET", path: "/api/v1/certificates", tag: "Certificates" },
      summary: "certificates in use, with their days left",
      answers: { 200: { description: "Every certificate that some listener shows.", schema: certificatesAnswer } },
      handle: () => json(200, service.certificates()),
    }),
  ];
}

function poolOperations(service: StatusService): readonly Operation[] {
  const path = "/api/v1/pools/{pool}";
  return [
    operation({
      ...{ id: "listPools", method: "GET", path: "/api/v1/pools", tag: "Pools" },
      summary: "pools and their servers",
      answers: { 200: { description: "Every pool of the plan in force.", schema: poolsAnswer } },
      handle: () => json(200, { pools: service.status().pools } satisfies PoolsAnswer),
    }),
    operation({
      ...{ id: "getPool", method: "GET", path, params: { pool }, tag: "Pools" },
      summary: "one pool and its servers",
      answers: { 200: { description: "The pool.", schema: poolStatus }, ...missing },
      handle: ({ params }) => inPool(params.pool!, service, (found) => json(200, found)),
    }),
    operation({
      ...{ id: "listPoolServers", method: "GET", path: `${path}/servers`, params: { pool }, tag: "Pools" },
      summary: "servers of a pool",
      answers: { 200: { description: "Every server.", schema: serversAnswer }, ...missing },
      handle: ({ params }) =>
        inPool(params.pool!, service, ({ name, servers }) =>
          json(200, { pool: name, servers } satisfies ServersAnswer),
        ),
    }),
    operation({
      ...{ id: "getServer", method: "GET", path: `${path}/servers/{server}`, params: { pool, server }, tag: "Pools" },
      summary: "one server of a pool",
      answers: { 200: { description: "The server.", schema: serverStatus }, ...missing },
      handle: ({ params }) =>
        inPool(params.pool!, service, ({ name, servers }) => {
          const found = servers.find((each) => each.name === params.server);
          const names = servers.map((each) => each.name);
          return found === undefined
            ? problem(404, `pool ${name} has no server ${params.server}${didYouMean(params.server!, names)}`)
            : json(200, found);
        }),
    }),
  ];
}

function inPool(name: string, service: StatusService, answer: (found: PoolStatus) => Answer): Answer {
  const { pools } = service.status();
  const found = pools.find((each) => each.name === name);
  const names = pools.map((each) => each.name);
  return found === undefined ? problem(404, `there is no pool ${name}${didYouMean(name, names)}`) : answer(found);
}
