import type { ModelTest, ModelTestResult } from '../admin/ports.ts';
import { testModel, type TestDeps } from './test-model.ts';

/** What the control plane may ask of the data plane's function besides its API: this list is closed. */
export interface InternalRequest { readonly operation: 'test-model'; readonly test: ModelTest }

/**
 * Answers an invocation that came from no API: only who may invoke the function (the control plane's role) gets here.
 * Throws for any other operation and for a malformed one.
 */
export async function internal(deps: TestDeps, event: unknown): Promise<ModelTestResult> {
  if (!isInternalRequest(event)) throw new Error('This function answers its REST API and the operation "test-model".');
  return testModel(deps, event.test);
}

function isInternalRequest(event: unknown): event is InternalRequest {
  const { operation, test } = (event ?? {}) as Partial<InternalRequest>;
  return operation === 'test-model' && typeof test === 'object' && test !== null && [test.tenantId, test.provider, test.upstreamModel].every((text) => typeof text === 'string' && text !== '');
}
