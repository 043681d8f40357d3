import { useState } from 'react';
import type { Decision } from '../../../../functions/contract/decision.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { formatLocale } from '../../i18n/locale.ts';
import { Button } from '../../ui/button.tsx';
import { addUp } from './add-up.ts';
import { useFeatureName } from './names.ts';

const SHOWN = 7;

/** Where a score comes from: the start, what each signal adds or takes, and the sum, which is the score before rounding. */
export function ScoreParts({ decision }: { readonly decision: Decision }) {
  const t = useT(trace);
  const featureName = useFeatureName();
  const [isWhole, setWhole] = useState(false);
  const { score, base, contributions } = decision;
  if (score === null || base === null) return null;
  const total = contributions.reduce((sum, { points }) => sum + points, base);
  const ordered = contributions.toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points));
  // One more than fits is shown: "1 other signal" would take the same room.
  const cut = isWhole || ordered.length <= SHOWN + 1 ? ordered.length : SHOWN;
  const rest = ordered.slice(cut);
  const lines = [
    { id: 'base', name: t('partBase'), points: base },
    ...ordered.slice(0, cut).map(({ feature, points }) => ({ id: feature, name: featureName(feature), points })),
    ...(rest.length === 0 ? [] : [{ id: '…', name: t('partRest', { count: rest.length }), points: rest.reduce((sum, { points }) => sum + points, 0) }]),
  ];
  const shown = addUp(lines.map(({ points }) => points), total);
  const most = Math.max(1, ...lines.map(({ points }) => Math.abs(points)));
  const number = new Intl.NumberFormat(formatLocale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const signed = new Intl.NumberFormat(formatLocale(), { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' });
  return (
    <>
      <table className="parts">
        <caption className="off-screen">{t('partsTitle', { score })}</caption>
        <thead className="off-screen"><tr><th scope="col">{t('partName')}</th><th scope="col">{t('partPoints')}</th></tr></thead>
        <tbody>
          {lines.map(({ id, name }, at) => (
            <tr key={id}>
              <th scope="row">{name}</th>
              <td><span className="parts__line"><span className="parts__track" aria-hidden><span className={(shown[at] ?? 0) < 0 ? 'parts__bar parts__bar--less' : 'parts__bar'} style={{ width: `${(Math.abs(shown[at] ?? 0) / most) * 100}%` }} /></span><span className="number">{at === 0 ? number.format(shown[at] ?? 0) : signed.format(shown[at] ?? 0)}</span></span></td>
            </tr>
          ))}
        </tbody>
        <tfoot><tr><th scope="row">{t('partSum')}</th><td className="end"><span className="number">{t('partTotal', { sum: number.format(total), score })}</span></td></tr></tfoot>
      </table>
      {ordered.length > SHOWN + 1 && <Button small kind="ghost" className="parts__more" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>{isWhole ? t('partsLess') : t('partsAll', { count: ordered.length })}</Button>}
    </>
  );
}
