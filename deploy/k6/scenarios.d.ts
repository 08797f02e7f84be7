// The types of scenarios.js, for bench/load. k6 reads JavaScript.

export interface Stage {
  readonly seconds: number;
  readonly target: number;
}

export interface Scenario {
  readonly title: string;
  readonly startUsers: number;
  readonly stages: readonly Stage[];
  readonly p95Ms: number;
}

export type ScenarioName = "smoke" | "load" | "spike" | "sustained";

export const thinkSeconds: number;
export const timeoutSeconds: number;
export const scenarios: Readonly<Record<ScenarioName, Scenario>>;
export const expectedStatuses: readonly number[];
export function thresholdsOf(name: ScenarioName, isLimited: boolean): Readonly<Record<string, readonly string[]>>;
