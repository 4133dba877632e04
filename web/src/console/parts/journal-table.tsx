/** The steps that made a case, each with who, when, why and its place in the chain. */
import type { JournalEntry } from '@tracegate/model/http-details'
import { useText } from '../../shared/use-text.ts'

export function JournalTable({ journal }: { readonly journal: readonly JournalEntry[] }) {
  const { t, time, code } = useText()
  if (journal.length === 0) return <p className="empty">{t('journal.none')}</p>
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('warning.journal')}>
      <table className="case-table" data-testid="journal-table">
        <thead>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('journal.by')}</th>
            <th scope="col">{t('journal.action')}</th>
            <th scope="col">{t('journal.why')}</th>
            <th scope="col">{t('journal.hash')}</th>
          </tr>
        </thead>
        <tbody>
          {journal.map((entry) => (
            <tr key={entry.index}>
              <td className="numeric">{time(entry.atMs)}</td>
              <td>{entry.by}</td>
              <td>{code('journal.step', entry.action)}</td>
              <td className="wide">{code('journal.reason', entry.why)}</td>
              <td>
                <code title={entry.hash}>{entry.hash.slice(0, 12)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
