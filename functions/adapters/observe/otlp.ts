import { randomBytes } from 'node:crypto';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Log } from './log.ts';
import type { OtlpSettings } from './otlp-settings.ts';
import { spansOf, type Span, type TracedRequest, type Traces } from './traces.ts';

export type TraceOutcome = 'sent' | 'dropped' | 'failed';

export interface OtlpDeps {
  readonly settings: OtlpSettings;
  readonly version: string;
  /** Of this process, as `service.instance.id`. */
  readonly instanceId: string;
  readonly log: Log;
  /** Told what became of requests: sent, dropped because too many waited, failed because the collector did not take them. */
  readonly count: (outcome: TraceOutcome, requests: number) => void;
}

/** Requests that may wait. More are dropped and counted: a collector that is slow must not cost memory. */
const MAX_WAITING = 2_048;
/** Few enough that writing them down keeps the event loop for a few milliseconds only. */
const BATCH = 64;
const EVERY_MS = 1_000;
const CLOSE_MS = 3_000;
const COMPLAIN_EVERY_MS = 60_000;

/**
 * Traces to the operator's own collector, as OTLP over HTTP in JSON. The exporter (connection, retries, timeout,
 * compression, and the environment variables for them) is OpenTelemetry's, loaded at the first batch; the queue is ours,
 * because it has to count what it drops. One batch is under way at a time.
 */
export function openOtlp(deps: OtlpDeps): Traces {
  const { log, count } = deps;
  const ownParts = sharedParts(deps);
  let waiting: TracedRequest[] = [];
  let exporter: Promise<OTLPTraceExporter> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let complainedAt = Number.NEGATIVE_INFINITY;

  const send = async (batch: readonly TracedRequest[]): Promise<void> => {
    try {
      const open = await (exporter ??= load());
      await new Promise<void>((resolve, reject) => {
        const spans = batch.flatMap((request) => spansOf(request, (bytes) => randomBytes(bytes).toString('hex')));
        open.export(spans.map((span) => readable(span, ownParts)), ({ code, error }) => (code === 0 ? resolve() : reject(error ?? new Error('refused'))));
      });
      count('sent', batch.length);
    } catch (error) {
      count('failed', batch.length);
      if (performance.now() - complainedAt < COMPLAIN_EVERY_MS) return;
      complainedAt = performance.now();
      // The error's text may repeat what the collector said; its kind is enough to look further.
      log.warn('traces not delivered', { count: batch.length, kind: kindOf(error) });
    }
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) await send(waiting.splice(0, BATCH));
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    return (running ??= drain().finally(() => { running = undefined; }));
  };
  return {
    ended(request) {
      if (waiting.length >= MAX_WAITING) {
        count('dropped', 1);
        return;
      }
      waiting.push(request);
      if (timer !== undefined || running !== undefined) return;
      timer = setTimeout(() => { void flush(); }, EVERY_MS);
      timer.unref();
    },
    async close() {
      const late = new Promise<void>((resolve) => { setTimeout(resolve, CLOSE_MS).unref(); });
      await Promise.race([flush().then(() => exporter).then((open) => open?.shutdown()).catch(() => {}), late]);
      if (waiting.length > 0) count('dropped', waiting.length);
      waiting = [];
    },
  };
}

async function load(): Promise<OTLPTraceExporter> {
  const { OTLPTraceExporter: Exporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new Exporter();
}

const kindOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? String(code) : 'unknown';
};

type ReadableSpan = Parameters<OTLPTraceExporter['export']>[0][number];
type SharedParts = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

function sharedParts({ settings, version, instanceId }: OtlpDeps): SharedParts {
  const attributes = { 'service.version': version, 'service.instance.id': instanceId, ...settings.resource };
  return { resource: { attributes } as unknown as ReadableSpan['resource'], instrumentationScope: { name: 'bsgateway', version } };
}

const KINDS = { server: 1, client: 2 } as const;
const UNSET = 0;
const ERROR = 2;
const SAMPLED = 1;

/** Seconds and nanoseconds. */
const timeOf = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

function readable(span: Span, shared: SharedParts): ReadableSpan {
  const { traceId, spanId, parentSpanId, parentIsRemote, startMs, endMs } = span;
  return {
    ...shared,
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => ({ traceId, spanId, traceFlags: SAMPLED }),
    ...(parentSpanId !== undefined && { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote: parentIsRemote } }),
    startTime: timeOf(startMs),
    endTime: timeOf(endMs),
    duration: timeOf(endMs - startMs),
    status: { code: span.isError ? ERROR : UNSET },
    attributes: { ...span.attributes },
    links: [],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
