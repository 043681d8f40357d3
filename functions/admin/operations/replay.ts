import { listModels } from '../../adapters/store/models.ts';
import { replayAnswer, replayRequest } from '../../contract/admin/replay.ts';
import { validateRouting } from '../../core/routing/policy-compile.ts';
import { registered } from '../../gateway/caches.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { analyticsOf } from '../usage/analytics.ts';

const MAX_DAYS = 31;

const replayed = (summary: string) => operation({ summary, body: replayRequest, answer: replayAnswer }, async ({ caller: { tenantId }, ports, body }) => {
  const [from, to] = [new Date(body.from), new Date(body.to)];
  if (to < from) throw new AdminError('invalid_request', 'The period ends before it begins.', { field: '/to' });
  if (to.getTime() - from.getTime() > MAX_DAYS * 86_400_000) throw new AdminError('invalid_request', `A period has at most ${MAX_DAYS} days.`, { field: '/from' });
  const models = new Map((await listModels(ports.store, tenantId)).map((record) => [record.id, registered(record)]));
  const [error] = validateRouting(body.draft, models).errors;
  if (error !== undefined) throw new AdminError('invalid_request', error.message, { field: `/draft${error.pointer}` });
  return { body: await (ports.analytics ?? analyticsOf(ports.store)).replay(tenantId, { draft: body.draft, from: from.toISOString(), to: to.toISOString() }) };
});

export const whatIf = replayed('What a draft would have done with the requests of a period: which would have gone elsewhere, at which price. Requests that it cannot tell are counted, never guessed.');
export const replayPeriod = replayed('The same as what-if, under the name that scripts look for.');
