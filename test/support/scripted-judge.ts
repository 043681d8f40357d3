import { chatAnswer, json, scriptedUpstream, type Received, type ScriptedUpstream } from './scripted-upstream.ts';

/** One question as the judge got it, taken apart. */
export interface Asked {
  readonly fence: string;
  readonly seal: string;
  /** What stands between the marked lines, by label. */
  readonly fenced: ReadonlyMap<string, string>;
  /** Everything of the question that stands outside of them. */
  readonly outside: string;
}

/** Takes a question apart the way a model is told to: by the mark that the system prompt names. */
export function askedOf({ body }: Received): Asked {
  const messages = body['messages'] as { role: string; content: string }[];
  const rules = messages.find(({ role }) => role === 'system')?.content ?? '';
  const data = messages.find(({ role }) => role === 'user')?.content ?? '';
  const fence = /[0-9a-f]{32}/.exec(rules)?.[0] ?? 'no fence';
  const seal = /nothing else: ([0-9a-f]{8})/.exec(rules)?.[1] ?? 'no seal';
  const fenced = new Map<string, string>();
  let outside = data;
  for (const label of ['request', 'answer 1', 'answer 2']) {
    const [begin, end] = [`<<${label} ${fence}>>\n`, `\n<<end of ${label} ${fence}>>`];
    const from = outside.indexOf(begin);
    if (from < 0) continue;
    const to = outside.indexOf(end, from + begin.length);
    fenced.set(label, outside.slice(from + begin.length, to));
    outside = outside.slice(0, from) + outside.slice(to + end.length);
  }
  return { fence, seal, fenced, outside: `${rules}\n${outside}` };
}

/** A judge that answers as `verdict` says; a number is sealed as it should be, a text is sent as it is. */
export async function scriptedJudge(verdict: (asked: Asked) => number | string): Promise<ScriptedUpstream & { readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const upstream = await scriptedUpstream((received, response) => {
    const question = askedOf(received);
    asked.push(question);
    const answer = verdict(question);
    return json(response, 200, chatAnswer(typeof answer === 'number' ? `${question.seal} ${answer}` : answer));
  });
  return { ...upstream, asked };
}
