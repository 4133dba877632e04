/* Scan results of AutoID readers (OPC 30010) in OPC UA binary (OPC 10000-6 §5.2): little-endian whatever the machine. */
#include <string.h>

#include "internal.h"

/* `is_short` once something was read beyond the end; from then on everything reads as nothing. */
typedef struct reader {
  const uint8_t *bytes;
  size_t length;
  size_t at;
  bool is_short;
  const char *fault;
} reader;

static const uint8_t *take(reader *in, size_t count) {
  if (in->is_short || in->length - in->at < count) {
    in->is_short = true;
    return NULL;
  }
  in->at += count;
  return in->bytes + in->at - count;
}

static uint64_t read_unsigned(reader *in, size_t count) {
  const uint8_t *bytes = take(in, count);
  uint64_t value = 0;
  for (size_t index = count; bytes != NULL && index > 0; index -= 1) value = (value << 8) | bytes[index - 1];
  return value;
}

static int32_t read_int32(reader *in) { return (int32_t)(uint32_t)read_unsigned(in, 4); }

static double read_double(reader *in) {
  const uint64_t bits = read_unsigned(in, 8);
  double value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double read_float(reader *in) {
  const uint32_t bits = (uint32_t)read_unsigned(in, 4);
  float value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* A length of -1 is the null string. */
static tg_text read_bytes(reader *in) {
  const int32_t length = read_int32(in);
  tg_text text = {NULL, 0};
  if (length <= 0) return text;
  text.bytes = (const char *)take(in, (size_t)length);
  text.length = text.bytes == NULL ? 0 : (size_t)length;
  return text;
}

/* Ticks of 100 ns since 1601; before 1970 and beyond what calendars reach it counts as missing (§5.2.2.5). */
static tg_maybe_time read_time(reader *in) {
  const int64_t epoch_ticks = INT64_C(116444736000000000);
  const int64_t time_ms_max = INT64_C(8640000000000000);
  const int64_t ticks = (int64_t)read_unsigned(in, 8);
  tg_maybe_time time = {false, 0};
  if (ticks <= epoch_ticks) return time;
  time.time_ms = (ticks - epoch_ticks) / 10000;
  time.is_there = time.time_ms <= time_ms_max;
  return time;
}

/* §5.2.2.9 */
static tg_node_id read_node_id(reader *in) {
  tg_node_id id = {'i', 0, 0, {NULL, 0}};
  const uint8_t encoding = (uint8_t)read_unsigned(in, 1);
  if (encoding > 0) id.namespace_index = (uint16_t)read_unsigned(in, encoding == 1 ? 1 : 2);
  switch (encoding) {
    case 0:
    case 1:
    case 2:
      id.number = (uint32_t)read_unsigned(in, encoding == 0 ? 1 : encoding == 1 ? 2 : 4);
      break;
    case 3:
    case 5:
      id.form = encoding == 3 ? 's' : 'b';
      id.bytes = read_bytes(in);
      break;
    case 4:
      id.form = 'g';
      id.bytes.bytes = (const char *)take(in, 16);
      id.bytes.length = id.bytes.bytes == NULL ? 0 : 16;
      break;
    default:
      in->is_short = true;
  }
  return id;
}

/* Bytes of the scalar built-in types of a fixed size, by their id (table 1); 0 for the others. */
static size_t fixed_size(uint8_t type) {
  static const uint8_t sizes[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 0, 8, 16, 0, 0, 0, 0, 4};
  return type < sizeof sizes ? sizes[type] : 0;
}

/* A Variant (§5.2.2.16), whose length must be known for what follows it: scalars alone. */
static tg_text read_variant(reader *in) {
  const uint8_t type = (uint8_t)read_unsigned(in, 1);
  const tg_text none = {NULL, 0};
  if (type == 0) return none;
  if (fixed_size(type) > 0) {
    take(in, fixed_size(type));
    return none;
  }
  if (type == 12 || type == 15 || type == 16) return read_bytes(in);
  if (type != 22) {
    in->is_short = true;
    return none;
  }
  read_node_id(in);
  const uint8_t encoding = (uint8_t)read_unsigned(in, 1);
  if (encoding > 2) in->is_short = true;
  return encoding == 0 || in->is_short ? none : read_bytes(in);
}

/* A union: which field follows stands before it (§5.2.8); 0 is none. */
static void read_data(reader *in, tg_autoid_result *result) {
  const uint32_t kind = (uint32_t)read_unsigned(in, 4);
  result->data_type = kind == 2 ? TG_AUTOID_TEXT : kind == 3 ? TG_AUTOID_EPC : kind == 4 ? TG_AUTOID_CUSTOM : TG_AUTOID_BYTES;
  if (kind == 1 || kind == 2) result->data = read_bytes(in);
  if (kind == 3) {
    result->pc = (uint16_t)read_unsigned(in, 2);
    result->data = read_bytes(in);
    result->xpc_w1 = (uint16_t)read_unsigned(in, 2);
    result->xpc_w2 = (uint16_t)read_unsigned(in, 2);
  }
  if (kind == 4) result->data = read_variant(in);
  if (kind > 4 && !in->is_short) in->fault = "AUTOID_DATA_UNKNOWN";
}

static bool is_letter(tg_text text, char letter) { return text.length == 1 && (text.bytes[0] == letter || text.bytes[0] == letter + 32); }

static double with_sign(double size, bool is_negative) { return is_negative && size > 0 ? -size : size; }

static void read_location(reader *in, tg_autoid_result *result) {
  const uint32_t kind = (uint32_t)read_unsigned(in, 4);
  if (kind > 4) in->is_short = true;
  result->location_type = (uint8_t)kind;
  if (kind == TG_LOCATION_NMEA || kind == TG_LOCATION_NAME) result->place = read_bytes(in);
  if (kind == TG_LOCATION_LOCAL) {
    result->x = read_double(in);
    result->y = read_double(in);
  }
  if (kind == TG_LOCATION_WGS84) {
    const bool is_south = is_letter(read_bytes(in), 'S');
    result->x = with_sign(read_double(in), is_south);
    const bool is_west = is_letter(read_bytes(in), 'W');
    result->y = with_sign(read_double(in), is_west);
  }
  if (kind != TG_LOCATION_LOCAL && kind != TG_LOCATION_WGS84) return;
  result->z = read_double(in);
  result->place_time = read_time(in);
  result->dilution_of_precision = read_double(in);
  result->useful_precision = read_int32(in);
  if (kind == TG_LOCATION_WGS84) result->useful_precision_alt = read_int32(in);
}

static void read_position(reader *in, tg_autoid_result *result) {
  result->has_position = true;
  for (size_t index = 0; index < 5; index += 1) result->position[index] = read_int32(in);
}

/* Bit 0 is the Location of ScanResult; Grade, Position, Symbology and ImageId follow as bits 1 to 4. */
static void read_optical(reader *in, uint32_t mask, tg_autoid_result *result) {
  result->has_grade = (mask & 2) != 0;
  result->has_symbology = (mask & 8) != 0;
  result->has_image_id = (mask & 16) != 0;
  if (mask & 2) result->grade = read_float(in);
  if (mask & 4) read_position(in, result);
  if (mask & 8) result->symbology = read_bytes(in);
  if (mask & 16) result->image_id = read_node_id(in);
}

/* ImageId, Quality and Position are mandatory here; Font and DecodingTime are bits 1 and 2. */
static void read_ocr(reader *in, uint32_t mask, tg_autoid_result *result) {
  result->has_image_id = true;
  result->has_font = (mask & 2) != 0;
  result->image_id = read_node_id(in);
  result->ocr_quality = (uint8_t)read_unsigned(in, 1);
  read_position(in, result);
  if (mask & 2) result->font = read_bytes(in);
  if (mask & 4) result->decoded_at = read_time(in);
}

static void read_verifier(reader *in, tg_autoid_result *result) {
  result->iso_grade = read_bytes(in);
  for (size_t index = 0; index < 8; index += 1) result->figures[index] = (int16_t)(uint16_t)read_unsigned(in, 2);
}

#define SIGHTING_BYTES 20u

static void read_sightings(reader *in, tg_autoid_result *result) {
  const int32_t count = read_int32(in);
  result->sighting_count = count > 0 ? (uint32_t)count : 0;
  if (result->sighting_count > in->length / SIGHTING_BYTES) in->is_short = true;
  result->sightings = take(in, in->is_short ? 0 : (size_t)result->sighting_count * SIGHTING_BYTES);
}

tg_sighting tg_autoid_sighting(const tg_autoid_result *result, uint32_t index) {
  reader in = {result->sightings + (size_t)index * SIGHTING_BYTES, SIGHTING_BYTES, 0, false, NULL};
  tg_sighting sighting;
  sighting.antenna = read_int32(&in);
  sighting.strength_dbm = read_int32(&in);
  sighting.time = read_time(&in);
  sighting.power_level = read_int32(&in);
  return sighting;
}

static void read_movement(reader *in, tg_autoid_result *result) {
  for (size_t index = 0; index < 5; index += 1) result->movement[index] = read_double(in);
  result->received_at = read_time(in);
}

static bool is_known(int type) {
  return type == TG_AUTOID_SCAN_RESULT || type == TG_AUTOID_OCR_SCAN_RESULT || type == TG_AUTOID_RFID_SCAN_RESULT ||
         type == TG_AUTOID_OPTICAL_SCAN_RESULT || type == TG_AUTOID_RTLS_LOCATION_RESULT ||
         type == TG_AUTOID_OPTICAL_VERIFIER_SCAN_RESULT;
}

int tg_read_autoid(int type, const uint8_t *bytes, size_t length, tg_autoid_result *result, tg_reason *reason) {
  reader in = {bytes, length, 0, false, NULL};
  memset(result, 0, sizeof *result);
  tgi_reason_clear(reason);
  if (!is_known(type)) return tgi_refuse_whole(reason, "AUTOID_TYPE_UNKNOWN");
  const uint32_t mask = (uint32_t)read_unsigned(&in, 4);
  result->code_type = read_bytes(&in);
  read_data(&in, result);
  if (in.fault != NULL) return tgi_refuse_whole(reason, in.fault);
  result->time = read_time(&in);
  if (mask & 1) read_location(&in, result);
  if (type == TG_AUTOID_OPTICAL_SCAN_RESULT || type == TG_AUTOID_OPTICAL_VERIFIER_SCAN_RESULT) read_optical(&in, mask, result);
  if (type == TG_AUTOID_OPTICAL_VERIFIER_SCAN_RESULT) read_verifier(&in, result);
  if (type == TG_AUTOID_RFID_SCAN_RESULT) read_sightings(&in, result);
  if (type == TG_AUTOID_OCR_SCAN_RESULT) read_ocr(&in, mask, result);
  if (type == TG_AUTOID_RTLS_LOCATION_RESULT) read_movement(&in, result);
  return in.is_short ? tgi_refuse_whole(reason, "AUTOID_UNREADABLE") : TG_OK;
}
