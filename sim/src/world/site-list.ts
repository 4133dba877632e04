/** The sites of the simulated trade as plain facts: what they are called, who runs them, where they lie and which places they have. */
import type { Place, PointKind } from '@tracegate/model/registers'
import { pointIds, slotNames, slotProfiles, watchesOfChamber, watchesOfSlot } from './names.ts'
import type { PartyName } from './parties.ts'

/** What one site looks like before keys are made; `extension` is the second part of an SGLN. */
export interface SiteFacts {
  readonly id: string
  readonly zh: string
  readonly en: string
  readonly kind: PointKind
  readonly unlocode: string
  readonly latitude: number
  readonly longitude: number
  readonly party: PartyName
  readonly location: number
  readonly industries: readonly string[]
  readonly places: readonly PlaceFacts[]
}

export interface PlaceFacts {
  /** Left out: the site as a whole. */
  readonly extension?: string
  readonly zh: string
  readonly en: string
  readonly kind: Place['kind']
  readonly profile?: string
  readonly watches?: Place['watches']
}

const factory = { kind: 'factory', location: 1 } as const
const whole = (zh: string, en: string): readonly PlaceFacts[] => [{ zh, en, kind: 'site' }]

const europe: readonly SiteFacts[] = [
  {
    ...factory,
    id: pointIds.leiden,
    zh: '莱顿疫苗厂',
    en: 'Leiden vaccine plant',
    unlocode: 'NLLID',
    latitude: 52.1656,
    longitude: 4.4632,
    party: 'vaccineMaker',
    industries: ['medicine'],
    places: whole('莱顿疫苗厂', 'Leiden vaccine plant')
  },
  {
    ...factory,
    id: pointIds.alesund,
    zh: '奥勒松水产加工厂',
    en: 'Ålesund fish processing',
    unlocode: 'NOAES',
    latitude: 62.4723,
    longitude: 6.1549,
    party: 'fishery',
    industries: ['food'],
    places: whole('奥勒松水产加工厂', 'Ålesund fish processing')
  },
  {
    ...factory,
    id: pointIds.zwolle,
    zh: '兹沃勒乳粉厂',
    en: 'Zwolle milk powder plant',
    unlocode: 'NLZWO',
    latitude: 52.5168,
    longitude: 6.083,
    party: 'formulaMaker',
    industries: ['food'],
    places: whole('兹沃勒乳粉厂', 'Zwolle milk powder plant')
  },
  {
    ...factory,
    id: pointIds.nuremberg,
    zh: '纽伦堡玩具厂',
    en: 'Nuremberg toy factory',
    unlocode: 'DENUE',
    latitude: 49.4521,
    longitude: 11.0767,
    party: 'toyMaker',
    industries: ['consumer goods'],
    places: whole('纽伦堡玩具厂', 'Nuremberg toy factory')
  },
  {
    id: pointIds.quay,
    zh: '鹿特丹出口码头',
    en: 'Rotterdam export quay',
    kind: 'quay',
    unlocode: 'NLRTM',
    latitude: 51.9496,
    longitude: 4.1453,
    party: 'forwarder',
    location: 1,
    industries: ['logistics'],
    places: whole('鹿特丹出口码头', 'Rotterdam export quay')
  }
]

const port: readonly SiteFacts[] = [
  {
    id: pointIds.yard,
    zh: '上海冷藏箱堆场',
    en: 'Shanghai reefer yard',
    kind: 'reeferYard',
    unlocode: 'CNSHA',
    latitude: 31.3662,
    longitude: 121.5989,
    party: 'portOperator',
    location: 1,
    industries: ['logistics'],
    places: slotNames.map((slot) => ({
      extension: `SLOT-${slot}`,
      zh: `冷藏箱位 ${slot}`,
      en: `Reefer slot ${slot}`,
      kind: 'container',
      profile: slotProfiles[slot],
      watches: watchesOfSlot(slot)
    }))
  },
  {
    id: pointIds.gate,
    zh: '上海港区闸口',
    en: 'Shanghai port gate',
    kind: 'gate',
    unlocode: 'CNSHA',
    latitude: 31.3631,
    longitude: 121.5957,
    party: 'portOperator',
    location: 2,
    industries: ['logistics'],
    places: [{ extension: 'LANE-1', zh: '闸口 1 道', en: 'Gate lane 1', kind: 'gate' }]
  },
  {
    id: pointIds.dock,
    zh: '保税冷库月台',
    en: 'Bonded store dock',
    kind: 'dock',
    unlocode: 'CNSHA',
    latitude: 31.3585,
    longitude: 121.5921,
    party: 'storeOperator',
    location: 2,
    industries: ['logistics'],
    places: [{ extension: 'BAY-1', zh: '月台 1 号位', en: 'Dock bay 1', kind: 'dock' }]
  },
  {
    id: pointIds.laboratory,
    zh: '口岸检验实验室',
    en: 'Port inspection laboratory',
    kind: 'laboratory',
    unlocode: 'CNSHA',
    latitude: 31.3608,
    longitude: 121.5888,
    party: 'laboratory',
    location: 1,
    industries: ['inspection'],
    places: [{ zh: '口岸检验实验室', en: 'Port inspection laboratory', kind: 'laboratory' }]
  },
  {
    id: pointIds.coldStore,
    zh: '上海保税冷库',
    en: 'Shanghai bonded cold store',
    kind: 'bondedStore',
    unlocode: 'CNSHA',
    latitude: 31.3579,
    longitude: 121.5913,
    party: 'storeOperator',
    location: 1,
    industries: ['medicine', 'food', 'consumer goods'],
    places: [
      {
        extension: 'CHAMBER-1',
        zh: '1 号库 疫苗 2–8 °C',
        en: 'Chamber 1, vaccines 2–8 °C',
        kind: 'chamber',
        profile: 'vaccine-2-8',
        watches: watchesOfChamber('vaccine')
      },
      {
        extension: 'CHAMBER-2',
        zh: '2 号库 冷冻水产 −18 °C',
        en: 'Chamber 2, frozen fish −18 °C',
        kind: 'chamber',
        profile: 'frozen-18',
        watches: watchesOfChamber('fish')
      },
      {
        extension: 'CHAMBER-3',
        zh: '3 号库 常温（乳粉、玩具）',
        en: 'Chamber 3, ambient (formula, toys)',
        kind: 'chamber',
        profile: 'ambient-25',
        watches: watchesOfChamber('ambient')
      }
    ]
  }
]

const market: readonly SiteFacts[] = [
  {
    id: pointIds.pharmaDepot,
    zh: '医药进口商仓库',
    en: 'Pharma importer depot',
    kind: 'market',
    unlocode: 'CNSHA',
    latitude: 31.2067,
    longitude: 121.6022,
    party: 'pharmaImporter',
    location: 1,
    industries: ['medicine'],
    places: whole('医药进口商仓库', 'Pharma importer depot')
  },
  {
    id: pointIds.foodDepot,
    zh: '食品进口商仓库',
    en: 'Food importer depot',
    kind: 'market',
    unlocode: 'CNSHA',
    latitude: 31.2441,
    longitude: 121.6367,
    party: 'foodImporter',
    location: 1,
    industries: ['food', 'consumer goods'],
    places: whole('食品进口商仓库', 'Food importer depot')
  },
  {
    id: pointIds.clinic,
    zh: '苏州接种门诊',
    en: 'Suzhou vaccination clinic',
    kind: 'shop',
    unlocode: 'CNSZH',
    latitude: 31.2989,
    longitude: 120.5853,
    party: 'clinic',
    location: 1,
    industries: ['medicine'],
    places: whole('苏州接种门诊', 'Suzhou vaccination clinic')
  },
  {
    id: pointIds.supermarket,
    zh: '上海浦东超市',
    en: 'Shanghai Pudong supermarket',
    kind: 'shop',
    unlocode: 'CNSHA',
    latitude: 31.2213,
    longitude: 121.5447,
    party: 'supermarket',
    location: 1,
    industries: ['food'],
    places: whole('上海浦东超市', 'Shanghai Pudong supermarket')
  },
  {
    id: pointIds.toyShop,
    zh: '南京玩具店',
    en: 'Nanjing toy shop',
    kind: 'shop',
    unlocode: 'CNNJG',
    latitude: 32.0415,
    longitude: 118.7781,
    party: 'toyShop',
    location: 1,
    industries: ['consumer goods'],
    places: whole('南京玩具店', 'Nanjing toy shop')
  },
  {
    id: pointIds.replay,
    zh: '录制回放',
    en: 'Replay of recordings',
    kind: 'laboratory',
    unlocode: 'CNSHA',
    latitude: 31.3612,
    longitude: 121.5879,
    party: 'laboratory',
    location: 2,
    industries: ['inspection'],
    places: whole('录制回放', 'Replay of recordings')
  }
]

export const siteList: readonly SiteFacts[] = [...europe, ...port, ...market]
