import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type MetricObject,
} from 'prom-client'

/**
 * Metrics of this process, in Prometheus' terms. Modules make their own through this interface; names begin with
 * `foyer_`, end with their unit, and labels are few and bounded (codes, roles, routes: never ids).
 */
export interface Metrics {
  counter<L extends string>(name: `foyer_${string}_total`, help: string, labels?: readonly L[]): Counter<L>
  gauge<L extends string>(name: `foyer_${string}`, help: string, labels?: readonly L[]): Gauge<L>
  histogram<L extends string>(
    name: `foyer_${string}_seconds`,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>
  /** All metrics of this process, to be sent to the process that answers `/metrics`. */
  snapshot(): Promise<MetricObject[]>
}

export function createMetrics(role: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ role })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: labels, registers }),
    gauge: (name, help, labels = []) => new Gauge({ name, help, labelNames: labels, registers }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: labels, registers }),
    snapshot: () => registry.getMetricsAsJSON(),
  }
}

/** How often a process tells its metrics to the one that answers `/metrics`. */
const TELL_EVERY_MS = 2_000

/** Sends what a process measures, again and again, until the returned function is called. */
export function tellMetrics(
  role: string,
  snapshot: () => Promise<MetricObject[]>,
  send: (message: { type: 'metrics'; role: string; metrics: MetricObject[] }) => void,
): () => void {
  const timer = setInterval(() => {
    snapshot().then(
      (metrics) => send({ type: 'metrics', role, metrics }),
      () => undefined,
    )
  }, TELL_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** Joins the snapshots of all processes into the text format. */
export async function metricsText(
  snapshots: readonly MetricObject[][],
): Promise<{ type: string; text: string }> {
  const registry = AggregatorRegistry.aggregate(snapshots.map((metrics) => metrics))
  return { type: registry.contentType, text: await registry.metrics() }
}
