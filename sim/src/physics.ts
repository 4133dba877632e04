/**
 * The small thermal model of one refrigerated room: air and goods as two heat stores, a wall, a door, a compressor with a
 * hysteresis thermostat, and defrosting. Pure: state and spans in, state out; noise and faults are added by `sensors.ts`.
 */

/** What a room is built like. Temperatures in °C, rates per minute of simulated time. */
export interface RoomDesign {
  readonly setPoint: number
  /** The thermostat switches at the set point plus and minus this. */
  readonly hysteresis: number
  /** Share of the difference to the outside that the air takes over in a minute through the walls. */
  readonly wallRate: number
  /** How many times the wall rate comes on top while the door stands open. */
  readonly doorFactor: number
  /** Share of the difference between goods and air that moves in a minute: seen by the air, and by the goods of an empty and a full room. */
  readonly goodsToAirRate: number
  readonly airToGoodsRateEmpty: number
  readonly airToGoodsRateFull: number
  /** What the running compressor takes from the air, in kelvin per minute. */
  readonly coolingRate: number
  /** Current at full load in ampere, and what fans, lamps and control take besides, in kilowatt. */
  readonly compressorAmperes: number
  readonly baseKilowatts: number
  /** Longest run of the evaporator between two defrostings, and how long one takes; zero: never. */
  readonly defrostEveryMinutes: number
  readonly defrostMinutes: number
}

export interface RoomState {
  readonly minutes: number
  readonly air: number
  readonly goods: number
  /** Relative humidity in percent. */
  readonly humidity: number
  readonly running: boolean
  readonly sinceDefrostMinutes: number
  readonly defrosting: boolean
  readonly amperes: number
  readonly kilowatts: number
}

export interface RoomInputs {
  readonly outside: number
  readonly doorOpen: boolean
  readonly powered: boolean
  readonly compressorWorks: boolean
  readonly setPoint: number
  /** 0 empty to 1 full. */
  readonly load: number
}

const innerStepMinutes = 0.25
const voltsTimesPhases = 0.4 * Math.sqrt(3) * 0.85

export function initialRoom(design: RoomDesign, phase = 0.5): RoomState {
  const air = design.setPoint + (phase * 2 - 1) * design.hysteresis
  return {
    minutes: 0,
    air,
    goods: design.setPoint,
    humidity: 60,
    running: phase < 0.5,
    sinceDefrostMinutes: phase * design.defrostEveryMinutes,
    defrosting: false,
    amperes: 0,
    kilowatts: design.baseKilowatts
  }
}

/** Moves the room on by `minutes` of simulated time; a long span is cut into small ones so that the result stays exact. */
export function stepRoom(state: RoomState, minutes: number, design: RoomDesign, inputs: RoomInputs): RoomState {
  let next = state
  for (let left = minutes; left > 1e-9; left -= innerStepMinutes) next = stepOnce(next, Math.min(left, innerStepMinutes), design, inputs)
  return next
}

function stepOnce(state: RoomState, minutes: number, design: RoomDesign, inputs: RoomInputs): RoomState {
  const defrost = stepDefrost(state, minutes, design, inputs)
  const running = inputs.powered && inputs.compressorWorks && !defrost.defrosting && thermostat(state, design, inputs)
  const wall = design.wallRate * (inputs.doorOpen ? 1 + design.doorFactor : 1)
  const airToGoods = design.airToGoodsRateEmpty + (design.airToGoodsRateFull - design.airToGoodsRateEmpty) * inputs.load
  const cooling = running ? design.coolingRate : 0
  const air = state.air + minutes * (wall * (inputs.outside - state.air) + design.goodsToAirRate * (state.goods - state.air) - cooling)
  const goods = state.goods + minutes * airToGoods * (state.air - state.goods)
  const humidityGoal = inputs.doorOpen ? 88 : running ? 55 : 70
  const amperes = running ? design.compressorAmperes * (0.9 + 0.004 * (inputs.outside - state.air)) : 0
  const kilowatts = inputs.powered ? design.baseKilowatts + amperes * voltsTimesPhases + (defrost.defrosting ? 1.5 : 0) : 0
  return {
    minutes: state.minutes + minutes,
    air,
    goods,
    humidity: state.humidity + minutes * 0.08 * (humidityGoal - state.humidity),
    running,
    sinceDefrostMinutes: defrost.sinceMinutes,
    defrosting: defrost.defrosting,
    amperes,
    kilowatts
  }
}

function thermostat(state: RoomState, design: RoomDesign, inputs: RoomInputs): boolean {
  if (state.air >= inputs.setPoint + design.hysteresis) return true
  if (state.air <= inputs.setPoint - design.hysteresis) return false
  return state.running
}

function stepDefrost(
  state: RoomState,
  minutes: number,
  design: RoomDesign,
  inputs: RoomInputs
): { defrosting: boolean; sinceMinutes: number } {
  if (design.defrostEveryMinutes === 0 || !inputs.powered) return { defrosting: false, sinceMinutes: state.sinceDefrostMinutes }
  const sinceMinutes = state.sinceDefrostMinutes + minutes
  if (state.defrosting)
    return sinceMinutes < design.defrostMinutes ? { defrosting: true, sinceMinutes } : { defrosting: false, sinceMinutes }
  // A warm room waits with its defrosting: the controller would otherwise push it over its limit.
  const due = sinceMinutes >= design.defrostEveryMinutes && state.air < inputs.setPoint && !inputs.doorOpen
  return due ? { defrosting: true, sinceMinutes: 0 } : { defrosting: false, sinceMinutes }
}

/** Outside temperature over the day: a sinusoid with its peak at 15:00, in °C. */
export function outsideTemperature(minutesOfDay: number, day = { mean: 26, amplitude: 4 }): number {
  return day.mean + day.amplitude * Math.cos(((minutesOfDay - 15 * 60) / (24 * 60)) * 2 * Math.PI)
}

const cold = {
  doorFactor: 5,
  goodsToAirRate: 0.008,
  airToGoodsRateEmpty: 0.004,
  airToGoodsRateFull: 0.0008,
  compressorAmperes: 14,
  baseKilowatts: 1.2
} as const

/** A vaccine room: without cooling it passes 8 °C after about half an hour. */
export const vaccineRoom: RoomDesign = {
  ...cold,
  setPoint: 5,
  hysteresis: 0.8,
  wallRate: 0.0055,
  coolingRate: 0.32,
  defrostEveryMinutes: 420,
  defrostMinutes: 5
}
/** A frozen room: −22 °C, passes −18 °C after about twenty minutes. */
export const frozenRoom: RoomDesign = {
  ...cold,
  setPoint: -22,
  hysteresis: 0.8,
  wallRate: 0.0042,
  coolingRate: 0.55,
  compressorAmperes: 22,
  defrostEveryMinutes: 360,
  defrostMinutes: 6,
  doorFactor: 4
}
/** An air-conditioned room for dry goods. */
export const ambientRoom: RoomDesign = {
  ...cold,
  setPoint: 20.5,
  hysteresis: 0.8,
  wallRate: 0.02,
  coolingRate: 0.4,
  compressorAmperes: 8,
  defrostEveryMinutes: 0,
  defrostMinutes: 0,
  doorFactor: 4
}
/** A reefer container holding medicines; smaller, so quicker to warm. */
export const reeferCool: RoomDesign = {
  ...cold,
  setPoint: 5,
  hysteresis: 0.7,
  wallRate: 0.006,
  coolingRate: 0.34,
  compressorAmperes: 9,
  baseKilowatts: 0.8,
  defrostEveryMinutes: 480,
  defrostMinutes: 5
}
export const reeferFrozen: RoomDesign = {
  ...cold,
  setPoint: -22,
  hysteresis: 0.8,
  wallRate: 0.0045,
  coolingRate: 0.55,
  compressorAmperes: 12,
  baseKilowatts: 0.8,
  defrostEveryMinutes: 360,
  defrostMinutes: 6
}
export const reeferDry: RoomDesign = {
  ...cold,
  setPoint: 19,
  hysteresis: 0.8,
  wallRate: 0.02,
  coolingRate: 0.4,
  compressorAmperes: 6,
  baseKilowatts: 0.6,
  defrostEveryMinutes: 0,
  defrostMinutes: 0
}
