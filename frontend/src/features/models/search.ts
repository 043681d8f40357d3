import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range-search.ts';
import { flag, list, oneOf, text } from '../../app/search.ts';

/** `new` = the dialog that adds one is open. */
export const modelsSearch = z.object({ ...rangeSearch, q: text(), provider: list(), status: oneOf(['enabled', 'disabled']), sort: text(), dir: oneOf(['asc', 'desc']), new: flag() });
