/** How the level came about: each criterion with its value, its reason, and the table that joined them. */
import { criterionNames, type LevelProposal } from '@tracegate/model/warning'
import { LevelMark } from '../../shared/level-mark.tsx'
import { useText } from '../../shared/use-text.ts'

const steps = [1, 2, 3, 4] as const

export function LevelReasons({ proposal }: { readonly proposal: LevelProposal }) {
  const { t, pick, code } = useText()
  const source = code('criterion.source', proposal.table.id)
  return (
    <div data-testid="level-reasons">
      <p className="marks">
        <LevelMark level={proposal.level} /> {pick(proposal.reason)}
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t('warning.proposal')}>
        <table className="case-table">
          <thead>
            <tr>
              <th scope="col">{t('criterion.title')}</th>
              <th scope="col">{t('criterion.value')}</th>
              <th scope="col">{t('criterion.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {criterionNames.map((name) => {
              const criterion = proposal.criteria[name]
              return (
                <tr key={name} data-testid={`criterion-${name}`}>
                  <th scope="row">{t(`criterion.${name}`)}</th>
                  <td className="numeric">
                    <span className="scale" aria-hidden="true">
                      {steps.map((step) => (
                        <span key={step} className={step <= criterion.value ? 'on' : ''} />
                      ))}
                    </span>{' '}
                    {t('criterion.of', { value: criterion.value })}
                  </td>
                  <td className="wide">{pick(criterion.reason)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <p className="quiet">
        {t('criterion.table', { id: proposal.table.id, version: proposal.table.version })} ·{' '}
        {source === proposal.table.id ? proposal.table.source : source}
      </p>
    </div>
  )
}
