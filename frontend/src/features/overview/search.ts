import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range-search.ts';

export const overviewSearch = z.object(rangeSearch);
