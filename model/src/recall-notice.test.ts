/** The lint of notices against words that play the hazard down. */
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { recallDefaults } from './policy/recalls.ts'
import { lintNotice, type NoticeContent } from './recall-notice.ts'
import { noticeContent } from './recall-testing.ts'

const lint = (change: Partial<NoticeContent>) => lintNotice({ ...noticeContent, ...change }, recallDefaults.words)

describe('lintNotice()', () => {
  test('finds nothing in a plain notice', () => {
    assert.deepEqual(lint({}), [])
  })

  test('names the place, the words and why', () => {
    const hazard = { zh: '本次为预防性召回，极少数情况下磁铁会脱落。', en: 'In this VOLUNTARY recall magnets may come off in rare cases.' }
    const found = lint({ hazard })
    assert.deepEqual(
      found.map(({ pointer, found: text }) => `${pointer} ${text}`),
      ['/hazard/zh 预防性', '/hazard/zh 极少数', '/hazard/zh 少数情况', '/hazard/en VOLUNTARY', '/hazard/en in rare cases']
    )
    for (const { pointer, from, to, found: text } of found)
      assert.equal((pointer === '/hazard/zh' ? hazard.zh : hazard.en).slice(from, to), text)
  })

  test('is not fooled by spaces, hyphens, full width or invisible characters', () => {
    const of = (en: string, zh = '危险') => lint({ hazard: { zh, en } }).map(({ found }) => found)
    assert.deepEqual(of('a pre\u00adcautionary measure'), ['pre\u00adcautionary'])
    assert.deepEqual(of('ｖｏｌｕｎｔａｒｙ recall'), ['ｖｏｌｕｎｔａｒｙ'])
    assert.deepEqual(of('no\n  accidents-reported'), ['no\n  accidents-reported'])
    assert.deepEqual(of('danger', '自 愿\u200b召回'), ['自 愿'])
    assert.deepEqual(of('minority of involuntary minors'), [], 'parts of other words are not meant')
  })

  test('tells the longer of two words once, and reads no numbers', () => {
    assert.deepEqual(
      lint({ instruction: { zh: '停用', en: 'out of an abundance of caution' } }).map(({ found }) => found),
      ['out of an abundance of caution']
    )
    assert.deepEqual(lint({ product: { ...noticeContent.product, identifiers: ['VOLUNTARY 1'] } }), [])
  })
})
