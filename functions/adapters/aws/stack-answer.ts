import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

const TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;

/**
 * Tells CloudFormation how the work on a custom resource ended, by a PUT to the address that it gave; without an answer the
 * stack waits for an hour (docs.aws.amazon.com/AWSCloudFormation, "Custom resource response objects"). Throws when three tries fail.
 */
export async function answerStack(event: CloudFormationCustomResourceEvent, physicalId: string, failure: string | undefined): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = event;
  const body = JSON.stringify({ Status: failure === undefined ? 'SUCCESS' : 'FAILED', Reason: failure ?? 'done', PhysicalResourceId: physicalId, StackId, RequestId, LogicalResourceId });
  for (let attempt = 1; ; attempt += 1) {
    // The address is signed for exactly this: no content type.
    const answer = await fetch(ResponseURL, { method: 'PUT', body: new TextEncoder().encode(body), redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
    if (answer?.ok === true) return;
    if (attempt === ATTEMPTS) throw new Error('the stack could not be told how the work ended');
  }
}
