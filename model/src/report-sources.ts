/** Where reports come from (Guofa [2017] No. 43, tasks 2 and 4, and the reward of whistle-blowing in task 14). Names and titles only. */
import type { BilingualText } from './text.ts'

export const reportSources = [
  'consumerComplaint',
  'company',
  'inspectionBody',
  'certificationBody',
  'university',
  'association',
  'publicOpinion',
  'injurySurvey',
  'foodborneDiseaseSurvey',
  'counterfeitSearch',
  'bilateralNotice',
  'trafficAccident',
  'fire',
  'singleWindow',
  'insider'
] as const
export type ReportSource = (typeof reportSources)[number]

export const reportSourceTitles: Readonly<Record<ReportSource, BilingualText>> = {
  consumerComplaint: { zh: '消费者投诉', en: 'Consumer complaint' },
  company: { zh: '企业报告', en: 'Report of a company' },
  inspectionBody: { zh: '检验检测机构', en: 'Inspection and testing body' },
  certificationBody: { zh: '认证机构', en: 'Certification body' },
  university: { zh: '大专院校、科研院所', en: 'University or research institute' },
  association: { zh: '行业协会', en: 'Trade association' },
  publicOpinion: { zh: '舆情信息', en: 'Public opinion' },
  injurySurvey: { zh: '质量安全伤害调查', en: 'Survey of injuries' },
  foodborneDiseaseSurvey: { zh: '食源性疾病调查', en: 'Survey of food-borne disease' },
  counterfeitSearch: { zh: '假冒伪劣商品信息搜集', en: 'Search for counterfeits' },
  bilateralNotice: { zh: '双边、多边通报', en: 'Bilateral or multilateral notice' },
  trafficAccident: { zh: '交通事故', en: 'Traffic accident' },
  fire: { zh: '火灾事故', en: 'Fire' },
  singleWindow: { zh: '国际贸易“单一窗口”', en: 'Single window' },
  insider: { zh: '业内举报', en: 'Insider report' }
}
