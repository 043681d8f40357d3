/** What the standard environment variables of OpenTelemetry ask for. */
export interface OtlpSettings {
  /** Of the collector; the exporter itself reads this, headers, timeout, compression and certificates from the environment. */
  readonly host: string;
  /** What describes this process on every span: `service.name` and what else the operator wants to add. */
  readonly resource: Readonly<Record<string, string>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Traces are on where `OTEL_EXPORTER_OTLP_ENDPOINT` (or its `_TRACES_` form) is set and nothing switches them off:
 * `OTEL_SDK_DISABLED=true`, `OTEL_TRACES_EXPORTER` other than `otlp`. `problem` = a sentence about settings that cannot be
 * followed, with which nothing is sent; it never repeats a value, since an address may carry a password.
 */
export function otlpSettings(env: Env): { readonly settings?: OtlpSettings; readonly problem?: string } {
  const endpoint = text(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) ?? text(env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  if (endpoint === undefined || text(env['OTEL_SDK_DISABLED'])?.toLowerCase() === 'true') return {};
  const exporters = text(env['OTEL_TRACES_EXPORTER']);
  if (exporters !== undefined && !exporters.split(',').map((name) => name.trim()).includes('otlp')) return {};
  const protocol = text(env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']) ?? text(env['OTEL_EXPORTER_OTLP_PROTOCOL']);
  if (protocol === 'grpc') return { problem: 'OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc, but traces are sent as http/json only (a collector takes it on port 4318): none are sent.' };
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) return { problem: 'OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https address: no traces are sent.' };
  const attributes = pairs(text(env['OTEL_RESOURCE_ATTRIBUTES']) ?? '');
  return { settings: { host: new URL(endpoint).host, resource: { 'service.name': 'bsgateway', ...attributes, ...named(text(env['OTEL_SERVICE_NAME'])) } } };
}

const named = (name: string | undefined): Record<string, string> => (name === undefined ? {} : { 'service.name': name });
/** An empty variable counts as none (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). */
const text = (value: string | undefined): string | undefined => (value === undefined || value.trim() === '' ? undefined : value.trim());

/** `key=value,key=value`, percent-encoded. What cannot be read is left out. */
function pairs(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of list.split(',')) {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (key !== undefined && value !== undefined) found[key] = decoded(value);
  }
  return found;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
