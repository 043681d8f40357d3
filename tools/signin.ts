import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm run -s signin [-- --port N] [--data DIR]`: prints a link that signs its first user in to the gateway running here,
 * within 15 minutes. Needs the right to read the data folder, which is what it proves.
 */
const { values } = parseArgs({ options: { port: { type: 'string', default: '8787' }, data: { type: 'string', default: './data' }, host: { type: 'string', default: '127.0.0.1' } } });

function ask(token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: values.host, port: Number(values.port), path: '/oidc/links', method: 'POST', headers: { authorization: `Bearer ${token}` }, timeout: 5_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => { text += chunk.toString(); }).on('end', () => {
        if (response.statusCode === 201) resolve(String((JSON.parse(text) as { url?: unknown }).url));
        else reject(new Error(`The gateway on port ${values.port} does not know the admin token of ${values.data}; name its folder with --data.`));
      });
    });
    sent.on('error', () => reject(new Error(`No gateway answers on ${values.host}:${values.port}; start it with npm start, or name its port with --port.`)));
    sent.end();
  });
}

try {
  let token: string;
  try {
    token = readFileSync(join(values.data, 'admin-token'), 'utf8').trim();
  } catch {
    throw new Error(`There is no readable admin token in ${values.data}; name the data folder with --data.`);
  }
  process.stdout.write(`${await ask(token)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
