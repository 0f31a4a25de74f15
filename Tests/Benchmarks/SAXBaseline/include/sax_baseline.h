#ifndef SAX_BASELINE_H
#define SAX_BASELINE_H

#include <stddef.h>

/// Parses a feed document with libxml2's SAX2 interface and copies title, link, id, date and content of every
/// entry out as C strings. Returns how many bytes were copied; `*entries` grows by the entries seen.
size_t sax_baseline(const char *bytes, size_t count, size_t *entries);

#endif
