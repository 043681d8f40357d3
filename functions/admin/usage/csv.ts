/** Excel reads a file as UTF-8 only with this in front. */
export const BYTE_ORDER_MARK = '\uFEFF';

const NEEDS_QUOTES = /[",\r\n]/;

/**
 * One line of RFC 4180, with its CRLF. Text that a spreadsheet would take for a formula (beginning with = + - @, a tab
 * or a carriage return) gets a ' in front; numbers stay as they are; null and undefined are empty.
 */
export function csvLine(cells: readonly (string | number | null | undefined)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = isFormula(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isFormula(text: string): boolean {
  const first = text.charCodeAt(0);
  // = + - @ tab, carriage return; also a line feed, behind which some programs look.
  return first === 0x3d || first === 0x2b || first === 0x2d || first === 0x40 || first === 0x09 || first === 0x0d || first === 0x0a;
}
