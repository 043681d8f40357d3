/** Weighted sums over judged pairs, as they are stored. */
export interface EvidenceSums { readonly sumW: number; readonly sumW2: number; readonly sumWd: number; readonly sumWd2: number }
/** `n` = effective number of pairs (Σw)²/Σw² (Kish); `mean` of the difference to the baseline; `se` its standard error, null below two effective pairs. */
export interface EvidenceSummary { readonly n: number; readonly mean: number | null; readonly se: number | null }

/** Mean and standard error of a weighted mean: the weighted variance with Kish's effective size in place of the count. */
export function summaryOf({ sumW, sumW2, sumWd, sumWd2 }: EvidenceSums): EvidenceSummary {
  if (!(sumW > 0) || !(sumW2 > 0)) return { n: 0, mean: null, se: null };
  const n = (sumW * sumW) / sumW2;
  const mean = sumWd / sumW;
  if (n < 2) return { n, mean, se: null };
  // Rounding can make a spread of nothing slightly negative.
  const variance = Math.max(0, sumWd2 / sumW - mean * mean) * (n / (n - 1));
  return { n, mean, se: Math.sqrt(variance / n) };
}
