/** Puts publication and exchange together: a bulletin goes to ports by the exchange, and what the single window declares becomes a consignment. */
import type { Declaration } from '@tracegate/model/supervision/consignment'
import type { Accounts } from '../accounts.ts'
import { createExchange, type Exchange, type ExchangeSettings } from '../exchange/exchange.ts'
import type { createSupervision } from '../supervision/create-supervision.ts'
import { createPublicationOffice, type PublicationOffice, type PublicationOfficeOptions } from './office.ts'

export interface PublishingOptions extends Omit<PublicationOfficeOptions, 'portControl'> {
  readonly accounts: Accounts
  readonly supervision: ReturnType<typeof createSupervision>
  readonly exchange?: ExchangeSettings | undefined
}

export function createPublishing(options: PublishingOptions): { readonly publication: PublicationOffice; readonly exchange: Exchange } {
  const { cases, policy, accounts, logger, metrics, nowMs, supervision } = options
  const exchange = createExchange({
    cases,
    policy,
    accounts,
    logger,
    metrics,
    nowMs,
    base: () => publication.base(),
    declare: (declaration, by) => declare(supervision, declaration, by),
    ...(options.exchange === undefined ? {} : { settings: options.exchange })
  })
  const publication = createPublicationOffice({ ...options, portControl: (carried, port) => exchange.carry(carried, port) })
  return { publication, exchange }
}

async function declare({ books, office }: ReturnType<typeof createSupervision>, declaration: Declaration, by: string): Promise<void> {
  const { id } = declaration
  const known = (await books.consignments.find(id))?.state
  const why = 'single window'
  // The same declaration may have been taken just before a stop; another one under its number is refused by the reducer.
  const isSame =
    known !== undefined &&
    Object.entries(declaration).every(([name, value]) => same(value, Object.entries(known).find(([own]) => own === name)?.[1]))
  if (!isSame) await books.consignments.act({ id, by, why, decide: () => ({ type: 'declared', declaration }) })
  if (known?.proposal === undefined) await office.propose(id, { by, why })
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
