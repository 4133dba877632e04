/** Who gives way when the outbox has reached its size. Events, scans and alarms never do. */
export const dropPolicies = ['oldest-telemetry', 'newest-telemetry'] as const

/** oldest-telemetry: what has waited longest; newest-telemetry: what comes is refused. */
export type DropPolicy = (typeof dropPolicies)[number]
