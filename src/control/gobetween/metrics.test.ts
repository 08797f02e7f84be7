import { expect, test } from "bun:test";
import type { BackendFigures, ServerFigures } from "./figures.ts";
import { backendsMax, gobetweenMetrics } from "./metrics.ts";

const backend: BackendFigures = {
  ...{ host: "10.0.0.1", port: "80", priority: 1, weight: 1, sni: "", isLive: true },
  ...{ total: 5, active: 1, refused: 2, rxTotal: 100, txTotal: 50, rxSecond: 10, txSecond: 5 },
};
const server: ServerFigures = {
  ...{ name: "web", active: 1, rxTotal: 100, txTotal: 50, rxSecond: 10, txSecond: 5, backends: [backend] },
};

function lines(servers: readonly ServerFigures[]): string[] {
  return gobetweenMetrics(servers, "1.2.3")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

test("every figure is there under gobetween's name, as a gauge", () => {
  const labels = '{server="web",host="10.0.0.1",port="80"}';
  expect(lines([server])).toEqual([
    'gobetween_build_info{version="1.2.3",revision="",branch="",goversion=""} 1',
    'gobetween_server_count{server="web"} 1',
    'gobetween_server_active_connections{server="web"} 1',
    'gobetween_server_rx_total{server="web"} 100',
    'gobetween_server_tx_total{server="web"} 50',
    'gobetween_server_rx_second{server="web"} 10',
    'gobetween_server_tx_second{server="web"} 5',
    `gobetween_backend_active_connections${labels} 1`,
    `gobetween_backend_refused_connections${labels} 2`,
    `gobetween_backend_total_connections${labels} 5`,
    `gobetween_backend_rx_bytes${labels} 100`,
    `gobetween_backend_tx_bytes${labels} 50`,
    `gobetween_backend_rx_second${labels} 10`,
    `gobetween_backend_tx_second${labels} 5`,
    `gobetween_backend_live${labels} 1`,
  ]);
  const types = gobetweenMetrics([server], "1").matchAll(/^# TYPE \S+ (\w+)$/gm);
  expect(new Set([...types].map(([, type]) => type))).toEqual(new Set(["gauge"]));
});

test("too many backends are left out, and servers are not", () => {
  const many = { ...server, backends: Array.from({ length: backendsMax + 1 }, () => backend) };
  expect(lines([many]).filter((line) => line.startsWith("gobetween_backend_"))).toEqual([]);
  expect(lines([many])).toContain(`gobetween_server_count{server="web"} ${backendsMax + 1}`);
});
