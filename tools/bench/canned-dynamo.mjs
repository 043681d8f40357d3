import { createServer } from 'node:http';

/**
 * DynamoDB's protocol over a map, as fast as an answer can be: reads give what was put, updates succeed and change
 * nothing. For measuring programs that use the service, never for judging what they write.
 */
export async function cannedDynamo() {
  const tables = new Map();
  const put = ({ TableName, Item }) => {
    const table = tables.get(TableName) ?? new Map();
    tables.set(TableName, table.set(`${Item.pk.S}\0${Item.sk.S}`, Item));
  };
  const operations = {
    PutItem: (input) => { put(input); return {}; },
    GetItem: ({ TableName, Key }) => {
      const Item = tables.get(TableName)?.get(`${Key.pk.S}\0${Key.sk.S}`);
      return Item === undefined ? {} : { Item };
    },
    Query: ({ TableName, ExpressionAttributeValues, ScanIndexForward, Limit }) => {
      const texts = Object.values(ExpressionAttributeValues).map(({ S }) => S);
      const found = [...(tables.get(TableName)?.values() ?? [])].filter(({ pk, sk }) => texts.includes(pk.S) && (texts.length === 1 || texts.some((text) => text !== pk.S && sk.S.startsWith(text))));
      const Items = found.toSorted((a, b) => (a.sk.S < b.sk.S ? -1 : 1));
      return { Items: (ScanIndexForward === false ? Items.toReversed() : Items).slice(0, Limit) };
    },
    UpdateItem: () => ({ Attributes: {} }),
    TransactWriteItems: ({ TransactItems }) => {
      for (const { Put } of TransactItems) if (Put !== undefined) put(Put);
      return {};
    },
  };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const operation = request.headers['x-amz-target'].replace(/^.*\./, '');
      const answer = operations[operation]?.(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer ?? { __type: 'UnknownOperationException' }));
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { endpoint: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}
