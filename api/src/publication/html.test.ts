/** What comes in is text on a page, whatever characters it holds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeHtml } from './html.ts'

test('markup is escaped, and characters that HTML does not allow are replaced', () => {
  assert.equal(escapeHtml(`<b a="1">'&`), '&#60;b a=&#34;1&#34;&#62;&#39;&#38;')
  assert.equal(escapeHtml('a\u0000b\u0008c\u009fd\ufffe\ud800\n\té'), 'a\ufffdb\ufffdc\ufffdd\ufffd\ufffd\n\té')
})
