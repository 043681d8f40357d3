/** The closed set of fields that may be logged: no bodies, no header values, no free text of others. */
export interface LogFields {
  requestId?: string;
  tenantId?: string;
  keyId?: string;
  method?: string;
  route?: string;
  status?: number;
  code?: string;
  model?: string;
  ms?: number;
  attempt?: number;
  count?: number;
  kind?: string;
  /** Where in our own code, as `framesOf` writes it. */
  where?: string;
}

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const ALLOWED: readonly (keyof LogFields)[] = ['requestId', 'tenantId', 'keyId', 'method', 'route', 'status', 'code', 'model', 'ms', 'attempt', 'count', 'kind', 'where'];

/** One JSON line per event on `sink`; fields outside the closed set are dropped even if a cast let them through. */
export function jsonLog(sink: (line: string) => void, now: () => number): Log {
  const write = (level: string) => (event: string, fields: LogFields = {}): void => {
    const line: Record<string, unknown> = { at: new Date(now()).toISOString(), level, event };
    for (const name of ALLOWED) if (fields[name] !== undefined) line[name] = fields[name];
    sink(`${JSON.stringify(line)}\n`);
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

const MAX_FRAMES = 8;

/**
 * The innermost places of an error in our own code, without its message: that may repeat what somebody sent (JSON.parse's
 * does). Folders are left out.
 */
export function framesOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return '';
  // A message may have lines that look like places.
  const places = error.stack.slice(error.stack.indexOf(error.message) + error.message.length).split('\n');
  const frames: string[] = [];
  for (const line of places) {
    const [, name, place] = /^ {4}at (?:([\w.$#<> ]{1,80}) \()?(?:.*[/\\])?([\w.:-]{1,80}:\d+:\d+)\)?$/.exec(line) ?? [];
    if (place !== undefined) frames.push(name === undefined ? place : `${name} ${place}`);
  }
  return frames.slice(0, MAX_FRAMES).join(' < ');
}

const GATHER_MS = 50;

/** A sink that hands on what came within 50 ms in one write: a write per line would cost more than the line. Gives up its last lines when the process ends. */
export function gathered(write: (text: string) => void): (line: string) => void {
  let text = '';
  const flush = (): void => {
    const all = text;
    text = '';
    if (all !== '') write(all);
  };
  process.once('exit', flush);
  return (line) => {
    if (text === '') setTimeout(flush, GATHER_MS).unref();
    text += line;
  };
}

/** One access-log line. Written by hand: this is the one line that every request costs, and none of its values can need escaping. */
export function accessLine({ method, route, status, ms, requestId }: { readonly method: string; readonly route: string; readonly status: number; readonly ms: number; readonly requestId: string }, nowMs: number): string {
  return `{"at":"${new Date(nowMs).toISOString()}","level":"info","event":"request","requestId":"${requestId}","method":"${/^[A-Z-]{1,32}$/.test(method) ? method : 'OTHER'}","route":"${route}","status":${status},"ms":${ms}}\n`;
}
