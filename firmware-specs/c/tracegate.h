/*
 * Tracegate device contract, version 1: the public interface of the C reference.
 *
 * No memory is allocated, nothing is global, nothing blocks, and nothing is kept between two calls but in the structs that the caller
 * owns: any function may be called from any thread or task as long as no two use one struct at once.
 */
#ifndef TRACEGATE_H
#define TRACEGATE_H

#include "tracegate_base.h"
#include "tracegate_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Payloads ------------------------------------------------------------------------------------------------------------------- */

/*
 * Checks a payload, JSON or CBOR told by its first byte, as the platform does: TG_OK, or TG_REFUSED with the platform's own code. An event
 * may be bare EPCIS, too, and what EPCIS asks of it is checked; a build with TG_WITHOUT_EPCIS is smaller and checks the envelope alone.
 */
int tg_validate(int message, const uint8_t *payload, size_t length, tg_reason *reason);

/*
 * Writes a payload again in an encoding, members in the order they stand, numbers and texts in the shortest form: what the platform's
 * own encoder gives for the same value. Returns the length it needs, or a negative status.
 */
int32_t tg_transcode(const uint8_t *payload, size_t length, enum tg_encoding encoding, uint8_t *bytes, size_t size, tg_reason *reason);

/* A reading with the rules of TG-602 kept: what is not a number, or infinite, becomes null with quality 9. */
tg_reading tg_reading_of(const char *metric, const char *unit, double value, uint8_t quality);

/* Shortest decimal that reads back as the same number, as ECMAScript writes it; `text` takes 32 bytes. Returns its length. */
size_t tg_format_number(double value, char text[32]);

/* ---- Topics --------------------------------------------------------------------------------------------------------------------- */

enum tg_topic_type { TG_TOPIC_DEVICE, TG_TOPIC_CONTROL, TG_TOPIC_ANOMALY, TG_TOPIC_WARNING, TG_TOPIC_RECALL };

typedef struct tg_topic {
  enum tg_topic_type type;
  tg_text point;
  tg_text device;
  int message; /* enum tg_message, of a device's topic */
  uint8_t level; /* 1 to 4, of a warning */
} tg_topic;

/* Writes `tg/v1/{point}/{device}/{channel}` with a NUL; returns its length, TG_REFUSED for a bad name, TG_NO_ROOM. */
int32_t tg_topic_build(tg_text point, tg_text device, int message, char *text, size_t size);

/* Takes a topic apart; its texts point into `text`. */
int tg_topic_parse(tg_text text, tg_topic *topic, tg_reason *reason);

/* ---- What is kept until it is safe (TG-401 … TG-415) ------------------------------------------------------------------------------ */

/* One message of a boot. The bytes are in the outbox's own memory; after a drop there are none, only the count of what is lost. */
typedef struct tg_slot {
  int64_t seq;
  int64_t time_ms;
  uint32_t offset;
  uint32_t length;
  uint32_t dropped_readings; /* more than 0: telemetry that gave way; what is sent is a tombstone made on demand (TG-413) */
  uint16_t readings;
  uint8_t message; /* enum tg_message */
  uint8_t state;   /* enum tg_slot_state */
  int32_t packet;  /* the client library's id of the transmission */
} tg_slot;

enum tg_slot_state { TG_SLOT_WAITING = 0, TG_SLOT_IN_FLIGHT = 1, TG_SLOT_ACKNOWLEDGED = 2 };

typedef struct tg_outbox {
  char boot[65];
  int64_t next_seq;
  int64_t sent_up_to;      /* highest seq that was sent at least once, -1 when none */
  int64_t committed_up_to; /* watermark of this boot, -1 when none */
  bool keep_until_committed;
  bool connected;
  tg_slot *slots; /* in order of seq */
  uint32_t slot_count;
  uint32_t slots_used;
  uint8_t *bytes;
  uint32_t byte_count;
  uint32_t bytes_used;
  uint16_t in_flight;
  uint16_t in_flight_max;
  uint32_t refused_messages;     /* not taken for want of room */
  uint32_t dropped_messages;     /* gave way, and go out as tombstones */
  uint32_t ignored_watermarks;   /* old, of another boot, or beyond what was sent (TG-409) */
  uint32_t ignored_acknowledges; /* of no message in flight (TG-407) */
  int64_t silent_seq;            /* oldest message, acknowledged and not committed, -1 when there is none */
  int64_t silent_since_ms;
  int64_t silence_max_ms; /* after so long everything that is acknowledged is sent again */
} tg_outbox;

/*
 * `keep_until_committed`: messages wait for the watermark as well as for PUBACK (TG-405); subscribe to `committed` first (TG-406).
 * `boot` must be new at every start (TG-401). `in_flight_max` is at most 1000 (TG-111).
 */
int tg_outbox_init(tg_outbox *outbox, tg_text boot, bool keep_until_committed, uint16_t in_flight_max);
/* Lends the memory: `slots` for the messages, `bytes` for their payloads. */
void tg_outbox_lend(tg_outbox *outbox, tg_slot *slots, uint32_t slot_count, uint8_t *bytes, uint32_t byte_count);
/* The number that the next message must carry; it is used up by tg_outbox_put. */
int64_t tg_outbox_next_seq(const tg_outbox *outbox);
/*
 * Keeps an encoded message under its number. For want of room the oldest telemetry that is not in flight gives way, never a scan or
 * an event; when there is none, TG_NO_ROOM and the number stays free. `readings` is the number of readings of telemetry, else 0.
 */
int tg_outbox_put(tg_outbox *outbox, int message, int64_t time_ms, uint16_t readings, const uint8_t *payload, size_t length);
/*
 * Takes a message of an earlier start back under its number, in order of seq, into an outbox with the boot of that start. Such an outbox
 * takes no new messages, and believes any watermark of its boot: what was sent then, nobody knows any more.
 */
int tg_outbox_restore(tg_outbox *outbox, int message, int64_t seq, int64_t time_ms, uint16_t readings, const uint8_t *payload, size_t length);
/* The connection is there, or lost: what was not acknowledged (or not committed) is to be sent again (TG-404, TG-405, TG-415). */
void tg_outbox_connected(tg_outbox *outbox);
void tg_outbox_disconnected(tg_outbox *outbox);
/*
 * Call it at least once a second, with milliseconds of a clock that does not jump. When the oldest message is acknowledged and no watermark
 * has covered it for ten seconds, everything that is acknowledged is to be sent again, for the broker may have lost it; the next wait is
 * twice as long, at most 40 seconds, until a watermark moves or the connection is made again (TG-405). Returns how many messages it were.
 */
uint32_t tg_outbox_tick(tg_outbox *outbox, int64_t now_ms);
/* The next message to send, in order of seq, or NULL: none, no connection, or enough in flight. */
tg_slot *tg_outbox_next(tg_outbox *outbox);
/* The bytes of a message, or the tombstone that stands for it, written to `bytes`. Returns the length, or a negative status. */
int32_t tg_outbox_payload(const tg_outbox *outbox, const tg_slot *slot, enum tg_encoding encoding, uint8_t *bytes, size_t size);
/* The message was given to the client library under a packet id. */
void tg_outbox_sent(tg_outbox *outbox, tg_slot *slot, int32_t packet);
/* PUBACK for a packet id; unknown ones are counted and harm nothing. */
void tg_outbox_acknowledged(tg_outbox *outbox, int32_t packet);
/* The payload of the `committed` topic, in whatever state it came (TG-409). True when it moved the watermark. */
bool tg_outbox_committed(tg_outbox *outbox, const uint8_t *payload, size_t length);

/* ---- Orders (TG-801 … TG-806) ----------------------------------------------------------------------------------------------------- */

typedef struct tg_order_record {
  char id[65];
  uint8_t status; /* enum tg_status_… of command/reply */
} tg_order_record;

/* The last orders and what became of them, so that one that comes again is carried out once (TG-805). */
typedef struct tg_order_log {
  tg_order_record *records;
  uint16_t record_count;
  uint16_t next;
} tg_order_log;

enum tg_order_verdict {
  TG_ORDER_UNREADABLE = 0, /* changes nothing, is not answered (TG-806) */
  TG_ORDER_NEW = 1,        /* carry it out (or refuse it), then tg_order_finish */
  TG_ORDER_AGAIN = 2,      /* answer with the status that it had */
  TG_ORDER_EXPIRED = 3,    /* answer `expired`, do not carry it out (TG-803) */
  TG_ORDER_UNKNOWN = 4     /* answer `refused` (TG-804): no order of this version, wrong arguments, or the arena has no room for them */
};

typedef struct tg_order {
  enum tg_order_verdict verdict;
  char id[65];
  uint8_t status; /* of TG_ORDER_AGAIN */
  tg_command command; /* of TG_ORDER_NEW; its texts point into the payload or the arena */
} tg_order;

void tg_order_log_init(tg_order_log *log, tg_order_record *records, uint16_t record_count);
/* What to do with the payload of the `command` topic. Never fails. */
void tg_order_read(const tg_order_log *log, const uint8_t *payload, size_t length, int64_t now_ms, tg_arena *arena, tg_order *order);
/* Remembers what became of an order. */
void tg_order_finish(tg_order_log *log, const char *id, uint8_t status);

/* ---- Scans: GS1, EPC, AutoID ------------------------------------------------------------------------------------------------------ */

typedef struct tg_ai_value {
  tg_text ai;
  tg_text value;
} tg_ai_value;

/* Check digit (modulo 10) that belongs after `digits`; -1 when they are not digits. */
int tg_check_digit(tg_text digits);
/* NULL, or the fault: whether the last digit is the check digit of those before it. */
const char *tg_check_mod10(tg_text digits);
/* NULL, or the fault of a GMN's or MUDI's pair of check characters. */
const char *tg_check_pair(tg_text text);

/* Reads an element string without brackets, FNC1 as U+001D. `ais` point into `data`. Checks every value against its format. */
int tg_read_element_string(tg_text data, tg_ai_value *ais, size_t ais_max, size_t *count, tg_reason *reason);
/* Whether identifiers may stand together: repeated ones, ones that exclude each other. What one needs may be in another code. */
int tg_check_associations(const tg_ai_value *ais, size_t count, tg_reason *reason);

/* What a scanner sent, taken apart. The texts point into the scan or into the arena. */
typedef struct tg_scan_content {
  tg_ai_value ais[TG_AIS_MAX]; /* in the order of the data; of a Digital Link in the order of the link */
  size_t ai_count;
  tg_text primary; /* digits of an EAN or UPC symbol */
  tg_text text;    /* what is no element string; the EPC URN of a tag */
  tg_text key;     /* canonical Digital Link at https://id.gs1.org/ of what the data names; empty when it names nothing */
} tg_scan_content;

/* Reads what a scanner sent under an AIM symbology identifier (ISO/IEC 15424), or `epc` for a tag's EPC memory in hexadecimal. */
int tg_read_scan(tg_text symbology, tg_text data, tg_scan_content *content, tg_arena *arena, tg_reason *reason);

/* Reads a GS1 Digital Link strictly; its values are unescaped into the arena. */
int tg_read_digital_link(tg_text link, tg_ai_value *ais, size_t ais_max, size_t *count, tg_arena *arena, tg_reason *reason);

/* Writes the canonical key that identifiers name, with a NUL: its length, 0 when they name nothing, or TG_NO_ROOM. */
int32_t tg_key_of_ais(const tg_ai_value *ais, size_t count, char *text, size_t size);

#define TG_EPC_URN_BYTES 160
/* EPC memory in hexadecimal, from its header on, to the EPC URN, with a NUL. Returns its length or a negative status. */
int32_t tg_read_epc(tg_text hex, char urn[TG_EPC_URN_BYTES], tg_reason *reason);

/* Writes the canonical key that an EPC URN names, with a NUL: its length, 0 when it is none of a GS1 key, or TG_NO_ROOM. */
int32_t tg_key_of_urn(tg_text urn, char *text, size_t size);

/* Numeric ids of the Default Binary encodings in http://opcfoundation.org/UA/AutoID/ (OPC 30010, model 1.01). */
enum tg_autoid_type {
  TG_AUTOID_SCAN_RESULT = 5002,
  TG_AUTOID_OCR_SCAN_RESULT = 5004,
  TG_AUTOID_RFID_SCAN_RESULT = 5011,
  TG_AUTOID_OPTICAL_SCAN_RESULT = 5040,
  TG_AUTOID_RTLS_LOCATION_RESULT = 5048,
  TG_AUTOID_OPTICAL_VERIFIER_SCAN_RESULT = 5052
};

enum tg_autoid_data { TG_AUTOID_BYTES = 0, TG_AUTOID_TEXT = 1, TG_AUTOID_EPC = 2, TG_AUTOID_CUSTOM = 3 };
enum tg_autoid_location { TG_LOCATION_NONE = 0, TG_LOCATION_NMEA = 1, TG_LOCATION_LOCAL = 2, TG_LOCATION_WGS84 = 3, TG_LOCATION_NAME = 4 };

/* A time that may be missing. */
typedef struct tg_maybe_time {
  bool is_there;
  int64_t time_ms;
} tg_maybe_time;

typedef struct tg_node_id {
  uint8_t form; /* 'i' numeric, 's' string, 'g' GUID (16 bytes as encoded), 'b' bytes */
  uint16_t namespace_index;
  uint32_t number;
  tg_text bytes;
} tg_node_id;

typedef struct tg_autoid_result {
  tg_text code_type;
  uint8_t data_type; /* enum tg_autoid_data */
  tg_text data;      /* bytes as read, also of a text */
  uint16_t pc, xpc_w1, xpc_w2; /* of an EPC */
  tg_maybe_time time;
  uint8_t location_type; /* enum tg_autoid_location */
  tg_text place;         /* NMEA sentence or name */
  double x, y, z;        /* local; of WGS 84 latitude, longitude (south and west negative) and altitude in metres */
  tg_maybe_time place_time;
  double dilution_of_precision;
  int32_t useful_precision, useful_precision_alt;
  bool has_grade, has_position, has_symbology, has_image_id, has_font;
  double grade;
  int32_t position[5]; /* x, y, width, height, rotation in degrees */
  tg_text symbology;
  tg_node_id image_id;
  uint8_t ocr_quality;
  tg_text font;
  tg_maybe_time decoded_at;
  tg_text iso_grade;   /* of a verifier */
  int16_t figures[8];  /* rMin, symbolContrast, ecMin, modulation, defects, decodability, decode, printGain */
  double movement[5];  /* speed in m/s, heading in degrees, yaw, pitch, roll */
  tg_maybe_time received_at;
  uint32_t sighting_count;
  const uint8_t *sightings; /* as encoded; read one with tg_autoid_sighting */
} tg_autoid_result;

typedef struct tg_sighting {
  int32_t antenna;
  int32_t strength_dbm;
  tg_maybe_time time;
  int32_t power_level;
} tg_sighting;

/*
 * Reads a scan result field by field; texts point into `bytes`. Optional fields have their bits in one mask that counts over the whole
 * inheritance, a supertype's first (OPC 10000-6 §5.2.7). Bytes behind the last known field are let be.
 */
int tg_read_autoid(int type, const uint8_t *bytes, size_t length, tg_autoid_result *result, tg_reason *reason);
/* `index` is below sighting_count. */
tg_sighting tg_autoid_sighting(const tg_autoid_result *result, uint32_t index);

/* ---- Times ------------------------------------------------------------------------------------------------------------------------ */

/* `2026-11-23T18:30:00.000Z` with a NUL: 24 characters. TG_REFUSED outside of the years 1970 to 9999. */
int tg_format_time(int64_t time_ms, char text[25]);
/* RFC 3339 with `Z` or an offset to milliseconds since 1970; TG_REFUSED for what is no such time. */
int tg_parse_time(tg_text text, int64_t *time_ms);

/* ---- What a receiver knows of a boot ---------------------------------------------------------------------------------------------- */

/* Numbers that came beyond the watermark, without holes. */
typedef struct tg_span {
  int64_t from;
  int64_t to;
} tg_span;

/* For gateways: which messages of one boot have come, and up to where all of them have. */
typedef struct tg_stream {
  int64_t up_to; /* -1 when nothing has */
  tg_span *spans;
  uint16_t span_count;
  uint16_t spans_used;
} tg_stream;

void tg_stream_init(tg_stream *stream, tg_span *spans, uint16_t span_count);
/* Notes a number: 1 when it is new, 0 when it came before, TG_NO_ROOM when it is new and cannot be remembered: ask for it again. */
int tg_stream_note(tg_stream *stream, int64_t seq);

#ifdef __cplusplus
}
#endif

#endif
