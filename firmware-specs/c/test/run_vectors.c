/*
 * Runs every vector file of a folder: `run_vectors ../vectors`. Prints each failure and `N passed, M failed`; ends with 0 when none did.
 * A file of a kind that it does not know is a failure, so that no vector goes unused.
 */
#define _DEFAULT_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define FILE_BYTES_MAX (16u * 1024u * 1024u)

static void run_topic(const test_case *test, bool is_valid) {
  harness *run = test->run;
  tg_topic topic;
  tg_reason reason = {NULL, ""};
  char built[TG_TOPIC_BYTES_MAX + 1];
  const tg_text text = case_text(test, "topic");
  const int status = tg_topic_parse(text, &topic, &reason);
  if (!is_valid) {
    check_text(run, "code", tg_text_of(status == TG_OK ? "taken" : reason.code), case_text(test, "code"));
    return;
  }
  if (!check(run, status == TG_OK && topic.type == TG_TOPIC_DEVICE, "must be taken", reason.code == NULL ? "" : reason.code)) return;
  check_text(run, "point", topic.point, case_text(test, "point"));
  check_text(run, "device", topic.device, case_text(test, "device"));
  check(run, topic.message == case_message(test), "channel", "another one");
  const int32_t length = tg_topic_build(topic.point, topic.device, topic.message, built, sizeof built);
  const tg_text again = {built, length < 0 ? 0 : (size_t)length};
  check_text(run, "built again", again, text);
}

/* A valid one is put into a message, too: a death, which may carry any time. */
static void run_time(const test_case *test, bool is_valid) {
  harness *run = test->run;
  char text[25] = "";
  int64_t parsed = 0;
  tgi_item item;
  if (!is_valid) {
    run_payload(test, false);
    return;
  }
  const int64_t time_ms = case_number(test, "timeMs", -1);
  check(run, tg_format_time(time_ms, text) == TG_OK, "can be written", "");
  check_text(run, "iso", tg_text_of(text), case_text(test, "iso"));
  check(run, tg_parse_time(case_text(test, "iso"), &parsed) == TG_OK && parsed == time_ms, "iso can be read", "");
  if (case_member(test, "local", &item))
    check(run, tg_parse_time(case_text(test, "local"), &parsed) == TG_OK && parsed == time_ms, "local time can be read", "");
  tg_state death;
  tg_state back;
  tg_arena arena = case_arena(test);
  memset(&death, 0, sizeof death);
  death.variant = TG_STATE_DEATH;
  death.as.death.boot = tg_text_of("b");
  death.as.death.has_time_ms = true;
  death.as.death.time_ms = time_ms;
  for (int encoding = TG_JSON; encoding <= TG_CBOR; encoding += 1) {
    const int32_t length = tg_encode_state(&death, encoding, run->output, BUFFER_BYTES, NULL);
    const bool is_back = length > 0 && tg_decode_state(run->output, (size_t)length, &back, &arena, NULL) == TG_OK;
    check(run, is_back && back.as.death.time_ms == time_ms, "goes through a message", "");
  }
}

#define BOOTS_MAX 8
#define SPANS_MAX 32

/* What a receiver makes of the messages, and, of one boot in order, what the device's own outbox makes of the watermark. */
static void run_steps(const test_case *test, const tgi_item *steps) {
  static tg_stream streams[BOOTS_MAX];
  static tg_span spans[BOOTS_MAX][SPANS_MAX];
  tg_text boots[BOOTS_MAX];
  size_t boot_count = 0;
  tgi_cursor cursor;
  tgi_item key;
  tgi_item step;
  tgi_cursor_open(&cursor, test->source, steps);
  while (tgi_cursor_next(&cursor, &key, &step)) {
    const test_case one = {test->run, test->source, &step};
    const tg_text boot = case_text(&one, "boot");
    size_t index = 0;
    while (index < boot_count && !tgi_text_same(boots[index], boot)) index += 1;
    if (!check(test->run, index < BOOTS_MAX, "no more boots than the runner takes", "")) return;
    if (index == boot_count) {
      boots[boot_count++] = boot;
      tg_stream_init(&streams[index], spans[index], SPANS_MAX);
    }
    const int outcome = tg_stream_note(&streams[index], case_number(&one, "seq", -1));
    check_text(test->run, "outcome", tg_text_of(outcome == 1 ? "new" : outcome == 0 ? "duplicate" : "no room"), case_text(&one, "outcome"));
    check(test->run, streams[index].up_to == case_number(&one, "upTo", -2), "watermark", "another one");
  }
}

static void run_sequence(const test_case *test, bool is_valid) {
  tgi_item steps;
  if (!is_valid) run_payload(test, false);
  else if (check(test->run, case_member(test, "steps", &steps), "has steps", "")) run_steps(test, &steps);
}

static void check_ais(const test_case *test, const tg_scan_content *content) {
  tgi_item list;
  tgi_item key;
  tgi_item pair;
  tgi_cursor cursor;
  size_t count = 0;
  if (!case_member(test, "ais", &list)) return;
  tgi_cursor_open(&cursor, test->source, &list);
  while (tgi_cursor_next(&cursor, &key, &pair)) {
    tgi_cursor two;
    tgi_item part;
    tgi_cursor_open(&two, test->source, &pair);
    for (int index = 0; index < 2 && count < content->ai_count && tgi_cursor_next(&two, &key, &part); index += 1) {
      const tg_text wanted = {(const char *)test->source->bytes + part.body, part.length};
      check_text(test->run, index == 0 ? "identifier" : "value", index == 0 ? content->ais[count].ai : content->ais[count].value, wanted);
    }
    count += 1;
  }
  check(test->run, count == content->ai_count, "number of identifiers", "another one");
}

static void run_scan(const test_case *test, bool is_valid) {
  static tg_scan_content content;
  harness *run = test->run;
  tg_reason reason = {NULL, ""};
  tg_arena arena = case_arena(test);
  const tg_text data = {(const char *)run->payload, case_bytes(test)};
  const int status = tg_read_scan(case_text(test, "symbology"), data, &content, &arena, &reason);
  if (!is_valid) {
    check_text(run, "code", tg_text_of(status == TG_OK ? "taken" : reason.code), case_text(test, "code"));
    return;
  }
  if (!check(run, status == TG_OK, "must be read", reason.code == NULL ? "" : reason.code)) return;
  check_ais(test, &content);
  check_text(run, "digitalLink", content.key, case_text(test, "digitalLink"));
}

static void run_epc(const test_case *test, bool is_valid) {
  harness *run = test->run;
  char urn[TG_EPC_URN_BYTES];
  char link[256];
  tg_reason reason = {NULL, ""};
  const int32_t length = tg_read_epc(case_text(test, "hex"), urn, &reason);
  if (!is_valid) {
    check_text(run, "code", tg_text_of(length >= 0 ? "taken" : reason.code), case_text(test, "code"));
    return;
  }
  if (!check(run, length > 0, "must be read", reason.code == NULL ? "" : reason.code)) return;
  check_text(run, "urn", tg_text_of(urn), case_text(test, "urn"));
  const int32_t linked = tg_key_of_urn(tg_text_of(urn), link, sizeof link);
  const tg_text key = {link, linked < 0 ? 0 : (size_t)linked};
  check_text(run, "digitalLink", key, case_text(test, "digitalLink"));
}

static const struct {
  const char *kind;
  void (*run)(const test_case *test, bool is_valid);
} kinds[] = {{"payloads", run_payload}, {"topics", run_topic},        {"times", run_time}, {"sequences", run_sequence},
             {"autoid", run_autoid},    {"element-strings", run_scan}, {"epc", run_epc}};

static void run_cases(harness *run, const tgi_source *source, bool is_valid) {
  const tgi_item root = tgi_json_item(source, 0);
  tgi_item cases;
  tgi_item each;
  tgi_item key;
  tgi_cursor cursor;
  tgi_item kind;
  if (!check(run, tgi_find(source, &root, "cases", &cases) && tgi_find(source, &root, "kind", &kind), "has kind and cases", "")) return;
  for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index += 1) {
    if (!tgi_string_is(source, &kind, kinds[index].kind)) continue;
    tgi_cursor_open(&cursor, source, &cases);
    while (tgi_cursor_next(&cursor, &key, &each)) {
      const test_case test = {run, source, &each};
      run->name = case_text(&test, "name");
      kinds[index].run(&test, is_valid);
    }
    return;
  }
  /* Which scans a list of held goods refuses is for agents and gates; this code encodes, and keeps no list. */
  if (tgi_string_is(source, &kind, "control")) {
    printf("%s: left out, it is for who keeps a list of held goods\n", run->file);
    return;
  }
  check(run, false, "is of a kind that the runner knows", "another one");
}

static void run_file(harness *run, const char *path, bool is_valid) {
  FILE *file = fopen(path, "rb");
  uint8_t *text = malloc(FILE_BYTES_MAX);
  const unsigned long passed = run->passed;
  const unsigned long failed = run->failed;
  run->file = path;
  run->name = tg_text_of("the file");
  if (check(run, file != NULL && text != NULL, "can be opened", "")) {
    const tgi_source source = {text, fread(text, 1, FILE_BYTES_MAX, file), 0, false};
    run_cases(run, &source, is_valid);
    printf("%s: %lu passed, %lu failed\n", path, run->passed - passed, run->failed - failed);
  }
  if (file != NULL) fclose(file);
  free(text);
}

static void run_folder(harness *run, const char *folder, bool is_valid) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, is_valid ? "valid" : "invalid");
  DIR *listing = opendir(path);
  run->file = path;
  run->name = tg_text_of("the folder");
  size_t files = 0;
  if (!check(run, listing != NULL, "can be opened", "")) return;
  for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    const size_t length = strlen(entry->d_name);
    if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0) continue;
    snprintf(path, sizeof path, "%s/%s/%.200s", folder, is_valid ? "valid" : "invalid", entry->d_name);
    run_file(run, path, is_valid);
    files += 1;
  }
  closedir(listing);
  run->file = folder;
  run->name = tg_text_of("the folder");
  /* A runner that finds nothing must not say that all is well. */
  check(run, files >= sizeof kinds / sizeof kinds[0], "has a file of each kind", "fewer");
}

int main(int count, char **arguments) {
  static harness run;
  if (count != 2) {
    fprintf(stderr, "usage: run_vectors FOLDER\n");
    return 2;
  }
  run_folder(&run, arguments[1], true);
  run_folder(&run, arguments[1], false);
  printf("%lu payloads came out of the encoder byte for byte\n", run.same_bytes);
  printf("%lu passed, %lu failed\n", run.passed, run.failed);
  return run.failed == 0 && run.passed > 0 ? 0 : 1;
}
