/** The order of choice of a language. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLanguage } from './language.ts'

test('chooseLanguage() prefers the URL, then the setting, then the browser', () => {
  assert.equal(chooseLanguage({ search: '?lang=zh', kept: 'en', accepted: ['en'] }), 'zh')
  assert.equal(chooseLanguage({ search: '?lang=fr', kept: 'zh', accepted: ['en'] }), 'zh')
  assert.equal(chooseLanguage({ search: '', kept: null, accepted: ['fr-FR', 'zh-Hans-CN', 'en'] }), 'zh')
})

test('chooseLanguage() falls back to English', () => {
  assert.equal(chooseLanguage({ search: '', kept: null, accepted: ['fr'] }), 'en')
})
