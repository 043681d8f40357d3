/** Ready programs for a new key: each is run by the browser tests as it stands. `baseUrl` is without `/v1`. */
export interface SnippetText { readonly id: 'curl' | 'python' | 'node' | 'anthropic' | 'claude-code' | 'env'; readonly name: string; readonly code: string }

export function snippetsFor(baseUrl: string, key: string, isWindows: boolean): readonly SnippetText[] {
  return [
    { id: 'curl', name: 'curl', code: isWindows ? curlWindows(baseUrl, key) : curl(baseUrl, key) },
    { id: 'python', name: 'Python', code: python(baseUrl, key) },
    { id: 'node', name: 'Node', code: node(baseUrl, key) },
    { id: 'anthropic', name: 'Anthropic SDK', code: anthropic(baseUrl, key) },
    { id: 'claude-code', name: 'Claude Code', code: isWindows ? claudeCodeWindows(baseUrl, key) : claudeCode(baseUrl, key) },
    { id: 'env', name: '.env', code: envFile(baseUrl, key) },
  ];
}

/** So much of a key that it can be told apart; the rest stands for itself. */
export const maskedKey = (key: string): string => `${key.slice(0, key.lastIndexOf('_') + 1)}••••••••${key.slice(-4)}`;

const curl = (baseUrl: string, key: string): string => `curl ${baseUrl}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"auto","messages":[{"role":"user","content":"Hello!"}]}'`;

const curlWindows = (baseUrl: string, key: string): string => `Invoke-RestMethod ${baseUrl}/v1/chat/completions -Method Post \`
  -Headers @{ Authorization = "Bearer ${key}" } \`
  -ContentType "application/json" \`
  -Body '{"model":"auto","messages":[{"role":"user","content":"Hello!"}]}'`;

const python = (baseUrl: string, key: string): string => `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url="${baseUrl}/v1",
    api_key="${key}",
)
answer = client.chat.completions.create(
    model="auto",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(answer.choices[0].message.content)`;

const node = (baseUrl: string, key: string): string => `// npm install openai
import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: '${baseUrl}/v1',
  apiKey: '${key}',
});
const answer = await client.chat.completions.create({
  model: 'auto',
  messages: [{ role: 'user', content: 'Hello!' }],
});
console.log(answer.choices[0].message.content);`;

const anthropic = (baseUrl: string, key: string): string => `// npm install @anthropic-ai/sdk
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({
  baseURL: '${baseUrl}', // no /v1: the SDK appends /v1/messages
  apiKey: '${key}',
});
const message = await client.messages.create({
  model: 'auto',
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Hello!' }],
});
console.log(message.content[0].text);`;

const claudeCode = (baseUrl: string, key: string): string => `export ANTHROPIC_BASE_URL=${baseUrl}  # no /v1: Claude Code appends /v1/messages
export ANTHROPIC_AUTH_TOKEN=${key}
export ANTHROPIC_MODEL=auto
export ANTHROPIC_DEFAULT_HAIKU_MODEL=auto
unset ANTHROPIC_API_KEY  # if set, it takes precedence
claude`;

const claudeCodeWindows = (baseUrl: string, key: string): string => `$env:ANTHROPIC_BASE_URL = "${baseUrl}"  # no /v1: Claude Code appends /v1/messages
$env:ANTHROPIC_AUTH_TOKEN = "${key}"
$env:ANTHROPIC_MODEL = "auto"
$env:ANTHROPIC_DEFAULT_HAIKU_MODEL = "auto"
$env:ANTHROPIC_API_KEY = $null  # if set, it takes precedence
claude`;

export const envFile = (baseUrl: string, key: string): string => `OPENAI_BASE_URL=${baseUrl}/v1
OPENAI_API_KEY=${key}
ANTHROPIC_BASE_URL=${baseUrl}
ANTHROPIC_AUTH_TOKEN=${key}`;
