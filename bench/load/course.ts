// How many users there are at what time: the stages of a scenario, made longer or shorter as a whole. Each stage goes evenly from
// the users before it to its target, as k6's `ramping-vus` does. It knows no clock.

import { type Scenario, type ScenarioName, scenarios, thresholdsOf } from "../../deploy/k6/scenarios.js";

export type { ScenarioName };
export const scenarioNames: readonly ScenarioName[] = Object.keys(scenarios) as ScenarioName[];

export interface Course {
  readonly name: string;
  readonly title: string;
  readonly durationMs: number;
  readonly usersMax: number;
  /** All users' time together: what divides into rounds. */
  readonly userMs: number;
  usersAt(ms: number): number;
  /** Of k6's metrics, for a limiter that is on or off. */
  thresholds(isLimited: boolean): Readonly<Record<string, readonly string[]>>;
}

export function courseOf(name: ScenarioName, scale = 1): Course {
  return courseBy(name, scenarios[name], scale, (isLimited) => thresholdsOf(name, isLimited));
}

export function courseBy(
  name: string,
  { title, startUsers, stages }: Omit<Scenario, "p95Ms">,
  scale: number,
  thresholds: Course["thresholds"] = () => ({}),
): Course {
  const starts = [startUsers, ...stages.map(({ target }) => target)];
  const lengths = stages.map(({ seconds }) => seconds * scale * 1000);
  const durationMs = lengths.reduce((sum, ms) => sum + ms, 0);
  return {
    name,
    title,
    durationMs,
    usersMax: Math.max(...starts),
    userMs: lengths.reduce((sum, ms, index) => sum + (ms * (starts[index]! + starts[index + 1]!)) / 2, 0),
    usersAt(ms) {
      let begin = 0;
      for (const [index, length] of lengths.entries()) {
        const [from, to] = [starts[index]!, starts[index + 1]!];
        // Not Math.round: the last one comes when the stage is over, as in k6.
        if (ms < begin + length) return from + Math.trunc(((to - from) * (ms - begin)) / length);
        begin += length;
      }
      return 0;
    },
    thresholds,
  };
}
