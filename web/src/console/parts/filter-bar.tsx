/** The filters of a list as native selects, kept in the address. */
import { useLocation, useSearch } from 'wouter'
import { writeFilter } from '../filters.ts'
import { useText } from '../../shared/use-text.ts'

export interface FilterChoice {
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

export function FilterBar({ choices }: { readonly choices: readonly FilterChoice[] }) {
  const { t } = useText()
  const [path, navigate] = useLocation()
  const search = useSearch()
  return (
    <div className="filters" role="group" aria-label={t('filter.label')}>
      {choices.map((choice) => (
        <label key={choice.name} className="select">
          <span>{choice.label}</span>
          <select
            value={choice.value ?? ''}
            data-testid={`filter-${choice.name}`}
            onChange={(event) => navigate(`${path}${writeFilter(search, { [choice.name]: event.target.value })}`, { replace: true })}
          >
            <option value="">{t('filter.all')}</option>
            {choice.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  )
}

/** "3 new": calls the waiting rows in; says so to screen readers. */
export function NewRows({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  const { t } = useText()
  return (
    <div role="status" className="new-rows">
      {count === 0 ? null : (
        <button type="button" className="pill" onClick={onShow} data-testid="new-rows">
          {t('list.new', { count })}
        </button>
      )}
    </div>
  )
}
