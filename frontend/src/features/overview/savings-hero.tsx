import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { UsageAnswer } from '../../api/types.ts';
import type { RangeSearch } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { Popover } from '../../ui/popover.tsx';
import { useRangeName } from '../../ui/time-range.tsx';

export interface SavingsHeroProps {
  readonly usage: Pick<UsageAnswer, 'totals' | 'coverage'>;
  readonly range: RangeSearch;
  /** The model that savings are measured against today. */
  readonly strongest: string | null;
  /** Automatically routed requests after which the figure says something. */
  readonly needed: number;
}

/** The one honest number: what was saved, against what, over how many requests. It keeps its sign. */
export function SavingsHero({ usage: { totals, coverage }, range, strongest, needed }: SavingsHeroProps) {
  const t = useT(overview);
  const f = useFormat();
  const rangeName = useRangeName();
  const { savedMicros: saved, compared } = totals;
  const name = strongest === null ? t('strongest') : <code>{strongest}</code>;
  const how = <How totals={totals} coverage={coverage} />;
  if (coverage.auto < needed && compared.requests < needed) {
    return <Card><p className="hero__label">{t('savedBy', { range: rangeName(range) })}</p><p className="hero__title">{t('needsTitle')}</p><p className="hero__text">{t('needs', { needed, count: coverage.auto })} {how}</p></Card>;
  }
  const paid = compared.baselineMicros - saved;
  const share = compared.baselineMicros > 0 ? Math.abs(saved) / compared.baselineMicros : 0;
  const isLoss = saved < 0;
  return (
    <Card>
      <div className="hero">
        <div>
          <p className="hero__label">{t(isLoss ? 'costMore' : 'savedBy', { range: rangeName(range) })}</p>
          <p className="hero__amount"><span className="number" title={f.exactMoney(Math.abs(saved))} data-saved-micros={saved}>{f.money(Math.abs(saved))}</span>{saved !== 0 && <span className={isLoss ? 'hero__share hero__share--neutral' : 'hero__share'}>{t(isLoss ? 'more' : 'less', { percent: f.percent(share) })}</span>}</p>
          <p className="hero__text">
            {saved === 0 ? t('nothingSaved') : t.rich('against', { count: compared.requests, model: name })}{' '}
            {isLoss && <><Link to="/analytics" search={{ ...range, by: 'model' }}>{t('why')}</Link>{' · '}</>}{how}
          </p>
        </div>
        <div className="hero__bars">
          <Bar name={t('paid')} micros={paid} most={Math.max(paid, compared.baselineMicros)} />
          <Bar name={t.rich('allStrongest', { model: name })} micros={compared.baselineMicros} most={Math.max(paid, compared.baselineMicros)} isAll />
        </div>
      </div>
    </Card>
  );
}

function Bar({ name, micros, most, isAll = false }: { readonly name: ReactNode; readonly micros: number; readonly most: number; readonly isAll?: boolean }) {
  const f = useFormat();
  return (
    <div className="hero__bar">
      <span className="hero__name">{name}</span>
      <span className="hero__track" aria-hidden><span className={isAll ? 'hero__fill hero__fill--all' : 'hero__fill'} style={{ width: `${most > 0 ? (micros / most) * 100 : 0}%` }} /></span>
      <span className="hero__money number" title={f.exactMoney(micros)}>{f.money(micros)}</span>
    </div>
  );
}

function How({ totals, coverage }: SavingsHeroProps['usage']) {
  const t = useT(overview);
  const f = useFormat();
  return (
    <Popover button={t('how')} buttonClass="link-button link-button--plain" label={t('how')}>
      {() => (
        <div className="how">
          <ol><li>{t('how1')}</li><li>{t('how2')}</li><li>{t('how3')}</li><li>{t('how4')}</li><li>{t('how5')}</li></ol>
          <p>{t('coverage', { auto: f.exactCount(coverage.auto), requests: f.exactCount(coverage.requests), compared: f.exactCount(totals.compared.requests) })} {coverage.unpriced > 0 && t('coverageUnpriced', { count: coverage.unpriced })}</p>
        </div>
      )}
    </Popover>
  );
}
