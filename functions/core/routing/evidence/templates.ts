/** Templates of which a tenant keeps evidence of its own, and parents for all others (DECISIONS §6: 2,000 keys in all). */
export const MAX_TEMPLATES = 1_800;
export const MAX_PARENTS = 199;

/** Where evidence goes when not even its parent has a place. */
export const REST = 'tp_rest';

/** Parents begin with `tp_`, templates with `tk_`. */
export const isParent = (key: string): boolean => key.startsWith('tp_');
