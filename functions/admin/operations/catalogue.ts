import { catalogueModel } from '../../contract/admin/models.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { CATALOGUE } from '../../core/money/catalogue.ts';
import { operation } from '../operation.ts';

const ITEMS = CATALOGUE.map(({ provider, upstreamModel, price, facts }) => ({ provider, upstreamModel, price: price ?? null, facts }));

export const listCatalogue = operation({ summary: 'The models that this gateway knows prices and limits of, by provider.', answer: listOf(catalogueModel) }, async () => ({
  body: { items: ITEMS, nextCursor: null },
}));
