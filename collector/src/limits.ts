/** Every bound of the collector in one place, with what happens there. All of them are counted. */

export interface CollectorLimits {
  /** A group commit is made when so many messages wait, or the first of them for so long; it takes at most `groupTakeMax`. */
  readonly groupMessagesMax: number
  readonly groupTakeMax: number
  readonly groupWaitMaxMs: number
  /** Bytes of one group commit, so that none holds the event loop or the memory for long; the rest is in the next one. */
  readonly groupBytesMax: number
  /** Messages and bytes that wait for their commit; past either one more is rejected and not acknowledged. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
  /** Messages and bytes in the log; past either commits wait, and are rejected after `commitTimeoutMs`. */
  readonly logMessagesMax: number
  readonly logBytesMax: number
  readonly commitTimeoutMs: number
  /** Of these bounds, what telemetry leaves to alarms and trace events. */
  readonly reservedShare: number
  /** Pages of 4 KiB that `collector.db` may have; past it commits wait as past the others. The disk is the bound without it. */
  readonly filePagesMax?: number
  /** After a commit that failed (disk full) the next attempt comes so much later; the messages wait meanwhile. */
  readonly commitRetryMs: number
  /** What is stored leaves the log, and the streams that came in order are saved, so often; at once where the log is full. */
  readonly releaseEveryMs: number
  /** Messages whose place in their stream only the log knows; past it the streams are saved with the next commit. */
  readonly replayMessagesMax: number
  /** Bytes of a lane's decoded messages kept beside the log (decoded they take about five times as much); what is past it is read from the log again. */
  readonly tailBytesMax: number
  /** Dead letters kept; the oldest go. */
  readonly deadLettersMax: number
  readonly deadLetterBytesMax: number
  /** Older ones go. */
  readonly deadLetterDaysMax: number
  /** Streams (device and boot) whose state is in memory; the rest is read from the database when needed. */
  readonly streamsInMemoryMax: number
  /** Boots of one device that are remembered; a message of an older one is taken as new. */
  readonly bootsPerDeviceMax: number
  /** How long a gap that nothing fills holds the watermark back. Its messages are still taken when they come. */
  readonly gapGiveUpMs: number
  /**
   * The same for a stream whose first message is not number 0: after the loss of `collector.db`, or because a broker acknowledged
   * the first ones and forgot them. Senders must have sent those again by then: the edge does so at most 40 s after the PUBACK.
   */
  readonly startGiveUpMs: number
  /** One batch to the stores: messages, readings and events, bytes. */
  readonly batchMessagesMax: number
  readonly batchItemsMax: number
  readonly batchBytesMax: number
  readonly batchWaitMs: number
  /** With a slow store the wait between two batches grows with the time a batch takes, up to this. */
  readonly batchWaitMaxMs: number
  /** Delays between two attempts of a failing store: the first, and the longest. */
  readonly retryFirstMs: number
  readonly retryMaxMs: number
  /** Readings and events that wait to be judged; past it storing waits, and after `judgeWaitMs` they stay unjudged. */
  readonly judgeItemsMax: number
  readonly judgeWaitMs: number
  /** Anomalies that wait to be kept; past it the oldest change is lost. */
  readonly anomaliesWaitingMax: number
  /** At most so often a device is told its watermark. */
  readonly watermarkIntervalMs: number
  readonly watermarksPerTickMax: number
  /** Devices whose health is in memory; past it those that were silent longest are forgotten. */
  readonly devicesInMemoryMax: number
  /** A device's clock is ahead when its messages come so long before their time, and behind when they come so long after it and steadily so. */
  readonly clockAheadMs: number
  readonly clockBehindMs: number
  /** A later message with a time so much earlier is a jump. */
  readonly clockJumpMs: number
  /** A reading that comes so long after its time, by a clock that is not behind, is history. */
  readonly historicalAfterMs: number
  /** How long closing waits for what is under way. */
  readonly closeTimeoutMs: number
}

const mebibyte = 1_048_576

export const defaultCollectorLimits: CollectorLimits = {
  groupMessagesMax: 1_000,
  groupTakeMax: 4_000,
  groupWaitMaxMs: 4,
  groupBytesMax: 16 * mebibyte,
  waitingMax: 50_000,
  waitingBytesMax: 128 * mebibyte,
  logMessagesMax: 4_000_000,
  logBytesMax: 512 * mebibyte,
  commitTimeoutMs: 20_000,
  reservedShare: 0.125,
  commitRetryMs: 200,
  releaseEveryMs: 1_000,
  replayMessagesMax: 100_000,
  tailBytesMax: 32 * mebibyte,
  deadLettersMax: 10_000,
  deadLetterBytesMax: 64 * mebibyte,
  deadLetterDaysMax: 90,
  streamsInMemoryMax: 50_000,
  bootsPerDeviceMax: 64,
  gapGiveUpMs: 600_000,
  startGiveUpMs: 60_000,
  batchMessagesMax: 4_000,
  batchItemsMax: 40_000,
  batchBytesMax: 4 * mebibyte,
  batchWaitMs: 20,
  batchWaitMaxMs: 50,
  retryFirstMs: 100,
  retryMaxMs: 5_000,
  judgeItemsMax: 80_000,
  judgeWaitMs: 2_000,
  anomaliesWaitingMax: 10_000,
  watermarkIntervalMs: 100,
  watermarksPerTickMax: 2_000,
  devicesInMemoryMax: 50_000,
  clockAheadMs: 5_000,
  clockBehindMs: 60_000,
  clockJumpMs: 1_000,
  historicalAfterMs: 300_000,
  closeTimeoutMs: 1_200
}
