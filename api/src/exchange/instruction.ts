/** Notices as control instructions and declarations as consignments: the mapping of the exchange's schemas onto the product's own. Pure. */
import type { ExchangeDeclaration } from '@tracegate/model/exchange-messages'
import { capTime } from '@tracegate/model/cap'
import { isEnded, noticePath, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { Declaration } from '@tracegate/model/supervision/consignment'

export interface InstructionOptions {
  readonly base: string
  readonly utcOffset: string
  readonly version: string
  readonly nowMs: number
  readonly messageId: string
}

export function instructionOf(
  notice: PublicNotice,
  port: string,
  { base, utcOffset, version, nowMs, messageId }: InstructionOptions
): object {
  const time = (atMs: number) => capTime(atMs, utcOffset)
  return {
    messageId,
    schemaVersion: version,
    sentAt: time(nowMs),
    instruction: {
      number: notice.number,
      edition: notice.edition,
      action: isEnded(notice) ? 'lift' : notice.edition === 1 ? 'apply' : 'change',
      port,
      level: notice.level ?? 'IV',
      exercise: notice.drill,
      hazard: notice.hazard,
      title: notice.title,
      instruction: notice.controlInstruction ?? notice.matters,
      matters: notice.matters,
      startAt: time(notice.startMs),
      ...(notice.untilMs === undefined ? {} : { untilAt: time(notice.untilMs) }),
      goods: {
        hsCodes: notice.hsCodes,
        brands: notice.brands,
        products: notice.products.map(({ gtin }) => gtin),
        lots: notice.lots,
        truncated: notice.truncated
      },
      page: `${base}${noticePath(notice)}`,
      cap: `${base}/cap/${encodeURIComponent(publicationId(notice))}.xml`
    }
  }
}

export function consignmentOf(declaration: ExchangeDeclaration): Declaration {
  const {
    number,
    direction,
    importer,
    exporter,
    port,
    declaredAt,
    goods,
    certificates = [],
    transportUnits = [],
    guaranteeRequested
  } = declaration
  return {
    id: number,
    direction,
    ...(importer === undefined ? {} : { importer }),
    ...(exporter === undefined ? {} : { exporter }),
    ...(port === undefined ? {} : { port }),
    goods: goods.map(({ hsCode, gtin, lots = [], originCountry, quantity, uom }) => ({
      hsCode,
      lots,
      ...(gtin === undefined ? {} : { gtin }),
      ...(originCountry === undefined ? {} : { originCountry }),
      // Nothing declared is no quantity.
      ...(quantity === undefined || quantity === 0 ? {} : { quantity }),
      ...(uom === undefined ? {} : { unit: uom })
    })),
    certificates,
    units: transportUnits.map((sscc) => `https://id.gs1.org/00/${sscc}`),
    declaredMs: Date.parse(declaredAt),
    ...(guaranteeRequested === undefined ? {} : { guaranteeAsked: guaranteeRequested })
  }
}
