/** What the names of metrics and units look like on the wire, for those who take them from a payload of somebody else's. */

/** As `Metric` of the telemetry schema. */
export const metricPattern = /^[A-Za-z0-9_.-]{1,64}$/

/** As `UcumUnit` of the telemetry schema. */
export const unitPattern = /^[\x21-\x7e]{1,32}$/
