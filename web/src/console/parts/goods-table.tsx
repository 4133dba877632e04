/** Goods with the interval they were there, and who holds what came of them: the scope of a recall. */
import type { Holding, Stay } from '@tracegate/model/trace'
import { useState } from 'react'
import { Link } from 'wouter'
import { formatKey, formatNumber } from '../../text/format.ts'
import { useText } from '../../shared/use-text.ts'
import { useNames } from '../use-names.ts'

/** Shown on screen until a person asks for all; paper gets all of them. */
const firstRows = 12

export function GoodsTable({ goods, truncated }: { readonly goods: readonly Stay[]; readonly truncated: boolean }) {
  const { t, count } = useText()
  const [all, setAll] = useState(false)
  if (goods.length === 0) return <p className="empty">{t('goods.none')}</p>
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t('warning.exposed')}>
        <table className="case-table" data-testid="goods-table">
          <thead>
            <tr>
              <th scope="col">{t('column.goods')}</th>
              <th scope="col">{t('column.there')}</th>
              <th scope="col">{t('column.until')}</th>
              <th scope="col">{t('column.within')}</th>
              <th scope="col">{t('column.quantity')}</th>
            </tr>
          </thead>
          <tbody>
            {goods.map((stay, index) => (
              <StayRow key={`${stay.key}${stay.fromMs}`} stay={stay} beyond={!all && index >= firstRows} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="table-foot">
        {goods.length > firstRows && !all ? (
          <button type="button" className="plain-button no-print" onClick={() => setAll(true)}>
            {t('goods.all', { count: count(goods.length) })}
          </button>
        ) : null}
        {truncated ? <span className="note">{t('goods.truncated')}</span> : null}
      </p>
    </>
  )
}

function StayRow({ stay, beyond }: { readonly stay: Stay; readonly beyond: boolean }) {
  const { t, time, language } = useText()
  const names = useNames()
  return (
    <tr className={beyond ? 'only-print' : ''}>
      <td className="goods">
        <GoodsLink goods={stay.key} />
        {names.knows(stay.key) ? (
          <>
            <br />
            <span className="quiet">{formatKey(stay.key)}</span>
          </>
        ) : null}
      </td>
      <td className="numeric">{time(stay.fromMs)}</td>
      <td className="numeric">{stay.toMs === undefined ? t('goods.still') : time(stay.toMs)}</td>
      <td>{stay.within === undefined ? '–' : names.of(stay.within, language)}</td>
      <td className="numeric">{stay.quantity === undefined ? '1' : `${formatNumber(stay.quantity)} ${stay.uom ?? ''}`}</td>
    </tr>
  )
}

/** Goods by name, leading to their trace. */
export function GoodsLink({ goods }: { readonly goods: string }) {
  const { language } = useText()
  const names = useNames()
  return <Link href={`/trace?of=${encodeURIComponent(goods)}`}>{names.of(goods, language)}</Link>
}

export function HoldingsTable({ holdings }: { readonly holdings: readonly Holding[] }) {
  const { t, code, time, count, language } = useText()
  const names = useNames()
  if (holdings.length === 0) return <p className="empty">{t('holdings.none')}</p>
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('warning.holders')}>
      <table className="case-table" data-testid="holdings-table">
        <thead>
          <tr>
            <th scope="col">{t('column.party')}</th>
            <th scope="col">{t('column.place')}</th>
            <th scope="col">{t('column.state')}</th>
            <th scope="col">{t('column.count')}</th>
            <th scope="col">{t('column.lastKnown')}</th>
          </tr>
        </thead>
        <tbody>
          {holdings.map((holding, index) => (
            <tr key={index}>
              <td>{holding.party === undefined ? '–' : names.of(holding.party, language)}</td>
              <td>{holding.place === undefined ? '–' : names.of(holding.place, language)}</td>
              <td>{code('holder', holding.state)}</td>
              <td className="numeric">{count(holding.count)}</td>
              <td className="numeric">{time(holding.lastMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
