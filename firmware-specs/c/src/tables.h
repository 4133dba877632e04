/* Generated from the schemas of the platform by `npm run generate`. Do not edit. */
#ifndef TRACEGATE_TABLES_H
#define TRACEGATE_TABLES_H

#include "internal.h"


extern const tgi_message tgi_messages[];
extern const tgi_node tgi_nodes[];
extern const tgi_member tgi_members[];
extern const uint16_t tgi_variants[];
extern const char *const tgi_words[];
extern const tgi_limit tgi_limits[];
extern const tgi_pattern tgi_patterns[];
extern const tgi_alternative tgi_alternatives[];
extern const tgi_step tgi_steps[];
extern const uint8_t tgi_sets[][16];

#define TGI_EPCIS_COUNT 7
extern const tgi_epcis tgi_epcis_types[];

enum tgi_rule { TGI_RULE_NONE = 0, TGI_RULE_COUPONCODE, TGI_RULE_COUPONPOSOFFER, TGI_RULE_CSUM, TGI_RULE_CSUMALPHA,
  TGI_RULE_GCPPOS1, TGI_RULE_GCPPOS2, TGI_RULE_HASNONDIGIT, TGI_RULE_HH, TGI_RULE_HHMI, TGI_RULE_HYPHEN,
  TGI_RULE_IBAN, TGI_RULE_IMPORTERIDX, TGI_RULE_ISO3166, TGI_RULE_ISO3166999, TGI_RULE_ISO3166ALPHA2, TGI_RULE_ISO4217,
  TGI_RULE_ISO5218, TGI_RULE_LATITUDE, TGI_RULE_LONGITUDE, TGI_RULE_MEDIATYPE, TGI_RULE_MI, TGI_RULE_NONZERO,
  TGI_RULE_NOZEROPREFIX, TGI_RULE_PACKAGETYPE, TGI_RULE_PCENC, TGI_RULE_PIECEOFTOTAL, TGI_RULE_POSINSEQSLASH,
  TGI_RULE_SS, TGI_RULE_WINDING, TGI_RULE_YESNO, TGI_RULE_YYMMD0, TGI_RULE_YYMMDD, TGI_RULE_YYYYMMDD, TGI_RULE_ZERO };
#define TGI_AI_ROWS 224
extern const tgi_ai tgi_ais[];
extern const tgi_component tgi_components[];
extern const char tgi_country_numbers[];
extern const char tgi_country_letters[];
extern const char tgi_currency_numbers[];
extern const char tgi_package_types[];

#endif
