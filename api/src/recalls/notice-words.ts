/** The fixed words of notices and reports of recalls in both languages. Words only. */
import type { Remedy } from '@tracegate/model/policy/recalls'
import type { RecallOutcome } from '@tracegate/model/recall-outcome'
import type { RecallStatus } from '@tracegate/model/recall-case'
import type { ScopeState } from '@tracegate/model/trace-scope'

export const noticeWords = {
  zh: {
    to: '致',
    stop: '立即停止销售和使用',
    product: '产品',
    brand: '品牌',
    model: '型号',
    identifiers: '识别号',
    look: '查看位置',
    sold: '销售期间',
    photo: '产品照片',
    hazard: '危害',
    doNow: '您必须立即做的事',
    remedies: '补救措施',
    contact: '联系方式',
    held: '您持有的货物',
    heldWhen: '截至',
    goods: '货物',
    state: '状态',
    quantity: '数量',
    more: '另有',
    pieces: '件',
    reply: '请在此回复',
    replyBy: '请于以下时间前回复',
    number: '召回编号',
    version: '通知版本',
    publishedAt: '发布时间',
    received: '我已收到本通知',
    stopped: '已停止销售和使用',
    send: '提交回复',
    thanks: '谢谢，您的回复已记录。',
    other: 'English',
    pdf: 'PDF 文件',
    note: '说明',
    print: '可打印本页',
    drill: '演练，并非真实召回',
    unknownQuantity: '数量不详',
    replied: '已回复',
    replace: '您可以再次回复，以最后一次为准。',
    closed: '本召回已结束'
  },
  en: {
    to: 'To',
    stop: 'Stop selling and using it now',
    product: 'Product',
    brand: 'Brand',
    model: 'Model',
    identifiers: 'Identification',
    look: 'Where to look',
    sold: 'Sold',
    photo: 'Photo of the product',
    hazard: 'Hazard',
    doNow: 'What you must do now',
    remedies: 'Remedies',
    contact: 'Contact',
    held: 'The goods that you hold',
    heldWhen: 'As of',
    goods: 'Goods',
    state: 'State',
    quantity: 'Quantity',
    more: 'and more:',
    pieces: 'pieces',
    reply: 'Reply here',
    replyBy: 'Please reply by',
    number: 'Number of the recall',
    version: 'Version of the notice',
    publishedAt: 'Published',
    received: 'We have received this notice',
    stopped: 'Sale and use have been stopped',
    send: 'Send the reply',
    thanks: 'Thank you. Your reply is on record.',
    other: '中文',
    pdf: 'PDF file',
    note: 'Note',
    print: 'This page can be printed',
    drill: 'Exercise: no real recall',
    unknownQuantity: 'quantity unknown',
    replied: 'Replied',
    replace: 'You may reply again; the last reply counts.',
    closed: 'This recall is closed'
  }
} as const

export const stateWords: Readonly<Record<'zh' | 'en', Readonly<Record<ScopeState, string>>>> = {
  zh: { inStock: '库存', inTransit: '在途', sold: '已售出', destroyed: '已销毁', unknown: '去向不明', consumed: '已使用' },
  en: { inStock: 'in stock', inTransit: 'on its way', sold: 'sold', destroyed: 'destroyed', unknown: 'unknown', consumed: 'used up' }
}

export const outcomeWords: Readonly<Record<'zh' | 'en', Readonly<Record<RecallOutcome, string>>>> = {
  zh: { ...stateWords.zh, quarantined: '已隔离', returning: '退回途中', returned: '已退回', corrected: '已纠正' },
  en: { ...stateWords.en, quarantined: 'quarantined', returning: 'on its way back', returned: 'returned', corrected: 'corrected' }
}

export const remedyWords: Readonly<Record<'zh' | 'en', Readonly<Record<Remedy, string>>>> = {
  zh: { repair: '修理', replace: '更换', refund: '退款' },
  en: { repair: 'Repair', replace: 'Replacement', refund: 'Refund' }
}

export const statusWords: Readonly<Record<'zh' | 'en', Readonly<Record<RecallStatus, string>>>> = {
  zh: {
    reported: '已报告',
    investigating: '调查中',
    noDefect: '无缺陷',
    routed: '已移交食品安全程序',
    ordered: '已责令召回',
    planned: '已制定计划',
    running: '实施中',
    effectivenessChecked: '已核查效果',
    extended: '已延长',
    closed: '已结束'
  },
  en: {
    reported: 'reported',
    investigating: 'under investigation',
    noDefect: 'no defect',
    routed: 'handed over to the food-safety procedure',
    ordered: 'ordered',
    planned: 'planned',
    running: 'running',
    effectivenessChecked: 'effectiveness checked',
    extended: 'extended',
    closed: 'closed'
  }
}

export const replyFields = ['onHand', 'quarantined', 'returned', 'corrected', 'destroyed', 'sold'] as const
export const replyWords: Readonly<Record<'zh' | 'en', Readonly<Record<(typeof replyFields)[number], string>>>> = {
  zh: {
    onHand: '现有数量（件）',
    quarantined: '已隔离（件）',
    returned: '已退回（件）',
    corrected: '已纠正（件）',
    destroyed: '已销毁（件）',
    sold: '已售出（件）'
  },
  en: {
    onHand: 'On hand (pieces)',
    quarantined: 'Quarantined (pieces)',
    returned: 'Returned (pieces)',
    corrected: 'Corrected (pieces)',
    destroyed: 'Destroyed (pieces)',
    sold: 'Sold (pieces)'
  }
}
