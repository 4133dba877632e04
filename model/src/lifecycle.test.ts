/** Stages of the life cycle by business step. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stageOf } from './lifecycle.ts'

test('stageOf() knows the steps of the rules', () => {
  const rows = [
    ['commissioning', 'production'],
    ['inspecting', 'inspection'],
    ['shipping', 'logistics'],
    ['retail_selling', 'sale'],
    ['installing', 'use'],
    ['repairing', 'maintenance'],
    ['destroying', 'end']
  ] as const
  for (const [bizStep, stage] of rows) assert.equal(stageOf({ type: 'ObjectEvent', bizStep }), stage)
})

test('stageOf() goes by the disposition where the step says nothing, and by the kind of event where neither does', () => {
  assert.equal(stageOf({ type: 'ObjectEvent', disposition: 'conformant' }), 'inspection')
  assert.equal(stageOf({ type: 'ObjectEvent', bizStep: 'shipping', disposition: 'retail_sold' }), 'sale')
  assert.equal(stageOf({ type: 'TransformationEvent' }), 'production')
  assert.equal(stageOf({ type: 'ObjectEvent', bizStep: 'https://example.com/step' }), 'logistics')
})
