/** Says what did not work, what is still safe and what to do, with the code. */
import { RequestError } from '../data/request.ts'
import { useText } from './use-text.ts'

export function ProblemNote({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { t, code } = useText()
  const known = error instanceof RequestError ? error.code : 'WEB_FAULT'
  const text = code('problem', known)
  return (
    <div className="problem" role="alert" data-testid="problem">
      <strong>{t('problem.title')}</strong>
      <p>{text === known ? t('problem.other') : text}</p>
      <p className="quiet">
        <code>{known}</code> {error instanceof Error ? error.message : ''}
      </p>
      {onRetry === undefined ? null : (
        <button type="button" className="plain-button" onClick={onRetry}>
          {t('app.retry')}
        </button>
      )}
    </div>
  )
}
