import { afterAll, beforeAll, test } from '@jest/globals';
import { anthropicReadsStreams, openaiReadsResponses, openaiReadsStreams, sdkErrorsCarryStatuses, sdksWorkAcrossDialects } from '../support/conformance/sdk-checks.ts';
import { httpSubject, type OpenSubject } from '../support/conformance/doors.ts';
import { figure } from '../support/figure.ts';

let subject: OpenSubject;
beforeAll(async () => { subject = await httpSubject(); });
afterAll(async () => { await subject.close(); });

test('guarantee E4: the openai SDK reads every recorded stream through the gateway as it does directly', async () => {
  figure('E4', `openai: ${await openaiReadsStreams(subject)} recorded streams`);
});

test('guarantee E4: the openai SDK reads every recorded stream of the Responses API through the gateway as it does directly', async () => {
  figure('E4', `openai, Responses API: ${await openaiReadsResponses(subject)} recorded streams`);
});

test('guarantee E4: the anthropic SDK reads every recorded stream through the gateway as it does directly', async () => {
  figure('E4', `anthropic: ${await anthropicReadsStreams(subject)} recorded streams`);
});

test('guarantee E4: both SDKs work across dialects, streaming and not, with auto and by name', () => sdksWorkAcrossDialects(subject));

test('guarantee E4: the SDKs\' own error classes carry our statuses', () => sdkErrorsCarryStatuses(subject));
