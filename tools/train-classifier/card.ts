export const cardOf = (..._: unknown[]): string => '';
