#ifndef CXML2_SHIM_H
#define CXML2_SHIM_H

#include <malloc.h>
#include <string.h>
#include <libxml/xmlversion.h>
// ICU's headers would clash with the copy of ICU in Foundation; no structure that is used here holds any of it.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

/// A SAX2 table that answers nothing: no entity is declared or looked up, no external subset and no
/// external entity is ever loaded. The caller sets the handlers that it wants.
static inline void cxml2_silent_handler(xmlSAXHandler *handler) {
    memset(handler, 0, sizeof *handler);
    handler->initialized = XML_SAX2_MAGIC;
}

/// How many bytes of the document are behind the parser.
static inline long cxml2_offset(xmlParserCtxtPtr context) {
    return context->input != NULL ? (long)context->input->consumed + (context->input->cur - context->input->base) : 0;
}

/// Memory that is freed stays with the process, up to `kept` bytes of it; blocks up to `largest` are taken from it.
static inline void cxml2_set_freed_memory(int largest, int kept) {
    mallopt(M_MMAP_THRESHOLD, largest);
    mallopt(M_TRIM_THRESHOLD, kept);
}

/// Memory that is free goes back to the system, of all threads' arenas.
static inline void cxml2_give_back_freed_memory(void) { malloc_trim(0); }

#endif
