/** How two numbers compare in a query. */
import type { Comparison } from './condition.ts'

/** Left is what an event says, right what the query asks for. */
export function compare(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case 'EQ':
      return isEqualNumber(left, right)
    case 'GT':
      return left > right
    case 'GE':
      return left >= right
    case 'LT':
      return left < right
    case 'LE':
      return left <= right
    default:
      return comparison
  }
}

/** Converted values carry binary dust: two that agree in nine digits are the same reading. */
const relativeTolerance = 1e-9

function isEqualNumber(left: number, right: number): boolean {
  return left === right || Math.abs(left - right) <= relativeTolerance * Math.max(Math.abs(left), Math.abs(right))
}
