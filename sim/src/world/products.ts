/** What is traded: four products with the figures the platform needs to judge them, and how the simulator packs them. */
import { withCheckDigit } from '@tracegate/model/gs1/check-digit'
import { productKey } from '@tracegate/model/gs1/key'
import type { Product } from '@tracegate/model/registers'
import { companyPrefixes, glnOf, type PartyName } from './parties.ts'

export const goodsNames = ['vaccine', 'fish', 'formula', 'toy'] as const
export type GoodsName = (typeof goodsNames)[number]

/** How goods of one kind travel. Lots are made of raw lots; items have serials, fish is known by its lot and weight only. */
export interface Goods {
  readonly name: GoodsName
  readonly product: Product
  readonly maker: PartyName
  readonly importer: PartyName
  readonly shop: PartyName
  readonly chamber: ChamberName
  /** Raw materials with GTIN and unit. */
  readonly raw: readonly { readonly gtin: string; readonly uom: string; readonly perLot: number }[]
  readonly serialised: boolean
  readonly itemsPerPallet: number
  readonly palletsPerConsignment: number
  /** UN/ECE Recommendation 20. */
  readonly uom: string
  /** Kilograms of lot for one pallet where goods have no serials. */
  readonly kilogramsPerPallet: number
  readonly shelfLifeDays: number
}

export const chamberNames = ['vaccine', 'fish', 'ambient'] as const
export type ChamberName = (typeof chamberNames)[number]

/** GTIN-14 of a trade item. */
function gtinOf(maker: PartyName, item: number): string {
  return withCheckDigit(`0${companyPrefixes[maker]}${String(item).padStart(5, '0')}`)
}

function productOf(maker: PartyName, item: number, rest: Omit<Product, 'gtin' | 'key' | 'manufacturer'>): Product {
  const gtin = gtinOf(maker, item)
  return { gtin, key: productKey(gtin), manufacturer: glnOf(maker), ...rest }
}

export function createGoods(): Readonly<Record<GoodsName, Goods>> {
  return { vaccine: vaccine(), fish: fish(), formula: formula(), toy: toy() }
}

function vaccine(): Goods {
  return {
    name: 'vaccine',
    product: productOf('vaccineMaker', 1, {
      name: { zh: '四价流感疫苗 0.5 mL 预灌封', en: 'Quadrivalent influenza vaccine, 0.5 mL syringe' },
      brand: 'Leidavax',
      hsCode: '300241',
      profile: 'vaccine-2-8',
      regime: 'general',
      harm: 4,
      hazard: 'biological',
      inspectionRequired: true
    }),
    maker: 'vaccineMaker',
    importer: 'pharmaImporter',
    shop: 'clinic',
    chamber: 'vaccine',
    raw: [
      { gtin: gtinOf('vaccineMaker', 101), uom: 'LTR', perLot: 40 },
      { gtin: gtinOf('vaccineMaker', 102), uom: 'LTR', perLot: 12 }
    ],
    serialised: true,
    itemsPerPallet: 12,
    palletsPerConsignment: 3,
    uom: 'EA',
    kilogramsPerPallet: 0,
    shelfLifeDays: 365
  }
}

function fish(): Goods {
  return {
    name: 'fish',
    product: productOf('fishery', 1, {
      name: { zh: '冷冻大西洋鳕鱼', en: 'Frozen Atlantic cod' },
      brand: 'Sunnmøre',
      hsCode: '030363',
      profile: 'frozen-18',
      regime: 'food',
      harm: 3,
      hazard: 'biological',
      inspectionRequired: true
    }),
    maker: 'fishery',
    importer: 'foodImporter',
    shop: 'supermarket',
    chamber: 'fish',
    raw: [{ gtin: gtinOf('fishery', 101), uom: 'KGM', perLot: 2_000 }],
    serialised: false,
    itemsPerPallet: 0,
    palletsPerConsignment: 2,
    uom: 'KGM',
    kilogramsPerPallet: 480,
    shelfLifeDays: 540
  }
}

function formula(): Goods {
  return {
    name: 'formula',
    product: productOf('formulaMaker', 1, {
      name: { zh: '婴儿配方乳粉 1 段 800 g', en: 'Infant formula stage 1, 800 g' },
      brand: 'IJsselmelk',
      hsCode: '190110',
      profile: 'ambient-25',
      regime: 'food',
      harm: 4,
      hazard: 'health',
      inspectionRequired: true
    }),
    maker: 'formulaMaker',
    importer: 'foodImporter',
    shop: 'supermarket',
    chamber: 'ambient',
    raw: [
      { gtin: gtinOf('formulaMaker', 101), uom: 'KGM', perLot: 900 },
      { gtin: gtinOf('formulaMaker', 102), uom: 'KGM', perLot: 60 }
    ],
    serialised: true,
    itemsPerPallet: 16,
    palletsPerConsignment: 2,
    uom: 'EA',
    kilogramsPerPallet: 0,
    shelfLifeDays: 720
  }
}

function toy(): Goods {
  return {
    name: 'toy',
    product: productOf('toyMaker', 1, {
      name: { zh: '磁力积木（小磁体可脱落）', en: 'Magnetic building blocks (small magnets can come loose)' },
      brand: 'Noris',
      hsCode: '950300',
      regime: 'general',
      harm: 3,
      hazard: 'physical',
      inspectionRequired: true
    }),
    maker: 'toyMaker',
    importer: 'foodImporter',
    shop: 'toyShop',
    chamber: 'ambient',
    raw: [
      { gtin: gtinOf('toyMaker', 101), uom: 'EA', perLot: 4_000 },
      { gtin: gtinOf('toyMaker', 102), uom: 'KGM', perLot: 250 }
    ],
    serialised: true,
    itemsPerPallet: 10,
    palletsPerConsignment: 2,
    uom: 'EA',
    kilogramsPerPallet: 0,
    shelfLifeDays: 3_650
  }
}
