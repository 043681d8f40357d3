const { Agent, request } = require('node:http');

/** The calls of the runtime client's native addon, over node:http: `next` waits, `done` and `error` send and return at once. */
const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new Agent({ keepAlive: true });
/** The next invocation is asked for only after the last answer has gone out. */
let sent = Promise.resolve();

function exchange(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const call = request({ host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve({ bodyJson: text, headers: response.headers })).on('error', reject);
    });
    call.on('error', reject).end(body);
  });
}

exports.initializeClient = () => {};
exports.next = async () => {
  await sent;
  return exchange('GET', 'next', {});
};
exports.done = (id, body) => {
  sent = exchange('POST', `${id}/response`, { 'content-type': 'application/json' }, body);
};
exports.error = (id, body, xray) => {
  sent = exchange('POST', `${id}/error`, { 'content-type': 'application/json', 'lambda-runtime-function-xray-error-cause': xray }, body);
};
