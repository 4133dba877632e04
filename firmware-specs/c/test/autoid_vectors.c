/* AutoID results: decoded, written as the JSON that the vectors hold, and compared. */
#include "harness.h"

#include <string.h>

static const struct {
  const char *name;
  int type;
} types[] = {{"ScanResult", TG_AUTOID_SCAN_RESULT},
             {"OcrScanResult", TG_AUTOID_OCR_SCAN_RESULT},
             {"RfidScanResult", TG_AUTOID_RFID_SCAN_RESULT},
             {"OpticalScanResult", TG_AUTOID_OPTICAL_SCAN_RESULT},
             {"RtlsLocationResult", TG_AUTOID_RTLS_LOCATION_RESULT},
             {"OpticalVerifierScanResult", TG_AUTOID_OPTICAL_VERIFIER_SCAN_RESULT}};

static void name(tgi_sink *out, const char *member) {
  const uint8_t before = out->length > 0 ? out->bytes[out->length - 1] : '{';
  if (before != '{') tgi_put_byte(out, ',');
  tgi_write_text(out, TG_JSON, tg_text_of(member));
  tgi_put_byte(out, ':');
}

static void put_number(tgi_sink *out, const char *member, double value) {
  name(out, member);
  tgi_write_number(out, TG_JSON, value);
}

static void put_text(tgi_sink *out, const char *member, tg_text value) {
  name(out, member);
  tgi_write_text(out, TG_JSON, value);
}

static void put_hex(tgi_sink *out, const char *member, tg_text bytes) {
  static const char hex[] = "0123456789abcdef";
  name(out, member);
  tgi_put_byte(out, '"');
  for (size_t index = 0; index < bytes.length; index += 1) {
    tgi_put_byte(out, (uint8_t)hex[(uint8_t)bytes.bytes[index] >> 4]);
    tgi_put_byte(out, (uint8_t)hex[(uint8_t)bytes.bytes[index] & 15]);
  }
  tgi_put_byte(out, '"');
}

static void put_time(tgi_sink *out, const char *member, tg_maybe_time time) {
  if (time.is_there) put_number(out, member, (double)time.time_ms);
}

static void open(tgi_sink *out, const char *member) {
  name(out, member);
  tgi_put_byte(out, '{');
}

static void close(tgi_sink *out) { tgi_put_byte(out, '}'); }

static void put_data(tgi_sink *out, const tg_autoid_result *result) {
  static const char *const kinds[] = {"bytes", "text", "epc", "custom"};
  open(out, "data");
  put_text(out, "type", tg_text_of(kinds[result->data_type]));
  if (result->data_type == TG_AUTOID_TEXT) put_text(out, "text", result->data);
  else put_hex(out, "hex", result->data);
  if (result->data_type == TG_AUTOID_EPC) {
    put_number(out, "pc", result->pc);
    put_number(out, "xpcW1", result->xpc_w1);
    put_number(out, "xpcW2", result->xpc_w2);
  }
  close(out);
}

static void put_location(tgi_sink *out, const tg_autoid_result *result) {
  static const char *const kinds[] = {"", "nmea", "local", "wgs84", "name"};
  const bool is_wgs84 = result->location_type == TG_LOCATION_WGS84;
  if (result->location_type == TG_LOCATION_NONE) return;
  open(out, "location");
  put_text(out, "type", tg_text_of(kinds[result->location_type]));
  if (result->location_type == TG_LOCATION_NMEA) put_text(out, "sentence", result->place);
  if (result->location_type == TG_LOCATION_NAME) put_text(out, "name", result->place);
  if (is_wgs84 || result->location_type == TG_LOCATION_LOCAL) {
    put_number(out, is_wgs84 ? "latitude" : "x", result->x);
    put_number(out, is_wgs84 ? "longitude" : "y", result->y);
    put_number(out, is_wgs84 ? "altitudeM" : "z", result->z);
    put_time(out, "timeMs", result->place_time);
    put_number(out, "dilutionOfPrecision", result->dilution_of_precision);
    put_number(out, is_wgs84 ? "usefulPrecisionLatLon" : "usefulPrecision", result->useful_precision);
    if (is_wgs84) put_number(out, "usefulPrecisionAlt", result->useful_precision_alt);
  }
  close(out);
}

static void put_base64(tgi_sink *out, tg_text bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < bytes.length; at += 3) {
    const size_t left = bytes.length - at;
    const uint32_t group = (uint32_t)(uint8_t)bytes.bytes[at] << 16 | (left > 1 ? (uint32_t)(uint8_t)bytes.bytes[at + 1] << 8 : 0) |
                           (left > 2 ? (uint8_t)bytes.bytes[at + 2] : 0);
    for (unsigned index = 0; index < 4; index += 1)
      tgi_put_byte(out, index <= left ? (uint8_t)digits[group >> (18 - 6 * index) & 63] : '=');
  }
}

/* The first three parts of a GUID are little-endian (OPC 10000-6 §5.2.2.6). */
static void put_guid(tgi_sink *out, tg_text bytes) {
  static const char hex[] = "0123456789abcdef";
  static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (size_t index = 0; index < 16 && bytes.length == 16; index += 1) {
    if (index == 4 || index == 6 || index == 8 || index == 10) tgi_put_byte(out, '-');
    tgi_put_byte(out, (uint8_t)hex[(uint8_t)bytes.bytes[order[index]] >> 4]);
    tgi_put_byte(out, (uint8_t)hex[(uint8_t)bytes.bytes[order[index]] & 15]);
  }
}

/* OPC 10000-6 §5.3.1.10 */
static void put_node_id(tgi_sink *out, const char *member, const tg_node_id *id, bool is_short) {
  uint8_t text[512];
  tgi_sink part = {text, sizeof text, 0};
  if (!is_short) {
    tgi_put_terminated(&part, "ns=");
    tgi_write_integer(&part, TG_JSON, id->namespace_index);
    tgi_put_byte(&part, ';');
  }
  tgi_put_byte(&part, id->form);
  tgi_put_byte(&part, '=');
  if (id->form == 'i') tgi_write_integer(&part, TG_JSON, id->number);
  if (id->form == 's') tgi_put(&part, id->bytes.bytes, id->bytes.length);
  if (id->form == 'b') put_base64(&part, id->bytes);
  if (id->form == 'g') put_guid(&part, id->bytes);
  const tg_text whole = {(const char *)text, part.length};
  put_text(out, member, whole);
}

static void put_position(tgi_sink *out, const tg_autoid_result *result) {
  static const char *const names[] = {"x", "y", "width", "height", "rotationDegrees"};
  open(out, "position");
  for (size_t index = 0; index < 5; index += 1) put_number(out, names[index], result->position[index]);
  close(out);
}

static void put_sightings(tgi_sink *out, const tg_autoid_result *result) {
  name(out, "sightings");
  tgi_put_byte(out, '[');
  for (uint32_t index = 0; index < result->sighting_count; index += 1) {
    const tg_sighting sighting = tg_autoid_sighting(result, index);
    tgi_put_terminated(out, index == 0 ? "{" : ",{");
    put_number(out, "antenna", sighting.antenna);
    put_number(out, "strengthDbm", sighting.strength_dbm);
    put_time(out, "timeMs", sighting.time);
    put_number(out, "powerLevel", sighting.power_level);
    close(out);
  }
  tgi_put_byte(out, ']');
}

static void put_verifier(tgi_sink *out, const tg_autoid_result *result) {
  static const char *const names[] = {"rMin", "symbolContrast", "ecMin", "modulation", "defects", "decodability", "decode", "printGain"};
  open(out, "verifier");
  put_text(out, "isoGrade", result->iso_grade);
  for (size_t index = 0; index < 8; index += 1) put_number(out, names[index], result->figures[index]);
  close(out);
}

static void put_movement(tgi_sink *out, const tg_autoid_result *result) {
  static const char *const names[] = {"speedMps", "headingDegrees", "yaw", "pitch", "roll"};
  open(out, "movement");
  for (size_t index = 0; index < 5; index += 1) put_number(out, names[index], result->movement[index]);
  put_time(out, "receivedAtMs", result->received_at);
  close(out);
}

static void put_result(tgi_sink *out, int type, const tg_autoid_result *result, bool is_short_id) {
  tgi_put_byte(out, '{');
  put_text(out, "codeType", result->code_type);
  put_data(out, result);
  put_time(out, "timeMs", result->time);
  put_location(out, result);
  if (result->has_grade) put_number(out, "grade", result->grade);
  if (result->has_position) put_position(out, result);
  if (result->has_symbology) put_text(out, "symbology", result->symbology);
  if (result->has_image_id) put_node_id(out, "imageId", &result->image_id, is_short_id);
  if (type == TG_AUTOID_OPTICAL_VERIFIER_SCAN_RESULT) put_verifier(out, result);
  if (type == TG_AUTOID_RFID_SCAN_RESULT) put_sightings(out, result);
  if (type == TG_AUTOID_RTLS_LOCATION_RESULT) put_movement(out, result);
  if (type == TG_AUTOID_OCR_SCAN_RESULT) {
    open(out, "ocr");
    put_number(out, "quality", result->ocr_quality);
    if (result->has_font) put_text(out, "font", result->font);
    put_time(out, "decodedAtMs", result->decoded_at);
    close(out);
  }
  close(out);
}

void run_autoid(const test_case *test, bool is_valid) {
  harness *run = test->run;
  tg_autoid_result result;
  tg_reason reason = {NULL, ""};
  tgi_item wanted;
  int type = 0;
  const size_t length = case_bytes(test);
  for (size_t index = 0; index < sizeof types / sizeof types[0]; index += 1)
    if (tgi_text_is(case_text(test, "type"), types[index].name)) type = types[index].type;
  const int status = tg_read_autoid(type, run->payload, length, &result, &reason);
  if (!is_valid) {
    check_text(run, "reason", tg_text_of(status == TG_OK ? "taken" : reason.code), case_text(test, "reason"));
    return;
  }
  if (!check(run, status == TG_OK, "must be read", reason.code == NULL ? "" : reason.code) || !case_member(test, "result", &wanted)) return;
  /* A node id of namespace 0 is written without it; the library does not keep which of the two encodings it had. */
  for (int is_short = 0; is_short < 2; is_short += 1) {
    tgi_sink out = {run->output, BUFFER_BYTES - 1, 0};
    put_result(&out, type, &result, is_short == 1);
    run->output[out.length] = 0;
    const bool is_same = same_payload(test, &wanted, run->output, out.length);
    if (is_same || is_short == 1) {
      check(run, is_same, "fields are as the vector says", (const char *)run->output);
      return;
    }
  }
}
