/** Topics of Sparkplug. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSparkplugTopic, sparkplugTopic } from './topic.ts'

test('topics of nodes, devices and hosts are read and written', () => {
  for (const topic of [
    'spBv1.0/Plant 1/NBIRTH/Edge 1',
    'spBv1.0/g/DDATA/e/d',
    'spBv1.0/g/NCMD/e',
    'spBv1.0/STATE/scada',
    'spBv1.0/g/DDEATH/冷库/门'
  ]) {
    const parsed = parseSparkplugTopic(topic)
    assert.ok(parsed.ok, topic)
    assert.equal(sparkplugTopic(parsed.value), topic)
  }
})

test('anything else is refused with what was expected', () => {
  for (const topic of [
    '',
    'spAv1.0/g/NDATA/e',
    'spBv1.0/g/NDATA',
    'spBv1.0/g/NDATA/e/d',
    'spBv1.0/g/DDATA/e',
    'spBv1.0/g/DDATA/e/d/x',
    'spBv1.0/g/XDATA/e',
    'spBv1.0/STATE',
    'spBv1.0/STATE/a/b',
    'spBv1.0//NDATA/e',
    `spBv1.0/${'g'.repeat(257)}/NDATA/e`
  ]) {
    const parsed = parseSparkplugTopic(topic)
    assert.equal(parsed.ok ? '' : parsed.reason.code, 'SPARKPLUG_TOPIC', topic)
  }
})
