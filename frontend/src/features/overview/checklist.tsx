import { Link } from '@tanstack/react-router';
import { Check, X } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { useMay, useMe } from '../../api/me.ts';
import type { SetupAnswer } from '../../api/types.ts';
import { gatewayUrl } from '../../app/config.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { sentenceText } from '../../i18n/locale.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { useNow } from '../../ui/values.tsx';

const HIDDEN = 'bsg.checklist';
const MODELS_NEEDED = 2;

interface Step { readonly id: string; readonly name: string; readonly text: ReactNode; readonly isDone: boolean; readonly act?: ReactNode; readonly more?: ReactNode }

/** The way to a first saving, each step told by what is really there; afterwards a reminder until all is done or it is hidden. */
export function Checklist({ setup }: { readonly setup: SetupAnswer }) {
  const t = useT(overview);
  const id = useId();
  const [isHidden, setHidden] = useState(() => localStorage.getItem(HIDDEN) === 'hidden');
  const steps = useSteps(setup);
  const hasBegun = setup.firstRequestAt !== null;
  const done = steps.filter(({ isDone }) => isDone).length;
  if (hasBegun && (isHidden || done === steps.length)) return null;
  const hide = (): void => {
    localStorage.setItem(HIDDEN, 'hidden');
    setHidden(true);
  };
  return (
    <section className="card card--flush" aria-labelledby={id}>
      <header className="steps__head">
        <div><h2 id={id} className="card__title">{t('startTitle')}</h2><p className="steps__progress" role="status">{t('startProgress', { count: done, total: steps.length })}</p></div>
        {hasBegun && <IconButton label={t('hide')} onClick={hide}><X aria-hidden size={16} /></IconButton>}
      </header>
      <ol>{steps.map((step, index) => ((hasBegun && step.isDone) ? null : <OneStep key={step.id} step={step} number={index + 1} />))}</ol>
    </section>
  );
}

function OneStep({ step: { name, text, isDone, act, more }, number }: { readonly step: Step; readonly number: number }) {
  const t = useT(overview);
  return (
    <li className={cx('step', isDone && 'step--done')}>
      <span className="step__mark" aria-hidden>{isDone ? <Check size={14} strokeWidth={2.6} /> : number}</span>
      <div><p className="step__name">{name}{isDone && <span className="off-screen"> ({t('stepDone')})</span>}</p><div className="step__text">{text}</div></div>
      {!isDone && act !== undefined && <div className="step__act">{act}</div>}
      {!isDone && more !== undefined && <div className="step__more">{more}</div>}
    </li>
  );
}

function useSteps(setup: SetupAnswer): readonly Step[] {
  const t = useT(overview);
  const f = useFormat();
  const now = useNow();
  const { user } = useMe();
  const isAdmin = useMay('admin');
  const { models, keys, firstRequestAt, autoRouted } = setup;
  const has = (id: SetupAnswer['steps'][number]['id']): boolean => setup.steps.find((step) => step.id === id)?.done === true;
  const hasModels = models.enabled >= MODELS_NEEDED && has('credential') && has('tiers');
  const modelsText = models.enabled < MODELS_NEEDED ? t('modelsText', { have: models.enabled }) : !has('credential') ? t('modelsCredential') : !has('tiers') ? t('modelsTiers') : t.rich('modelsDone', { cheapest: <code>{models.cheapest}</code>, strongest: <code>{models.strongest}</code> });
  const needsTiers = models.enabled >= MODELS_NEEDED && has('credential');
  return [
    { id: 'sign-in', name: t('signInStep'), text: t('signInText', { name: user.name }), isDone: true },
    {
      id: 'models', name: t('modelsStep'), isDone: hasModels, text: <>{modelsText}{models.alike && <> {t('modelsAlike')}</>}</>,
      ...(isAdmin && { act: needsTiers ? <Link to="/rules" search={{ tab: 'auto' }} className={buttonClass('primary')}>{t('openRules')}</Link> : <Link to="/models" search={{ new: true }} className={buttonClass('primary')}>{t('addModel')}</Link> }),
    },
    { id: 'key', name: t('keyStep'), isDone: keys > 0, text: keys > 0 ? t('keyDone', { count: keys }) : t('keyText'), ...(isAdmin && { act: <Link to="/keys" search={{ new: true }} className={buttonClass(hasModels ? 'primary' : 'secondary')}>{t('createKey')}</Link> }) },
    {
      id: 'request', name: t('requestStep'), isDone: firstRequestAt !== null, text: firstRequestAt === null ? t('requestText') : t('requestDone', { when: f.relative(Date.parse(firstRequestAt), now) }), act: <Badge>{t('waiting')}</Badge>,
      more: <>{setup.refused !== null && <Refused refused={setup.refused} />}{keys > 0 && <CodeBlock label={t('snippet')} code={curl()} />}</>,
    },
    { id: 'saving', name: t('savingStep'), isDone: autoRouted.count >= autoRouted.needed, text: autoRouted.count >= autoRouted.needed ? t('savingDone') : t('savingText', { needed: autoRouted.needed, count: autoRouted.count }) },
  ];
}

/** That is when people are stuck: what came and why it was turned away. */
function Refused({ refused: { count, last, hint } }: { readonly refused: NonNullable<SetupAnswer['refused']> }) {
  const t = useT(overview);
  const f = useFormat();
  const now = useNow();
  return (
    <div className="step__refused" role="status">
      <p><strong>{t('refusedTitle', { count })}</strong></p>
      <p>{t('refusedLast', { when: f.relative(Date.parse(last.at), now), status: last.status, code: last.code })}</p>
      <p>{sentenceText(hint)}</p>
    </div>
  );
}

const curl = (): string => [
  `curl ${gatewayUrl()}/v1/chat/completions \\`, '  -H "Authorization: Bearer $BSG_KEY" \\', '  -H "Content-Type: application/json" \\', '  -d \'{"model":"auto","messages":[{"role":"user","content":"Hello!"}]}\'',
].join('\n');
