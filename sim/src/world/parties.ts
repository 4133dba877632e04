/** Who takes part in the simulated trade. Numbers come from GS1 prefix 952, which GS1 sets aside for demonstrations and examples. */
import { withCheckDigit } from '@tracegate/model/gs1/check-digit'
import { partyKey } from '@tracegate/model/gs1/key'
import type { Party } from '@tracegate/model/registers'

/** Seven digits of company prefix for each party. */
export const companyPrefixes = {
  vaccineMaker: '9521001',
  fishery: '9521002',
  formulaMaker: '9521003',
  toyMaker: '9521004',
  forwarder: '9521010',
  carrier: '9521020',
  portOperator: '9521030',
  storeOperator: '9521031',
  laboratory: '9521032',
  customs: '9521033',
  pharmaImporter: '9521040',
  foodImporter: '9521041',
  clinic: '9521050',
  supermarket: '9521051',
  toyShop: '9521052'
} as const
export type PartyName = keyof typeof companyPrefixes

/** GLN of a party (`location` 0) or of one of its sites. */
export function glnOf(party: PartyName, location = 0): string {
  return withCheckDigit(companyPrefixes[party] + String(location).padStart(5, '0'))
}

interface PartyFacts {
  readonly zh: string
  readonly en: string
  readonly country: string
  readonly roles: Party['roles']
}

const facts: Readonly<Record<PartyName, PartyFacts>> = {
  vaccineMaker: { zh: '莱顿疫苗公司', en: 'Leiden Vaccines', country: 'NL', roles: ['manufacturer'] },
  fishery: { zh: '奥勒松海产', en: 'Ålesund Seafood', country: 'NO', roles: ['manufacturer'] },
  formulaMaker: { zh: '艾瑟尔乳业', en: 'IJssel Dairy', country: 'NL', roles: ['manufacturer'] },
  toyMaker: { zh: '纽伦堡玩具厂', en: 'Noris Toys', country: 'DE', roles: ['manufacturer'] },
  forwarder: { zh: '马斯河货运代理', en: 'Maas Forwarding', country: 'NL', roles: ['exporter'] },
  carrier: { zh: '北海航运', en: 'North Sea Line', country: 'DK', roles: ['carrier'] },
  portOperator: { zh: '外高桥示范码头', en: 'Waigaoqiao Demonstration Terminal', country: 'CN', roles: ['operator'] },
  storeOperator: { zh: '东海保税冷库', en: 'East Sea Bonded Cold Store', country: 'CN', roles: ['operator'] },
  laboratory: { zh: '口岸检验实验室', en: 'Port Inspection Laboratory', country: 'CN', roles: ['operator'] },
  customs: { zh: '上海口岸海关（演示）', en: 'Shanghai Port Customs (demonstration)', country: 'CN', roles: ['authority'] },
  pharmaImporter: { zh: '申康医药进口', en: 'Shenkang Pharma Import', country: 'CN', roles: ['importer'] },
  foodImporter: { zh: '浦江食品贸易', en: 'Pujiang Food & Goods Trading', country: 'CN', roles: ['importer'] },
  clinic: { zh: '姑苏社区医院', en: 'Gusu Community Hospital', country: 'CN', roles: ['retailer'] },
  supermarket: { zh: '浦东生鲜超市', en: 'Pudong Fresh Market', country: 'CN', roles: ['retailer'] },
  toyShop: { zh: '金陵玩具店', en: 'Jinling Toy Shop', country: 'CN', roles: ['retailer'] }
}

function isPartyName(text: string): text is PartyName {
  return Object.hasOwn(companyPrefixes, text)
}

const partyNames: readonly PartyName[] = Object.keys(companyPrefixes).filter(isPartyName)

export function createParties(): Party[] {
  return partyNames.map((name) => {
    const gln = glnOf(name)
    const { zh, en, country, roles } = facts[name]
    return {
      gln,
      key: partyKey(gln),
      name: { zh, en },
      country,
      roles,
      contact: `${en}, duty desk`,
      email: `duty@${mailNameOf(en)}.example`,
      companyPrefixLength: companyPrefixes[name].length
    }
  })
}

/** A name below `.example`, which no mail ever reaches (RFC 2606). */
function mailNameOf(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z ]|\(.*\)/g, '')
    .trim()
    .toLowerCase()
    .split(/ +/)
    .slice(0, 2)
    .join('-')
}
