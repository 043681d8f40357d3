import tls from 'node:tls';

/**
 * Loaded before a function's bundle: every TLS connection, whatever host it names, goes to the port of this machine where
 * a test plays AWS. The certificate must still be valid for the name.
 */
const port = Number(process.env.TEST_TLS_PORT);
const connect = tls.connect.bind(tls);
tls.connect = (options, ...rest) => connect({ ...options, servername: options.servername || options.host, host: '127.0.0.1', port, path: undefined }, ...rest);
