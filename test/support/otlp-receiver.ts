import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: number;
  readonly attributes: Record<string, unknown>;
  readonly resource: Record<string, unknown>;
}

/** A collector as the OTLP specification describes its HTTP side (opentelemetry.io/docs/specs/otlp), for traces in JSON. */
export interface OtlpReceiver {
  readonly endpoint: string;
  readonly spans: ReceivedSpan[];
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly bytes: Buffer }[];
  /** What to answer next; `hang` = nothing at all. */
  answer: number | 'hang';
  /** The first `count` spans, waiting for them. */
  waitFor(count: number): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
}

interface AnyValue { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean; arrayValue?: { values: AnyValue[] } }
interface KeyValue { key: string; value: AnyValue }
interface Payload {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { scope: { name: string }; spans: {
    traceId: string; spanId: string; parentSpanId?: string; name: string; kind: number; startTimeUnixNano: string | { low: number; high: number }; endTimeUnixNano: string; attributes: KeyValue[]; status: { code?: number };
  }[] }[] }[];
}

const valueOf = ({ stringValue, intValue, doubleValue, boolValue, arrayValue }: AnyValue): unknown =>
  stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue ?? arrayValue?.values.map(valueOf);
const recordOf = (attributes: readonly KeyValue[]): Record<string, unknown> => Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));

function spansIn(payload: Payload): ReceivedSpan[] {
  return payload.resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span) => {
    if (typeof span.startTimeUnixNano !== 'string' || typeof span.endTimeUnixNano !== 'string') throw new Error('64-bit numbers are decimal strings in JSON');
    if (!/^[0-9a-f]{32}$/.test(span.traceId) || !/^[0-9a-f]{16}$/.test(span.spanId)) throw new Error('ids are lower-case hex in JSON');
    return {
      traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId, name: span.name, kind: span.kind, status: span.status.code ?? 0,
      startMs: Number(BigInt(span.startTimeUnixNano) / 1_000_000n), endMs: Number(BigInt(span.endTimeUnixNano) / 1_000_000n), attributes: recordOf(span.attributes), resource: recordOf(resource.attributes),
    };
  })));
}

export async function otlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks);
      receiver.requests.push({ path: request.url ?? '', headers: request.headers, bytes });
      if (receiver.answer === 'hang') return;
      if (receiver.answer === 200) receiver.spans.push(...spansIn(JSON.parse(bytes.toString('utf8')) as Payload));
      response.writeHead(receiver.answer, { 'content-type': 'application/json' });
      response.end('{"partialSuccess":{}}');
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const receiver: OtlpReceiver = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans: [], requests: [], answer: 200,
    async waitFor(count) {
      const until = Date.now() + 20_000;
      while (receiver.spans.length < count && Date.now() < until) await new Promise((resolve) => { setTimeout(resolve, 20); });
      return receiver.spans.slice(0, count);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(() => resolve()); });
    },
  };
  return receiver;
}
