/* Generated from the schemas of the platform by `npm run generate`. Do not edit. */
#ifndef TRACEGATE_TYPES_H
#define TRACEGATE_TYPES_H

#include "tracegate_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TG_WIRE_VERSION 1
#define TG_TOPIC_ROOT "tg/v1"
#define TG_TOPIC_BYTES_MAX 160
#define TG_PAYLOAD_BYTES_MAX 262144
#define TG_DEPTH_MAX 64
#define TG_READINGS_MAX 1000
#define TG_SCANS_MAX 500
#define TG_SCAN_CHARACTERS_MAX 8192
#define TG_CONFIGURATION_CHARACTERS_MAX 131072
#define TG_AIS_MAX 64
#define TG_DROPPED_READINGS_METRIC "edge.droppedReadings"

enum tg_message { TG_MESSAGE_TELEMETRY = 0, TG_MESSAGE_SCAN = 1, TG_MESSAGE_EVENT = 2, TG_MESSAGE_STATE = 3, TG_MESSAGE_COMMAND = 4, TG_MESSAGE_COMMAND_REPLY = 5, TG_MESSAGE_COMMITTED = 6 };
#define TG_MESSAGE_COUNT 7

enum tg_time_quality {
  TG_TIME_QUALITY_SYNCHRONIZED = 0,
  TG_TIME_QUALITY_HOLDOVER = 1,
  TG_TIME_QUALITY_UNSYNCHRONIZED = 2,
  TG_TIME_QUALITY_UNKNOWN = 3
};
enum tg_quality {
  TG_QUALITY_GOOD = 1,
  TG_QUALITY_NOT_EVALUATED = 2,
  TG_QUALITY_SUSPECT = 3,
  TG_QUALITY_FAIL = 4,
  TG_QUALITY_MISSING = 9
};
enum tg_scan_direction { TG_SCAN_DIRECTION_IN = 0, TG_SCAN_DIRECTION_OUT = 1, TG_SCAN_DIRECTION_UNKNOWN = 2 };
enum tg_capability {
  TG_CAPABILITY_TELEMETRY = 0,
  TG_CAPABILITY_SCAN = 1,
  TG_CAPABILITY_EVENT = 2,
  TG_CAPABILITY_COMMAND = 3
};
enum tg_state_variant { TG_STATE_BIRTH = 0, TG_STATE_DEATH = 1 };
enum tg_command_variant {
  TG_COMMAND_REBIRTH = 0,
  TG_COMMAND_RESCAN = 1,
  TG_COMMAND_HOLD_GATE = 2,
  TG_COMMAND_RELEASE_GATE = 3,
  TG_COMMAND_SET_INTERVAL = 4,
  TG_COMMAND_CONFIGURE = 5
};
enum tg_command_status {
  TG_COMMAND_STATUS_ACCEPTED = 0,
  TG_COMMAND_STATUS_DONE = 1,
  TG_COMMAND_STATUS_REFUSED = 2,
  TG_COMMAND_STATUS_FAILED = 3,
  TG_COMMAND_STATUS_EXPIRED = 4
};

typedef struct tg_reading {
  tg_text metric;
  tg_scalar value;
  tg_text unit;
  uint8_t quality; /* enum tg_quality */
  bool has_time_ms;
  int64_t time_ms;
} tg_reading;

typedef struct tg_telemetry {
  tg_text boot;
  int64_t seq;
  int64_t time_ms;
  uint8_t time_quality; /* enum tg_time_quality */
  const tg_reading *readings;
  size_t readings_count;
} tg_telemetry;

typedef struct tg_scan {
  tg_text symbology;
  tg_text data;
  bool has_time_ms;
  int64_t time_ms;
  bool has_antenna;
  int64_t antenna;
  bool has_signal_dbm;
  double signal_dbm;
  bool has_direction;
  uint8_t direction; /* enum tg_scan_direction */
  bool has_grade;
  double grade;
} tg_scan;

typedef struct tg_scan_message {
  tg_text boot;
  int64_t seq;
  int64_t time_ms;
  uint8_t time_quality; /* enum tg_time_quality */
  const tg_scan *scans;
  size_t scans_count;
} tg_scan_message;

typedef struct tg_event_message {
  tg_text boot;
  int64_t seq;
  int64_t time_ms;
  uint8_t time_quality; /* enum tg_time_quality */
  tg_text epcis; /* one JSON object, as text */
} tg_event_message;

typedef struct tg_identity {
  tg_text manufacturer;
  tg_text model;
  tg_text serial_number;
  bool has_hardware;
  tg_text hardware;
  tg_text firmware;
} tg_identity;

typedef struct tg_metric_declaration {
  tg_text metric;
  tg_text unit;
  bool has_description;
  tg_text description;
  bool has_min;
  double min;
  bool has_max;
  double max;
  bool has_accuracy;
  double accuracy;
  bool has_interval_ms;
  int64_t interval_ms;
  bool has_calibration_due_ms;
  int64_t calibration_due_ms;
} tg_metric_declaration;

typedef struct tg_birth {
  tg_text boot;
  int64_t time_ms;
  uint8_t time_quality; /* enum tg_time_quality */
  tg_identity identity;
  const uint8_t *capabilities; /* of enum tg_capability */
  size_t capabilities_count;
  const tg_metric_declaration *metrics;
  size_t metrics_count;
} tg_birth;

typedef struct tg_death {
  tg_text boot;
  bool has_time_ms;
  int64_t time_ms;
  bool has_reason;
  tg_text reason;
} tg_death;

typedef struct tg_state {
  uint8_t variant; /* enum tg_state_variant */
  union {
    tg_birth birth;
    tg_death death;
  } as;
} tg_state;

typedef struct tg_command_rebirth {
  tg_text id;
  int64_t issued_at_ms;
  int64_t deadline_ms;
} tg_command_rebirth;

typedef struct tg_command_rescan {
  tg_text id;
  int64_t issued_at_ms;
  int64_t deadline_ms;
} tg_command_rescan;

typedef struct tg_command_hold_gate_args {
  bool has_reason;
  tg_text reason;
} tg_command_hold_gate_args;

typedef struct tg_command_hold_gate {
  tg_text id;
  int64_t issued_at_ms;
  int64_t deadline_ms;
  bool has_args;
  tg_command_hold_gate_args args;
} tg_command_hold_gate;

typedef struct tg_command_release_gate_args {
  bool has_reason;
  tg_text reason;
} tg_command_release_gate_args;

typedef struct tg_command_release_gate {
  tg_text id;
  int64_t issued_at_ms;
  int64_t deadline_ms;
  bool has_args;
  tg_command_release_gate_args args;
} tg_command_release_gate;

typedef struct tg_command_set_interval_args {
  bool has_metric;
  tg_text metric;
  int64_t interval_ms;
} tg_command_set_interval_args;

typedef struct tg_command_set_interval {
  tg_text id;
  int64_t issued_at_ms;
  int64_t deadline_ms;
  tg_command_set_interval_args args;
} tg_command_set_interval;

typedef struct tg_command_configure_args {
  int64_t version;
  tg_text configuration;
  tg_text key_id;
  tg_text signature;
} tg_command_configure_args;

typedef struct tg_command_configure {
  tg_text id;
  int64_t issued_at_ms;
  int64_t deadline_ms;
  tg_command_configure_args args;
} tg_command_configure;

typedef struct tg_command {
  uint8_t variant; /* enum tg_command_variant */
  union {
    tg_command_rebirth rebirth;
    tg_command_rescan rescan;
    tg_command_hold_gate hold_gate;
    tg_command_release_gate release_gate;
    tg_command_set_interval set_interval;
    tg_command_configure configure;
  } as;
} tg_command;

typedef struct tg_command_reply {
  tg_text id;
  uint8_t status; /* enum tg_command_status */
  int64_t time_ms;
  bool has_message;
  tg_text message;
} tg_command_reply;

typedef struct tg_committed {
  tg_text boot;
  int64_t up_to;
} tg_committed;

static inline int32_t tg_encode_telemetry(const tg_telemetry *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_TELEMETRY, value, encoding, bytes, size, reason);
}
static inline int tg_decode_telemetry(const uint8_t *payload, size_t length, tg_telemetry *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_TELEMETRY, payload, length, value, arena, reason);
}

static inline int32_t tg_encode_scan(const tg_scan_message *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_SCAN, value, encoding, bytes, size, reason);
}
static inline int tg_decode_scan(const uint8_t *payload, size_t length, tg_scan_message *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_SCAN, payload, length, value, arena, reason);
}

static inline int32_t tg_encode_event(const tg_event_message *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_EVENT, value, encoding, bytes, size, reason);
}
static inline int tg_decode_event(const uint8_t *payload, size_t length, tg_event_message *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_EVENT, payload, length, value, arena, reason);
}

static inline int32_t tg_encode_state(const tg_state *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_STATE, value, encoding, bytes, size, reason);
}
static inline int tg_decode_state(const uint8_t *payload, size_t length, tg_state *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_STATE, payload, length, value, arena, reason);
}

static inline int32_t tg_encode_command(const tg_command *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_COMMAND, value, encoding, bytes, size, reason);
}
static inline int tg_decode_command(const uint8_t *payload, size_t length, tg_command *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_COMMAND, payload, length, value, arena, reason);
}

static inline int32_t tg_encode_command_reply(const tg_command_reply *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_COMMAND_REPLY, value, encoding, bytes, size, reason);
}
static inline int tg_decode_command_reply(const uint8_t *payload, size_t length, tg_command_reply *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_COMMAND_REPLY, payload, length, value, arena, reason);
}

static inline int32_t tg_encode_committed(const tg_committed *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,
                                       tg_reason *reason) {
  return tg_encode(TG_MESSAGE_COMMITTED, value, encoding, bytes, size, reason);
}
static inline int tg_decode_committed(const uint8_t *payload, size_t length, tg_committed *value, tg_arena *arena, tg_reason *reason) {
  return tg_decode(TG_MESSAGE_COMMITTED, payload, length, value, arena, reason);
}

#ifdef __cplusplus
}
#endif

#endif
