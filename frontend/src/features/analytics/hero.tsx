import { useRangeName } from '../../ui/time-range.tsx';
import type { RangeSearch } from '../../app/range.ts';
import type { UsageAnswer } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { Popover } from '../../ui/popover.tsx';
import { Money } from '../../ui/values.tsx';
import { paidMicros, savedShare } from './measures.ts';

/** The headline: what routing saved in the range and under the filters, with its sign and with what it is measured against. */
export function Hero({ answer, range }: { readonly answer: UsageAnswer; readonly range: RangeSearch }) {
  const t = useT(analytics);
  const f = useFormat();
  const rangeName = useRangeName();
  const { totals } = answer;
  const { savedMicros, compared } = totals;
  const share = savedShare(totals);
  const paid = compared.baselineMicros - savedMicros;
  const most = Math.max(paid, compared.baselineMicros, 1);
  const isLoss = savedMicros < 0;
  if (compared.requests === 0 && savedMicros === 0) {
    return (
      <Card className="savings">
        <div>
          <p className="savings__label">{t('paidLabel', { range: rangeName(range) })}</p>
          <p className="savings__amount number"><Money micros={paidMicros(totals)} /></p>
          <p className="muted">{t('nothingCompared')}</p>
        </div>
      </Card>
    );
  }
  return (
    <Card className="savings">
      <div className="savings__text">
        <p className="savings__label">{t(isLoss ? 'lostLabel' : 'savedLabel', { range: rangeName(range) })}</p>
        <p className="savings__amount number">
          <span title={f.exactMoney(savedMicros)} data-saved-micros={savedMicros}>{f.money(savedMicros)}</span>
          {share !== null && <span className={isLoss ? 'savings__share savings__share--loss' : 'savings__share'}>{t(isLoss ? 'shareMore' : 'shareLess', { share: f.percent(Math.abs(share)) })}</span>}
        </p>
        <p className="muted">
          {t('comparedWith', { count: compared.requests })}{' '}
          <Popover button={t('howWorkedOut')} buttonClass="link-button link-button--plain" label={t('howWorkedOut')}>
            {() => <div className="stack savings__how"><p>{t('how1')}</p><p>{t('how2', { baseline: f.money(compared.baselineMicros), paid: f.money(paid), saved: f.money(savedMicros) })}</p><p>{t('how3', { overhead: f.money(totals.overheadMicros) })}</p></div>}
          </Popover>
        </p>
      </div>
      <dl className="savings__bars">
        {([['barPaid', paid, 'var(--tier-simple)'], ['barBaseline', compared.baselineMicros, 'var(--line-strong)']] as const).map(([name, micros, color]) => (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd className="savings__track" aria-hidden><span style={{ width: `${Math.max(0, (micros / most) * 100)}%`, background: color }} /></dd>
            <dd className="number"><Money micros={micros} /></dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
