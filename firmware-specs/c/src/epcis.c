/*
 * EPCIS 2.0 events and documents: their schemas by the table, and what the standard asks of members together (§7.4). A build with
 * TG_WITHOUT_EPCIS leaves all of it out, for devices that send no events, and takes any object.
 */
#include "tables.h"

#ifdef TG_WITHOUT_EPCIS

int tgi_check_epcis(const tgi_source *source, const tgi_item *item, const tgi_path *path, tg_reason *reason) {
  (void)source;
  if (item->kind == TGI_ITEM_OBJECT) return TG_OK;
  tgi_reason_at(reason, "SCHEMA_TYPE", path);
  return TG_REFUSED;
}

#else

#define EVENTS_MAX 10000u

typedef struct event {
  const tgi_source *source;
  const tgi_item *item;
  const tgi_path *path;
  tg_reason *reason;
} event;

static int refuse(const event *at, const char *code, const tgi_path *path) {
  tgi_reason_at(at->reason, code, path);
  return TG_REFUSED;
}

static bool has(const event *at, const char *name) {
  tgi_item value;
  return tgi_find(at->source, at->item, name, &value);
}

/* Whether a list is there and not empty. */
static bool is_filled(const event *at, const char *name) {
  tgi_item value;
  return tgi_find(at->source, at->item, name, &value) && value.kind == TGI_ITEM_ARRAY && tgi_count(at->source, &value) > 0;
}

static bool is_action(const event *at, const char *action) {
  tgi_item value;
  return tgi_find(at->source, at->item, "action", &value) && tgi_string_is(at->source, &value, action);
}

static bool stands_before(const tgi_source *source, const tgi_item *list, const tgi_item *epc) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  tgi_cursor_open(&cursor, source, list);
  while (tgi_cursor_next(&cursor, &key, &value) && value.body < epc->body)
    if (tgi_strings_same(source, &value, epc)) return true;
  return false;
}

/* §7.4: an EPC stands once in a list. Takes the square of its length. */
static int check_repeated(const event *at, const char *name) {
  tgi_item list;
  tgi_item key;
  tgi_item value;
  tgi_cursor cursor;
  if (!tgi_find(at->source, at->item, name, &list)) return TG_OK;
  tgi_cursor_open(&cursor, at->source, &list);
  for (size_t index = 0; tgi_cursor_next(&cursor, &key, &value); index += 1) {
    if (!stands_before(at->source, &list, &value)) continue;
    const tgi_path list_path = {at->path, name, 0, {NULL, 0}, false};
    const tgi_path step = {&list_path, NULL, index, {NULL, 0}, false};
    return refuse(at, "EPCIS_REPEATED_EPC", &step);
  }
  return TG_OK;
}

static int check_object(const event *at) {
  const tgi_path ilmd = {at->path, "ilmd", 0, {NULL, 0}, false};
  const bool observes_place = is_filled(at, "sensorElementList") && has(at, "readPoint");
  if (check_repeated(at, "epcList") != TG_OK) return TG_REFUSED;
  if (!has(at, "epcList") && !is_filled(at, "quantityList") && !observes_place) return refuse(at, "EPCIS_NO_OBJECT", at->path);
  if (has(at, "ilmd") && !is_action(at, "ADD")) return refuse(at, "EPCIS_ILMD_ACTION", &ilmd);
  return TG_OK;
}

static int check_containment(const event *at) {
  if (!has(at, "parentID") && !is_action(at, "OBSERVE")) return refuse(at, "EPCIS_NO_PARENT", at->path);
  if (!is_action(at, "DELETE") && !is_filled(at, "childEPCs") && !is_filled(at, "childQuantityList"))
    return refuse(at, "EPCIS_NO_CHILDREN", at->path);
  return TG_OK;
}

static int check_transaction(const event *at) {
  const tgi_path list = {at->path, "bizTransactionList", 0, {NULL, 0}, false};
  if (check_repeated(at, "epcList") != TG_OK) return TG_REFUSED;
  if (!is_filled(at, "bizTransactionList")) return refuse(at, "EPCIS_NO_TRANSACTION", &list);
  if (!is_action(at, "DELETE") && !has(at, "epcList") && !is_filled(at, "quantityList")) return refuse(at, "EPCIS_NO_OBJECT", at->path);
  return TG_OK;
}

static int check_transformation(const event *at) {
  const bool has_input = is_filled(at, "inputEPCList") || is_filled(at, "inputQuantityList");
  const bool has_output = is_filled(at, "outputEPCList") || is_filled(at, "outputQuantityList");
  if (check_repeated(at, "inputEPCList") != TG_OK || check_repeated(at, "outputEPCList") != TG_OK) return TG_REFUSED;
  const bool is_whole = has(at, "transformationID") ? has_input || has_output : has_input && has_output;
  return is_whole ? TG_OK : refuse(at, "EPCIS_NO_TRANSFORMATION", at->path);
}

/* The types in the order of the table. */
enum { OBJECT_EVENT, AGGREGATION_EVENT, TRANSACTION_EVENT, TRANSFORMATION_EVENT, ASSOCIATION_EVENT, DOCUMENT, QUERY_DOCUMENT };

static int type_of(const tgi_source *source, const tgi_item *item, int from, int to) {
  tgi_item value;
  if (item->kind != TGI_ITEM_OBJECT || !tgi_find(source, item, "type", &value)) return -1;
  for (int type = from; type <= to; type += 1)
    if (tgi_string_is(source, &value, tgi_epcis_types[type].type)) return type;
  return -1;
}

static int check_type(const event *at) {
  const tgi_path type = {at->path, "type", 0, {NULL, 0}, false};
  if (at->item->kind != TGI_ITEM_OBJECT) return refuse(at, "SCHEMA_TYPE", at->path);
  if (!has(at, "type")) return refuse(at, "SCHEMA_REQUIRED", at->path);
  return refuse(at, "EPCIS_EVENT_TYPE", &type);
}

static int check_event(const event *at) {
  const int type = type_of(at->source, at->item, OBJECT_EVENT, ASSOCIATION_EVENT);
  if (type < 0) return check_type(at);
  if (tgi_check_node_at(at->source, at->item, tgi_epcis_types[type].node, at->path, at->reason) != TG_OK) return TG_REFUSED;
  switch (type) {
    case OBJECT_EVENT:
      return check_object(at);
    case TRANSACTION_EVENT:
      return check_transaction(at);
    case TRANSFORMATION_EVENT:
      return check_transformation(at);
    default:
      return check_containment(at);
  }
}

static int check_events(const event *document, const tgi_item *list, const tgi_path *path) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  if (tgi_count(document->source, list) > EVENTS_MAX) return refuse(document, "EPCIS_TOO_MANY_EVENTS", path);
  tgi_cursor_open(&cursor, document->source, list);
  for (size_t index = 0; tgi_cursor_next(&cursor, &key, &value); index += 1) {
    const tgi_path step = {path, NULL, index, {NULL, 0}, false};
    const event each = {document->source, &value, &step, document->reason};
    if (check_event(&each) != TG_OK) return TG_REFUSED;
  }
  return TG_OK;
}

/* The schema of a document has asked for these members. */
static int check_document(const event *at, bool is_query) {
  const tgi_path body_path = {at->path, "epcisBody", 0, {NULL, 0}, false};
  const tgi_path results_path = {&body_path, "queryResults", 0, {NULL, 0}, false};
  const tgi_path inner_path = {&results_path, "resultsBody", 0, {NULL, 0}, false};
  const tgi_path list_path = {is_query ? &inner_path : &body_path, "eventList", 0, {NULL, 0}, false};
  tgi_item body;
  tgi_item list;
  bool is_found = tgi_find(at->source, at->item, "epcisBody", &body);
  if (is_query) {
    is_found = is_found && tgi_find(at->source, &body, "queryResults", &list);
    is_found = is_found && tgi_find(at->source, &list, "resultsBody", &body);
  }
  is_found = is_found && tgi_find(at->source, &body, "eventList", &list);
  return is_found ? check_events(at, &list, &list_path) : refuse(at, "SCHEMA_REQUIRED", at->path);
}

int tgi_check_epcis(const tgi_source *source, const tgi_item *item, const tgi_path *path, tg_reason *reason) {
  const event at = {source, item, path, reason};
  const int type = type_of(source, item, DOCUMENT, QUERY_DOCUMENT);
  if (type < 0) return check_event(&at);
  if (tgi_check_node_at(source, item, tgi_epcis_types[type].node, path, reason) != TG_OK) return TG_REFUSED;
  return check_document(&at, type == QUERY_DOCUMENT);
}

#endif
